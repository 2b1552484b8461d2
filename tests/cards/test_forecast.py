"""The forecast in words: what stands behind an option, and what stands in the section of its own."""

import dataclasses

import pytest

from cards.detail import detail
from cards.forecast import (
    at_cap_text,
    concentration,
    forecast_lines,
    lines_of,
    no_choice_text,
    notes_text,
    option_forecast,
    percent,
    percents,
    trough_text,
)
from cards.summary import SUMMARY_LIMIT, summary
from cards.wording import load_wording
from tdm.decision import LESS_DRUG, Decision, Option, OptionKind
from tdm.forecast.result import (
    Absence,
    AtCap,
    Forecast,
    ModelTrough,
    NoChoice,
    Projection,
    Remark,
    TroughForecast,
)
from tdm.knowledge.loader import load_knowledge
from tests.cards.examples import INTENSIFY

WORDING = load_wording()
KNOWLEDGE = load_knowledge()
POLICY = KNOWLEDGE.policy
PAIR = ("fasanmade-2011-combined", "xu-wojciechowski-2017")


def one(model: str, median: float, lower: float, upper: float, **chances: float) -> ModelTrough:
    return ModelTrough(model, median, lower, upper, **chances)


SINGLE = TroughForecast((one("hanzel-2021", 5.9, 3.1, 9.8, reaches=0.64),), 5.0)
TWO = TroughForecast(
    (
        one(PAIR[0], 3.9, 1.2, 8.0, reaches=0.33, exceeds=0.1),
        one(PAIR[1], 5.9, 3.1, 12.4, reaches=0.64, exceeds=0.18),
    ),
    6.0,
    9.0,
)
FORECAST = Forecast(
    models=PAIR,
    individual=True,
    in_force=TWO,
    inputs=((Remark.LEVEL, (("levels", "2026-06-14 (1.8 µg/mL)"),)), (Remark.WEIGHT, (("kg", "70"),))),
    assumptions=((Remark.INFUSION_TIME, ()), (Remark.ATI_UNKNOWN, ())),
)


def decision(forecast: Forecast | None, *options: Option) -> Decision:
    return dataclasses.replace(INTENSIFY, forecast=forecast, options=options or INTENSIFY.options)


def option(
    predicted: TroughForecast | None, kind: OptionKind = OptionKind.RAISE_DOSE, **more: bool
) -> Option:
    return Option(kind, 350.0, 5.0, 42.0, predicted=predicted, **more)


def body(of: Decision) -> str:
    return detail(of, knowledge=KNOWLEDGE, wording=WORDING)


def test_one_model_gives_a_trough_with_interval_and_chance() -> None:
    assert trough_text(SINGLE, WORDING) == (
        "predicted trough 5.9 µg/mL (80 % interval 3.1–9.8); 64 % chance of at least 5"
    )


def test_two_models_give_a_bracket_and_the_more_cautious_chances() -> None:
    assert trough_text(TWO, WORDING) == (
        "predicted trough 3.9–5.9 µg/mL by two models (80 % interval 1.2–12); "
        "33–64 % chance of at least 6, 10–18 % of above 9"
    )


def test_a_bracket_of_one_number_is_that_number() -> None:
    same = dataclasses.replace(
        TWO, by_model=(TWO.by_model[0], dataclasses.replace(TWO.by_model[0], model="x"))
    )
    assert trough_text(same, WORDING).startswith("predicted trough 3.9 µg/mL by two models")


def test_no_chance_is_named_that_was_not_asked_for() -> None:
    bare = TroughForecast((one("hanzel-2021", 5.9, 3.1, 9.8),))
    assert trough_text(bare, WORDING) == "predicted trough 5.9 µg/mL (80 % interval 3.1–9.8)"
    unsaid = dataclasses.replace(bare, at_least_ug_ml=5.0, above_ug_ml=9.0)
    assert trough_text(unsaid, WORDING) == trough_text(bare, WORDING)


def test_the_ceiling_alone_may_be_asked_for_and_is_left_out_at_the_aim() -> None:
    ceiling = dataclasses.replace(TWO, at_least_ug_ml=None)
    assert trough_text(ceiling, WORDING).endswith("; 10–18 % of above 9")
    level = dataclasses.replace(TWO, at_least_ug_ml=9.0)
    assert trough_text(level, WORDING).endswith("33–64 % chance of at least 9")


