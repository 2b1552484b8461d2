"""What a card says of its choice, held against the numbers it prints: the words must lead to the star."""

import re
from collections.abc import Iterable, Sequence
from itertools import product
from typing import NamedTuple

import pytest

from tdm.decision import Option
from tdm.forecast.result import Forecast, NoChoice
from tdm.knowledge.loader import load_knowledge
from tests.support.service import evaluate_request
from tests.support.story import all_stories, request_of

CHOSEN = re.compile(
    r"- Recommended is the least drug (?:within (?P<points>\d+) points of|with) the best chance"
    r"(?:, among the options with (?P<conditions>.*?))?\. "
)
OPTION = re.compile(r"\((?P<mg>[\d.]+) mg\) every (?P<weeks>[\d.]+) weeks")
REACHES = re.compile(r"; (?P<chance>[^;,]*?%(?: or more)?) chance of at least (?P<level>\d+(?:\.\d+)?)")
PASSES = re.compile(
    r"chance of at least \d+(?:\.\d+)?, (?P<chance>.*?%(?: or more)?) of above (?P<level>\d+(?:\.\d+)?)"
)


LIMIT = re.compile(r"a chance of at most (\d+) % of passing (\d+(?:\.\d+)?) µg/mL")
LEAST = re.compile(r"(?:an even chance|a chance of (\d+) %)")

STORIES = {story.slug: story for story in all_stories()}
RANKING = [
    STORIES[slug]
    for slug in (
        "adult-remission-low-proactive",
        "child-active-low",
        "child-active-window",
        "child-remission-at-six",
        "child-week-14-low",
        "fistula-active-low",
        "fistula-active-window",
        "forecast-between",
        "forecast-goal-above-usual",
        "forecast-no-even-chance",
        "forecast-options",
        "order-stronger-child",
    )
]
"""Stories of each kind of target; with every end of every policy the whole lot would take minutes."""


class Judged(NamedTuple):
    """What an option is judged by: drug per week in mg, weeks between visits, cautious chances in percent."""

    recommended: bool
    weekly: float
    weeks: float
    chance: float
    passes: float
    above: str


def cautious(text: str, *, highest: bool) -> int:
    """The chance by the more cautious model, as printed: of a range, its lower or its upper end."""
    numbers = [int(one) for one in re.findall(r"\d+", text)]
    if "under" in text or ("up to" in text and not highest):
        return 0
    if "over" in text or ("or more" in text and highest):
        return 100
    return max(numbers) if highest else min(numbers)


def printed_options(detail: str) -> list[Judged]:
    """The options of a card that have a chance and may be advised, from its text alone."""
    found = []
    for line in detail.split("**Options**\n")[1].partition("\n\n")[0].split("\n"):
        regimen, reaches, passes = OPTION.search(line), REACHES.search(line), PASSES.search(line)
        if regimen is None or reaches is None or "provisional" in line or "none is recommended" in line:
            continue
        weeks = float(regimen["weeks"])
        found.append(
            Judged(
                "**Recommended:**" in line,
                float(regimen["mg"]) / weeks,
                weeks,
                cautious(reaches["chance"], highest=False),
                cautious(passes["chance"], highest=True) if passes else 0,
                passes["level"] if passes else "",
            )
        )
    return found


def exact_options(options: Iterable[Option]) -> list[Judged]:
    """The same from the decision itself, with every digit; where a goal lifted a limit, by the usual one."""
    found = []
    for one in options:
        foreseen = one.predicted
        if one.provisional or foreseen is None or foreseen.reaches is None or one.interval_days is None:
            continue
        weeks, usual = one.interval_days / 7, foreseen.exceeds_usual
        passes = (foreseen.exceeds if usual is None else usual) or 0.0
        above = foreseen.usually_above_ug_ml or foreseen.above_ug_ml
        found.append(
            Judged(
                one.recommended,
                (one.dose_mg or 0.0) / weeks,
                weeks,
                100 * foreseen.reaches,
                100 * passes,
                "" if above is None else f"{above:g}",
            )
        )
    return found