def test_a_trough_after_the_next_dose_says_so() -> None:
    unsettled = dataclasses.replace(SINGLE, settled=False)
    assert trough_text(unsettled, WORDING).startswith("predicted trough after the next dose 5.9 µg/mL")


def test_less_drug_has_the_chance_of_staying() -> None:
    for kind in LESS_DRUG:
        assert option_forecast(option(SINGLE, kind), None, POLICY, WORDING).endswith(
            "; 64 % chance of staying at 5 or above, 36 % of falling below it."
        )


@pytest.mark.parametrize(("chance", "even"), [(0.4, True), (0.59, True), (0.6, False)])
def test_less_drug_at_even_odds_is_said_not_to_be_recommended(chance: float, even: bool) -> None:
    foreseen = TroughForecast((one("hanzel-2021", 5.9, 3.1, 9.8, reaches=chance),), 5.0)
    text = body(decision(FORECAST, option(foreseen, OptionKind.LENGTHEN_INTERVAL)))
    assert ("**Not recommended:** Lengthen the interval" in text) is even
    said = "of falling below it. The more cautious chance of staying is under 60 %, not clearly better"
    assert (said in text) is even
    more = body(decision(FORECAST, option(foreseen, OptionKind.RAISE_DOSE)))
    assert "Not recommended" not in more


def test_an_option_without_a_forecast_has_no_sentence() -> None:
    assert option_forecast(option(None), None, POLICY, WORDING) == ""


BEYOND = "Its middle prediction is itself above 9 µg/mL."


@pytest.mark.parametrize(
    ("medians", "said"),
    [((9.2, 9.8), True), ((8.9, 9.8), False), ((9.02, 9.8), False), ((9.0, 9.0), False)],
)
def test_a_recommended_step_whose_every_middle_is_above_the_cards_ceiling_says_so(
    medians: tuple[float, float], said: bool
) -> None:
    by_model = tuple(one(name, median, 4.0, 20.0) for name, median in zip(PAIR, medians, strict=True))
    foreseen = TroughForecast(by_model, 3.0, 7.0)
    of = decision(FORECAST, option(foreseen, recommended=True))
    assert of.assessment is not None
    assert of.assessment.target is not None
    target = dataclasses.replace(of.assessment.target, ceiling_ug_ml=9.0)
    of = dataclasses.replace(of, assessment=dataclasses.replace(of.assessment, target=target))
    assert (BEYOND in body(of)) is said
    for other in (option(foreseen), option(foreseen, OptionKind.LENGTHEN_INTERVAL, recommended=True)):
        assert "middle prediction" not in option_forecast(other, 9.0, POLICY, WORDING)


def test_nothing_is_above_a_ceiling_that_is_not_there_or_that_is_itself_the_aim() -> None:
    high = option(TroughForecast((one(PAIR[0], 14.0, 9.0, 20.0),), 12.7, 15.0), recommended=True)
    assert "middle prediction" not in option_forecast(high, 12.7, POLICY, WORDING)
    assert "middle prediction" not in option_forecast(high, None, POLICY, WORDING)
    free = dataclasses.replace(high, predicted=TroughForecast((one(PAIR[0], 14.0, 9.0, 20.0),), 6.0))
    assert option_forecast(free, 9.0, POLICY, WORDING).endswith(f" {BEYOND}")
    unread = dataclasses.replace(decision(FORECAST, high), assessment=None)
    assert "middle prediction" not in body(unread)


@pytest.mark.parametrize(
    ("ug_ml", "text"),
    [
        (0.04, "under 0.1"),
        (0.05, "0.1"),
        (0.26, "0.3"),
        (9.94, "9.9"),
        (9.96, "10"),
        (12.5, "12"),
        (127.0, "127"),
    ],
)
def test_a_predicted_level_is_told_as_far_as_it_can_be(ug_ml: float, text: str) -> None:
    assert concentration(ug_ml, WORDING) == text


@pytest.mark.parametrize(
    ("chance", "text"),
    [
        (0.0, "under 1 %"),
        (0.004, "under 1 %"),
        (0.006, "1 %"),
        (0.5, "50 %"),
        (0.994, "99 %"),
        (1.0, "over 99 %"),
    ],
)
def test_a_chance_is_never_none_or_certain(chance: float, text: str) -> None:
    assert percent(chance, WORDING) == text


def test_the_forecast_stands_behind_the_option_and_in_its_own_section() -> None:
    text = body(decision(FORECAST, option(TWO, off_label=True, recommended=True)))
    assert "5 mg/kg (350 mg) every 6 weeks (off-label). Predicted trough 3.9–5.9 µg/mL by two models" in text
    headings = [line for line in text.split("\n") if line.startswith("**")]
    assert headings.index("**Forecast**") == headings.index("**Options**") + 1
    assert headings[headings.index("**Forecast**") + 1] == "**Doubts and missing data**"


def test_without_a_forecast_there_is_no_section() -> None:
    assert forecast_lines(decision(None), KNOWLEDGE, WORDING) == []
    assert "Forecast" not in body(decision(None))


def test_the_section_names_prediction_basis_assumptions_accuracy_and_reserve() -> None:
    in_force, basis, assumed, accuracy, caveat = lines_of(FORECAST, KNOWLEDGE, WORDING)
    assert in_force == (
        "Regimen in force: predicted trough 3.9–5.9 µg/mL by two models (80 % interval 1.2–12); "
        "33–64 % chance of at least 6."
    )
    assert (
        basis
        == "By Fasanmade 2011 and Wojciechowski 2017, fitted to the level of 2026-06-14 (1.8 µg/mL), 70 kg."
    )
    assert assumed == "Assumed: infusions of 2 hours; no antibodies, for none were measured."
    assert accuracy == (
        "Published accuracy. Fasanmade 2011 32 %, Wojciechowski 2017 30 % too high without levels in "
        "57 Korean children, no check in adults read (Kim 2025)."
    )
    (full,) = [
        line for line in lines_of(FORECAST, KNOWLEDGE, WORDING, in_full=True) if line.startswith("Published")
    ]
    for model in PAIR:
        assert f": {KNOWLEDGE.models[model].accuracy}." in full
    assert caveat == (
        "The chances count what is not known of this patient and, by Fasanmade 2011 alone, how occasions "
        "differ; not the assay's error. A dose shown is not a prescription."
    )


@pytest.mark.parametrize(
    ("models", "counted"),
    [
        (
            ("fasanmade-2011-combined", "fasanmade-2011-paediatric"),
            " and how occasions differ, not the assay's error.",
        ),
        (
            ("hanzel-2021",),
            ", but neither how occasions differ (so the interval may be narrow) nor the assay's error.",
        ),
    ],
)
def test_occasions_are_said_to_count_only_where_a_model_knows_them(
    models: tuple[str, ...], counted: str
) -> None:
    caveat = lines_of(dataclasses.replace(FORECAST, models=models), KNOWLEDGE, WORDING)[-1]
    told = f"The chances count what is not known of this patient{counted}"
    assert caveat == f"{told} A dose shown is not a prescription."


def test_a_forecast_without_a_level_says_that_it_is_a_priori() -> None:
    forecast = dataclasses.replace(
        FORECAST, individual=False, models=("hanzel-2021",), in_force=None, assumptions=()
    )
    lines = lines_of(forecast, KNOWLEDGE, WORDING)
    assert lines[0].startswith("A priori, by Hanzel 2021: no level could go in")
    assert not any(line.startswith("Assumed") for line in lines)


def test_a_projection_comes_with_its_reserve_before_the_settled_trough() -> None:
    forecast = dataclasses.replace(
        FORECAST, projection=Projection("2026-05-30", "9.1 µg/mL", "2026-06-15", TWO)
    )
    lines = lines_of(forecast, KNOWLEDGE, WORDING)
    assert lines[0] == (
        "From 9.1 µg/mL on 2026-05-30, drawn within the interval, a trough of 3.9–5.9 µg/mL by two models is "
        "projected for 2026-06-15 (80 % interval 1.2–12). It does not decide."
    )
    assert lines[1].startswith("Regimen in force")
    past = dataclasses.replace(
        FORECAST, projection=Projection("2026-05-06", "below 1 µg/mL", "2026-05-26", TWO, past=True)
    )
    line = lines_of(past, KNOWLEDGE, WORDING)[0]
    assert line.startswith("From below 1 µg/mL on 2026-05-06, ")
    assert "was to be expected on 2026-05-26" in line


def test_a_further_opinion_is_named_by_its_model() -> None:
    forecast = dataclasses.replace(
        FORECAST, opinion=TroughForecast((one("passot-2016-adult", 4.2, 2.0, 7.0),))
    )
    assert lines_of(forecast, KNOWLEDGE, WORDING)[0].endswith(
        "(80 % interval 1.2–12); 33–64 % chance of at least 6. "
        "Passot 2016, which does without albumin: 4.2 µg/mL (2.0–7.0)."
    )