def followed(detail: str, options: Sequence[Judged]) -> list[bool]:
    """Of each option that the printed words mean, whether it is the recommended one; one is to be left."""
    said = CHOSEN.search(detail)
    assert said is not None
    conditions, points, allowed = said["conditions"] or "", int(said["points"] or 0), list(options)
    limit = LIMIT.search(conditions)
    if limit is not None:
        assert {one.above for one in options} <= {limit[2], ""}  # the words are of the chance that is printed
        allowed = [one for one in options if one.passes <= int(limit[1])]
        if "no more drug than one beyond that" in conditions:
            beyond = min(one.weekly for one in options if one.passes > int(limit[1]))
            allowed = [one for one in allowed if one.weekly <= beyond * 1.02]
    least = LEAST.search(conditions)
    if least is not None:
        allowed = [one for one in allowed if one.chance >= int(least[1] or 50)]
    best = max(one.chance for one in allowed)
    near = [one for one in allowed if one.chance >= best - points - 1e-9]
    smallest = min((one.weekly, -one.weeks) for one in near)
    return [one.recommended for one in near if (one.weekly, -one.weeks) == smallest]


def declined_truly(detail: str, options: Sequence[Judged]) -> bool:
    """Whether what the card says against recommending any of its options is so of each of them."""
    first = detail.split("**Options**\n- ")[1].partition("\n")[0]
    least, limit = LEAST.search(first), re.search(r"more than (\d+) % of passing", first)
    at_least = int(least[1] or 50) if least else None
    at_most = int(limit[1]) if limit else None
    short = [at_least is not None and one.chance < at_least for one in options]
    passing = [at_most is not None and one.passes > at_most for one in options]
    if first.startswith("None of these changes has"):
        return all(short)
    if first.startswith("Each change has a chance of more than"):
        return all(passing)
    either = [little or much for little, much in zip(short, passing, strict=True)]
    if first.startswith("Each change has less than"):
        return all(either)
    assert first.startswith("Each change with")
    beyond = min(one.weekly for one, much in zip(options, passing, strict=True) if much)
    more = [one.weekly > beyond for one in options]
    return all(one or other for one, other in zip(either, more, strict=True))


@pytest.fixture(scope="module")
def judged() -> dict[str, tuple[str, Forecast]]:
    """The details of all cards of the stories that have a forecast, with it, by story."""
    return {
        f"{story.slug}, {place}": (one.card.detail, one.decision.forecast)
        for story in STORIES.values()
        for place, one in enumerate(evaluate_request(request_of(story), story.as_of, story.site_path))
        if one.card is not None and one.decision is not None and one.decision.forecast is not None
    }


@pytest.fixture(scope="module")
def ranked(judged: dict[str, tuple[str, Forecast]]) -> dict[str, str]:
    """The details on which the forecast chose."""
    return {name: detail for name, (detail, forecast) in judged.items() if forecast.ranked}


def test_by_the_printed_numbers_the_printed_rule_leads_to_the_recommended_option(
    ranked: dict[str, str],
) -> None:
    assert len(ranked) > 40
    assert [name for name, one in ranked.items() if followed(one, printed_options(one)) != [True]] == []


def test_by_the_printed_numbers_the_reason_against_recommending_any_is_so(
    judged: dict[str, tuple[str, Forecast]],
) -> None:
    declined = {
        name: detail
        for name, (detail, forecast) in judged.items()
        if forecast.no_choice not in (None, NoChoice.NOT_FORECAST, NoChoice.GOAL)
    }
    assert len(declined) > 8
    assert [name for name, one in declined.items() if not declined_truly(one, printed_options(one))] == []


def test_each_condition_is_named_on_some_card_and_none_on_most(ranked: dict[str, str]) -> None:
    said = [match["conditions"] or "" for match in map(CHOSEN.search, ranked.values()) if match is not None]
    for condition in ("a chance of at most", "no more drug than", "at least an even chance"):
        assert any(condition in one for one in said)
    assert said.count("") > len(said) / 2


BOUNDS = {
    name: (bound.minimum, bound.maximum)
    for name, bound in load_knowledge().bounds.policy.items()
    if name.startswith("forecast_") and name != "forecast_enabled"
}


@pytest.mark.parametrize(
    "policies",
    [dict(zip(BOUNDS, ends, strict=True)) for ends in product(*BOUNDS.values())],
    ids=str,
)
def test_at_the_ends_of_every_policy_the_words_are_true(policies: dict[str, float]) -> None:
    untrue, seen = [], 0
    for story in RANKING:
        for one in evaluate_request(request_of(story), story.as_of, story.site_path, **policies):
            decision, card = one.decision, one.card
            if decision is None or card is None or decision.forecast is None:
                continue
            options = exact_options(decision.options)
            if decision.forecast.ranked and followed(card.detail, options) != [True]:
                untrue.append(story.slug)
            if decision.forecast.no_choice is not None and not declined_truly(card.detail, options):
                untrue.append(story.slug)
            seen += decision.forecast.ranked or decision.forecast.no_choice is not None
    assert untrue == []
    assert seen > 10