def test_what_was_left_out_is_named_with_its_reason() -> None:
    left_out = ((Remark.MODEL_OUT_OF_RANGE, (("model", "Dubinsky 2017"), ("what", "weight"))),)
    line = "Not used: Dubinsky 2017, for weight is outside what it was built on."
    assert line in lines_of(dataclasses.replace(FORECAST, left_out=left_out), KNOWLEDGE, WORDING)
    absent = Forecast(Absence.OUT_OF_RANGE, left_out=left_out)
    assert lines_of(absent, KNOWLEDGE, WORDING) == [
        "No forecast: the patient is outside what the models were built on.",
        line,
    ]


@pytest.mark.parametrize("reason", list(Absence))
def test_every_absence_says_why_in_one_line(reason: Absence) -> None:
    (line,) = lines_of(Forecast(reason), KNOWLEDGE, WORDING)
    assert line.startswith("No forecast: ")
    assert line.endswith(".")


def test_every_absence_and_remark_has_its_words_and_none_is_left_over() -> None:
    assert set(WORDING.forecast_absent) == set(Absence)
    assert set(WORDING.forecast_notes) == set(Remark)
    assert set(NoChoice) <= set(WORDING.forecast)
    assert set(NoChoice) <= set(WORDING.summary)


def test_a_model_that_nobody_else_checked_cites_nobody() -> None:
    lines = lines_of(dataclasses.replace(FORECAST, models=("hanzel-2021",)), KNOWLEDGE, WORDING)
    assert "Published accuracy. Hanzel 2021: no external check was read." in lines


def test_figures_whose_sentences_differ_otherwise_stand_each_in_its_own() -> None:
    children = ("dubinsky-2017", "fasanmade-2011-paediatric")
    lines = lines_of(dataclasses.replace(FORECAST, models=children), KNOWLEDGE, WORDING)
    (line,) = [one for one in lines if one.startswith("Published accuracy. ")]
    assert line == (
        "Published accuracy. Dubinsky 2017: 32 % too high without levels in 57 Korean children (Kim 2025). "
        "Fasanmade 2011: off by about half (relative RMSE 51.6 %) with levels fed back, in 70 children "
        "(Bevers 2023)."
    )


def test_a_sentence_that_two_models_share_stands_once() -> None:
    first = KNOWLEDGE.models[PAIR[0]]
    shared = dataclasses.replace(
        KNOWLEDGE.models[PAIR[1]], accuracy=first.accuracy, accuracy_sources=first.accuracy_sources
    )
    knowledge = dataclasses.replace(KNOWLEDGE, models={**KNOWLEDGE.models, PAIR[1]: shared})
    (line,) = [one for one in lines_of(FORECAST, knowledge, WORDING) if one.startswith("Published")]
    assert line.count(shared.accuracy.partition(";")[0]) == 1
    assert "Fasanmade 2011 and Wojciechowski 2017: " in line


def test_how_the_recommended_option_was_chosen_is_said_first() -> None:
    ranked = dataclasses.replace(FORECAST, ranked=True)
    lines = forecast_lines(decision(ranked, option(TWO, recommended=True)), KNOWLEDGE, WORDING)
    assert lines[0] == (
        "Recommended is the least drug within 10 points of the best chance. The more cautious model counts."
    )
    bare = forecast_lines(decision(ranked, option(None, recommended=True)), KNOWLEDGE, WORDING)
    assert bare[0].startswith("Recommended is the least drug within 10 points of the best chance, among")


def likely(reaches: float, exceeds: float, *, mg: float = 350, days: float = 56, **more: bool) -> Option:
    foreseen = TroughForecast(
        (one("hanzel-2021", 5.9, 3.1, 9.8, reaches=reaches, exceeds=exceeds),), 6.0, 9.0
    )
    return Option(OptionKind.RAISE_DOSE, mg, 5.0, days, predicted=foreseen, **more)


NEAR = "within 10 points of the best chance, among the options with"
ASIDE = likely(0.99, 0.95, days=28)


@pytest.mark.parametrize(
    ("options", "policies", "said"),
    [
        (
            [likely(0.8, 0.5, days=42, recommended=True), ASIDE, likely(0.6, 0.1)],
            {"forecast_ceiling_chance_limit": 0.8},
            f"{NEAR} a chance of at most 80 % of passing 9 µg/mL. ",
        ),
        (
            [likely(0.6, 0.1, recommended=True), ASIDE, likely(0.9, 0.5, mg=700, days=42)],
            {},
            f"{NEAR} a chance of at most 70 % of passing 9 µg/mL and no more drug than one beyond that. ",
        ),
        (
            [likely(0.55, 0.1, mg=700, recommended=True), likely(0.49, 0.1)],
            {},
            f"{NEAR} at least an even chance of 6 µg/mL. ",
        ),
        (
            [likely(0.85, 0.1, mg=700, recommended=True), likely(0.78, 0.1)],
            {"forecast_least_chance": 0.8, "forecast_within_points": 20},
            f"{NEAR.replace('10', '20')} at least a chance of 80 % of 6 µg/mL. ",
        ),
        (
            [likely(0.9, 0.1, mg=700, recommended=True), likely(0.89, 0.1)],
            {"forecast_within_points": 0},
            "with the best chance. ",
        ),
    ],
)
def test_the_condition_that_decided_is_named_with_the_sites_number(
    options: list[Option], policies: dict[str, float], said: str
) -> None:
    knowledge = dataclasses.replace(KNOWLEDGE, policy=dataclasses.replace(POLICY, **policies))
    ranked = dataclasses.replace(FORECAST, ranked=True)
    line = forecast_lines(decision(ranked, *options), knowledge, WORDING)[0]
    assert line == f"Recommended is the least drug {said}The more cautious model counts."


def test_a_recommendation_that_the_chances_did_not_choose_is_said_to_be_the_rules_own() -> None:
    said = WORDING.forecast["chosen_by_rule"]
    assert forecast_lines(decision(FORECAST, option(TWO, recommended=True)), KNOWLEDGE, WORDING)[0] == said
    for other in (option(TWO), option(None, recommended=True)):
        assert said not in forecast_lines(decision(FORECAST, other), KNOWLEDGE, WORDING)


PASSING = "has a chance of more than {limit} of passing"


@pytest.mark.parametrize(
    ("why", "said", "short"),
    [
        (
            NoChoice.NO_EVEN_CHANCE,
            "None of these changes has {least} of at least 6 µg/mL by every model asked",
            "no step has {least} of 6 µg/mL",
        ),
        (
            NoChoice.ABOVE_CEILING,
            f"Each change {PASSING} 9 µg/mL",
            "each step risks passing 9 µg/mL",
        ),
        (
            NoChoice.MORE_DRUG,
            f"Each change with {{least}} of 6 µg/mL {PASSING} 9, or takes more drug than one that has",
            "what is enough is too much drug",
        ),
        (
            NoChoice.GOAL,
            f"Each change with {{least}} of the goal of 6 µg/mL {PASSING} the usual limit of 7, or takes",
            "what reaches the goal of 6 risks passing 7 µg/mL",
        ),
        (
            NoChoice.BETWEEN,
            "Each change has less than {least} of 6 µg/mL, or a chance of more than {limit} of passing 9",
            "each step is too little or too much",
        ),
    ],
)
@pytest.mark.parametrize(
    ("policies", "words"),
    [
        ({}, {"least": "an even chance", "limit": "70 %"}),
        (
            {"forecast_least_chance": 0.8, "forecast_ceiling_chance_limit": 0.2},
            {"least": "a chance of 80 %", "limit": "20 %"},
        ),
        (
            {"forecast_least_chance": 0.575, "forecast_ceiling_chance_limit": 0.655},
            {"least": "a chance of 57.5 %", "limit": "65.5 %"},
        ),
    ],
)
def test_that_none_is_recommended_leads_the_options_and_stands_in_the_summary_with_its_reason(
    why: NoChoice, said: str, short: str, policies: dict[str, float], words: dict[str, str]
) -> None:
    knowledge = dataclasses.replace(KNOWLEDGE, policy=dataclasses.replace(POLICY, **policies))
    foreseen = dataclasses.replace(TWO, usually_above_ug_ml=7.0 if why is NoChoice.GOAL else None)
    of = decision(dataclasses.replace(FORECAST, no_choice=why), option(foreseen))
    text = detail(of, knowledge=knowledge, wording=WORDING)
    first = text.split("**Options**\n- ")[1].split("\n")[0]
    assert first.startswith(said.format_map(words))
    assert ", so none is recommended." in first
    line = summary(of, knowledge=knowledge, wording=WORDING)
    assert line.endswith(f"intensify — {short.format_map(words)}")
    assert len(line) <= SUMMARY_LIMIT


def test_the_most_that_is_allowed_stands_with_its_numbers_behind_why_none_is_recommended() -> None:
    most = AtCap(700.0, 10.0, 28.0, TWO, enough=True)
    told = dataclasses.replace(FORECAST, no_choice=NoChoice.NO_EVEN_CHANCE, at_cap=most)
    first = body(decision(told, option(TWO))).split("**Options**\n- ")[1].split("\n")[0]
    assert first == (
        "None of these changes has an even chance of at least 6 µg/mL by every model asked, so none is "
        "recommended. The most that the limits allow, 10 mg/kg (700 mg) every 4 weeks, is off label and "
        "several steps at once, for a specialist to weigh: predicted trough 3.9–5.9 µg/mL by two models "
        "(80 % interval 1.2–12); 33–64 % chance of at least 6, 10–18 % of above 9."
    )


def test_that_nothing_within_the_limits_is_enough_is_said_only_where_the_cap_fails() -> None:
    short = AtCap(700.0, 10.0, 28.0, TWO, enough=False)
    assert at_cap_text(short, POLICY, WORDING) == (
        "Nothing within the limits is likely to be enough: even the most that they allow, 10 mg/kg (700 mg) "
        "every 4 weeks, off label: predicted trough 3.9–5.9 µg/mL by two models (80 % interval 1.2–12); "
        "33–64 % chance of at least 6, 10–18 % of above 9."
    )
    assert at_cap_text(dataclasses.replace(short, listed=True), POLICY, WORDING) == (
        "Nothing within the limits is likely to be enough: the most that they allow, 10 mg/kg (700 mg) every "
        "4 weeks, is one of these."
    )
    assert "Nothing" not in at_cap_text(dataclasses.replace(short, enough=True), POLICY, WORDING)


def test_less_drug_that_was_taken_off_is_said_in_its_place() -> None:
    withheld = Forecast(Absence.LEVEL_UNEXPECTED, less_withheld=True)
    bare = dataclasses.replace(INTENSIFY, forecast=withheld, options=())
    first, second = body(bare).split("**Options**\n- ")[1].split("\n\n")[0].split("\n- ")
    assert (first, second) == (WORDING.lines["no_options"], WORDING.forecast["less_withheld"])
    unchecked = dataclasses.replace(withheld, absent=Absence.MANY_ORDERS)
    assert no_choice_text(decision(unchecked), POLICY, WORDING) == WORDING.forecast["less_unchecked"]
    beside = body(decision(withheld, option(None)))
    assert WORDING.forecast["less_withheld"] in beside
    assert WORDING.lines["no_options"] not in beside


def test_an_order_that_was_not_forecast_beside_others_says_so_in_summary_and_options() -> None:
    of = decision(Forecast(Absence.MANY_ORDERS, no_choice=NoChoice.NOT_FORECAST), option(None))
    first = body(of).split("**Options**\n- ")[1].split("\n")[0]
    assert first == (
        "No forecast was made of this order, so none of these is recommended here: "
        "see the cards of the first orders."
    )
    assert summary(of, knowledge=KNOWLEDGE, wording=WORDING).endswith(
        "intensify — not forecast, see the first cards"
    )


def test_nothing_is_said_of_a_choice_where_there_was_none_to_make() -> None:
    assert no_choice_text(decision(None), POLICY, WORDING) == ""
    assert no_choice_text(decision(FORECAST), POLICY, WORDING) == ""


def test_an_order_of_its_own_kind_has_its_line() -> None:
    lines = lines_of(dataclasses.replace(FORECAST, of_order=SINGLE), KNOWLEDGE, WORDING)
    assert lines[1] == (
        "This order: predicted trough 5.9 µg/mL (80 % interval 3.1–9.8); 64 % chance of at least 5."
    )


def test_which_target_the_chances_count_is_said_behind_what_they_are_of() -> None:
    counted = (
        (Remark.COUNTED_MAINTENANCE, (("level", "6"),)),
        (Remark.COUNTED_UPPER, (("above", "7"), ("ceiling", "9"))),
    )
    lines = lines_of(dataclasses.replace(FORECAST, counted=counted), KNOWLEDGE, WORDING)
    assert lines[1] == (
        "Counted: at least 6 µg/mL, as maintenance asks: that is where these troughs settle; "
        "above 7 µg/mL as more than is wanted, for there the aim ends."
    )
    assert "Counted" not in " ".join(lines_of(FORECAST, KNOWLEDGE, WORDING))


def test_a_measured_trough_apart_from_the_expected_one_has_its_word() -> None:
    line = lines_of(dataclasses.replace(FORECAST, measured_ug_ml=7.25), KNOWLEDGE, WORDING)[0]
    assert line.startswith("Regimen in force: predicted trough 3.9–5.9")
    assert line.endswith(
        " Measured was 7.25 µg/mL: the models take a part of that for chance, and reckon with the planned "
        "interval and later records."
    )


def test_a_level_drawn_soon_after_an_injection_is_apart_for_that_reason() -> None:
    within = dataclasses.replace(FORECAST, measured_ug_ml=12.0, measured_on_day=7)
    line = lines_of(within, KNOWLEDGE, WORDING)[0]
    assert line.endswith(
        " Measured was 12 µg/mL, drawn on day 7 after an injection: at the end of the interval there is less."
    )
    for other in (
        dataclasses.replace(within, measured_ug_ml=2.0),
        dataclasses.replace(within, measured_on_day=None),
    ):
        assert "for chance" in lines_of(other, KNOWLEDGE, WORDING)[0]


@pytest.mark.parametrize(
    ("chances", "text"),
    [
        ([0.33, 0.64], "33–64 %"),
        ([0.64, 0.33], "33–64 %"),
        ([0.332, 0.334], "33 %"),
        ([0.5], "50 %"),
        ([None, 0.5], "50 %"),
        ([0.001, 0.002], "under 1 %"),
        ([0.001, 0.3], "up to 30 %"),
        ([0.96, 0.999], "96 % or more"),
        ([0.001, 0.999], "up to over 99 %"),
    ],
)
def test_chances_of_two_models_are_a_range(chances: list[float | None], text: str) -> None:
    assert percents(chances, WORDING) == text


@pytest.mark.parametrize(
    ("chances", "limit", "text"),
    [
        ([0.61, 0.703], 0.7, "61–71 %"),
        ([0.7], 0.7, "70 %"),
        ([0.697], 0.7, "69 %"),
        ([0.499], 0.5, "49 %"),
        ([0.5, 0.504], 0.5, "50–51 %"),
        ([0.654], 0.65, "66 %"),
        ([0.2004], None, "20 %"),
    ],
)
def test_no_chance_is_rounded_to_the_other_side_of_the_limit_that_it_is_judged_by(
    chances: list[float], limit: float | None, text: str
) -> None:
    assert percents(chances, WORDING, limit) == text


def test_a_chance_is_judged_by_the_limit_of_its_own_question() -> None:
    near = TroughForecast((one("hanzel-2021", 5.9, 3.1, 9.8, reaches=0.496, exceeds=0.704),), 5.0, 9.0)
    assert trough_text(near, WORDING, POLICY).endswith("; 49 % chance of at least 5, 71 % of above 9")
    assert trough_text(near, WORDING).endswith("; 50 % chance of at least 5, 70 % of above 9")
    kept = TroughForecast((one("hanzel-2021", 5.9, 3.1, 9.8, reaches=0.597),), 5.0)
    said = option_forecast(option(kept, OptionKind.LENGTHEN_INTERVAL), None, POLICY, WORDING)
    assert "; 59 % chance of staying at 5 or above, 41 % of falling below it." in said
    assert "of staying is under 60 %" in said


@pytest.mark.parametrize(
    ("remark", "text"),
    [
        (Remark.DOSES, "1 dose on record since 2026-01-01"),
        (Remark.DOSE_AMOUNTS, "the usual amount for 1 dose without a usable one"),
        (Remark.DOSES_REPORTED, "1 dose known from a statement or dispense as given"),
        (Remark.INJECTIONS_AS_ORDERED, "1 injection not on record as ordered"),
    ],
)
def test_one_of_a_kind_is_one(remark: Remark, text: str) -> None:
    values = (("count", "1"), ("day", "2026-01-01"), ("every", "2 weeks"))
    assert notes_text([(remark, values)], WORDING) == text
    assert notes_text([(remark, (("count", "2"), *values[1:]))], WORDING).split(" ")[0] in {"2", "the"}
