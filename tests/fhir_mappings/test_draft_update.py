"""Changing an order: dose and timing and nothing else, consistent in number and text, or refused by name."""

from __future__ import annotations

import copy
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from fhir.resources.R4B.medicationrequest import MedicationRequest
from hypothesis import given
from hypothesis import strategies as st

from fhir_mappings.acquired import AcquiredResources
from fhir_mappings.codes import load_code_sets
from fhir_mappings.context import ReadingContext
from fhir_mappings.dosage_rewrite import rewrite_text
from fhir_mappings.draft_update import (
    CannotUpdate,
    CannotUpdateReason,
    UpdatedDraft,
    _plain,
    interval_text,
    update_draft,
)
from fhir_mappings.drafts import find_drafts
from fhir_mappings.proof import stays_valid
from tdm.decision import Option, OptionKind
from tdm.facts import Moment

Json = dict[str, Any]

NOW = Moment(datetime(2026, 11, 22, 9, tzinfo=UTC), date(2026, 11, 22))
CONTEXT = ReadingContext("p", ZoneInfo("UTC"), NOW, load_code_sets())
IFX = {
    "coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "310994"}],
    "text": "infliximab",
}
EVERY_6_WEEKS = Option(OptionKind.SHORTEN_INTERVAL_2_WEEKS, 400.0, 5.0, 42.0, recommended=True)
STRONGER = Option(OptionKind.RAISE_DOSE_AND_SHORTEN_INTERVAL, 800.0, 10.0, 28.0, recommended=True)
HIGHER_DOSE = Option(OptionKind.RAISE_DOSE, 800.0, 10.0, 56.0, recommended=True)
WEEKS_8 = {"repeat": {"frequency": 1, "period": 8, "periodUnit": "wk"}}


def mg(value: float, unit: str = "mg") -> Json:
    return {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}


def order(*dosages: Json, **more: Any) -> Json:
    return {
        "resourceType": "MedicationRequest",
        "id": "a",
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept": IFX,
        "subject": {"reference": "Patient/p"},
        "dosageInstruction": list(dosages),
        **more,
    }


def standard(**more: Any) -> Json:
    return {
        "timing": WEEKS_8,
        "route": {"text": "IV"},
        "doseAndRate": [{"doseQuantity": mg(400), "rateQuantity": mg(250, "mL/h")}],
        **more,
    }


def update(raw: Json, option: Option) -> UpdatedDraft | CannotUpdate:
    (draft,) = find_drafts(raw, None, AcquiredResources({}), CONTEXT)
    before = copy.deepcopy(raw)
    result = update_draft(draft, option)
    assert raw == before, "the order as sent is never touched"
    return result


def updated(raw: Json, option: Option) -> Json:
    result = update(raw, option)
    assert isinstance(result, UpdatedDraft), result
    return result.resource


def refusal(raw: Json, option: Option) -> str:
    result = update(raw, option)
    assert isinstance(result, CannotUpdate), result
    return result.reason


def test_only_dose_and_timing_are_changed() -> None:
    raw = order(
        standard(patientInstruction="rest afterwards", extension=[{"url": "urn:x", "valueString": "kept"}]),
        note=[{"text": "agreed by telephone"}],
        unknownField={"deep": [1, None]},
        extension=[{"url": "urn:y", "valueCode": "z"}],
    )
    expected = copy.deepcopy(raw)
    expected["dosageInstruction"][0]["timing"] = {"repeat": {"frequency": 1, "period": 4, "periodUnit": "wk"}}
    expected["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]["value"] = 800
    assert updated(raw, STRONGER) == expected


def test_only_the_interval_is_changed_where_the_dose_stays() -> None:
    resource = updated(order(standard()), EVERY_6_WEEKS)
    expected = order(standard(timing={"repeat": {"frequency": 1, "period": 6, "periodUnit": "wk"}}))
    assert resource == expected


def test_only_the_dose_is_changed_where_the_interval_stays() -> None:
    resource = updated(order(standard(timing={"code": {"text": "q8w"}})), HIGHER_DOSE)
    assert resource["dosageInstruction"][0]["timing"] == {"code": {"text": "q8w"}}
    assert resource["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"] == mg(800)


@pytest.mark.parametrize(
    ("dosage", "expected"),
    [
        ({"doseAndRate": {"doseQuantity": mg(400)}}, {"doseAndRate": [{"doseQuantity": mg(800)}]}),
        ({"doseQuantity": mg(400)}, {"doseQuantity": mg(800)}),
        ({"dose": mg(400)}, {"dose": mg(800)}),
        (
            {"doseAndRate": [{"doseQuantity": mg(5, "mg/kg")}]},
            {"doseAndRate": [{"doseQuantity": mg(10, "mg/kg")}]},
        ),
        (
            {"doseAndRate": [{"doseQuantity": mg(5, "mg/kg")}, {"doseQuantity": mg(400)}]},
            {"doseAndRate": [{"doseQuantity": mg(10, "mg/kg")}, {"doseQuantity": mg(800)}]},
        ),
        ({"text": "5 mg/kg"}, {"text": "10 mg/kg"}),
        ({"text": "5 MG/KG IV over 2 hours"}, {"text": "10 mg/kg IV over 2 hours"}),
        ({"text": "400 mg (5 mg/kg)"}, {"text": "800 mg (10 mg/kg)"}),
        (
            {"text": "400 mg", "doseAndRate": [{"doseQuantity": mg(400)}]},
            {"text": "800 mg", "doseAndRate": [{"doseQuantity": mg(800)}]},
        ),
        ({}, {"doseAndRate": [{"doseQuantity": mg(800)}]}),
        ({"text": "slowly"}, {"text": "slowly", "doseAndRate": [{"doseQuantity": mg(800)}]}),
    ],
)
def test_the_dose_is_written_in_the_shape_and_unit_the_order_has(dosage: Json, expected: Json) -> None:
    resource = updated(order({"timing": WEEKS_8, **dosage}), HIGHER_DOSE)
    assert resource["dosageInstruction"] == [{"timing": WEEKS_8, **expected}]


@pytest.mark.parametrize(
    ("dosage", "expected"),
    [
        (
            {"timing": {"repeat": {"period": 8, "periodUnit": "week"}}},
            {"period": 6, "periodUnit": "wk", "frequency": 1},
        ),
        (
            {
                "timing": {
                    "repeat": {"period": 56, "periodUnit": "d", "boundsPeriod": {"start": "2026-01-01"}}
                }
            },
            {"period": 6, "periodUnit": "wk", "frequency": 1, "boundsPeriod": {"start": "2026-01-01"}},
        ),
        (
            {"timing": {"repeat": {"frequency": 2, "period": 16, "periodUnit": "wk"}}},
            {"period": 6, "periodUnit": "wk", "frequency": 1},
        ),
        ({}, {"period": 6, "periodUnit": "wk", "frequency": 1}),
    ],
)
def test_the_interval_is_written_into_the_schedule(dosage: Json, expected: Json) -> None:
    resource = updated(order({"doseQuantity": mg(400), **dosage}), EVERY_6_WEEKS)
    assert resource["dosageInstruction"][0]["timing"]["repeat"] == expected


def test_a_code_of_the_old_rhythm_gives_way_to_words() -> None:
    timing = {"code": {"coding": [{"code": "Q8W"}], "text": "every 8 weeks"}}
    resource = updated(order(standard(timing=timing, text="400 mg q8w")), EVERY_6_WEEKS)
    assert resource["dosageInstruction"][0]["timing"] == {
        "code": {"text": "every 6 weeks"},
        "repeat": {"frequency": 1, "period": 6, "periodUnit": "wk"},
    }
    assert resource["dosageInstruction"][0]["text"] == "400 mg every 6 weeks"


def test_an_interval_of_odd_days_is_written_in_days() -> None:
    option = Option(OptionKind.SHORTEN_INTERVAL_2_WEEKS, interval_days=45.0)
    resource = updated(order(standard(text="400 mg every 8 weeks")), option)
    assert resource["dosageInstruction"][0]["timing"]["repeat"] == {
        "frequency": 1,
        "period": 45,
        "periodUnit": "d",
    }
    assert resource["dosageInstruction"][0]["text"] == "400 mg every 45 days"
    assert (interval_text(7), interval_text(14), interval_text(10)) == (
        "every week",
        "every 2 weeks",
        "every 10 days",
    )


def test_an_interval_is_changed_even_where_the_dose_is_in_another_measure() -> None:
    option = Option(OptionKind.SHORTEN_INTERVAL_2_WEEKS, None, 5.0, 42.0)
    resource = updated(order(standard()), option)
    assert resource["dosageInstruction"][0]["doseAndRate"] == standard()["doseAndRate"]


@pytest.mark.parametrize("instructions", ["absent", None, []])
def test_a_bare_order_gets_a_whole_dosage(instructions: Any) -> None:
    raw = order() | {"dosageInstruction": instructions}
    if instructions == "absent":
        del raw["dosageInstruction"]
    resource = updated(raw, STRONGER)
    assert resource["dosageInstruction"] == [
        {
            "doseAndRate": [{"doseQuantity": mg(800)}],
            "timing": {"repeat": {"frequency": 1, "period": 4, "periodUnit": "wk"}},
        }
    ]
    only_interval = Option(OptionKind.SHORTEN_INTERVAL_2_WEEKS, interval_days=42.0)
    assert refusal(raw, only_interval) == CannotUpdateReason.NO_DOSAGE


def test_a_bare_order_gets_a_dose_per_kilogram_where_the_total_is_unknown() -> None:
    option = Option(OptionKind.RAISE_DOSE_AND_SHORTEN_INTERVAL, None, 10.0, 28.0)
    resource = updated(order(), option)
    assert resource["dosageInstruction"][0]["doseAndRate"] == [{"doseQuantity": mg(10, "mg/kg")}]


@pytest.mark.parametrize(
    ("raw", "option", "reason"),
    [
        (order(standard(), status="active"), STRONGER, CannotUpdateReason.ORDER_STATE),
        (order(standard(), doNotPerform=True), STRONGER, CannotUpdateReason.ORDER_STATE),
        (order(standard(), subject={"reference": "Patient/x"}), STRONGER, CannotUpdateReason.ORDER_STATE),
        (order(standard()), Option(OptionKind.REINDUCTION, 800.0), CannotUpdateReason.NOT_EXPRESSIBLE),
        (order(standard()), Option(OptionKind.BRING_NEXT_DOSE_FORWARD), CannotUpdateReason.NOT_EXPRESSIBLE),
        (order(standard(), standard()), STRONGER, CannotUpdateReason.SEVERAL_DOSAGES),
        (order(standard(text="weeks 0, 2, 6")), STRONGER, CannotUpdateReason.LOADING_SCHEDULE),
        (order(standard(text="every 6 weeks")), STRONGER, CannotUpdateReason.UNREADABLE),
        (order({"timing": WEEKS_8, "doseQuantity": mg(400, "x")}), STRONGER, CannotUpdateReason.UNREADABLE),
        (order(standard(timing="q8w")), STRONGER, CannotUpdateReason.UNREADABLE),
        (order(standard(timing={"repeat": 8})), STRONGER, CannotUpdateReason.UNREADABLE),
        (order({"timing": WEEKS_8, "doseQuantity": mg(0.4, "g")}), STRONGER, CannotUpdateReason.DOSE_UNIT),
        (
            order(standard()),
            Option(OptionKind.RAISE_DOSE, None, 10.0, 56.0),
            CannotUpdateReason.DOSE_UNIT,
        ),
        (order(standard(maxDosePerAdministration=mg(500))), STRONGER, CannotUpdateReason.DOSE_LIMIT),
        (
            order(standard(), dispenseRequest={"quantity": mg(4, "vial")}),
            STRONGER,
            CannotUpdateReason.QUANTITY,
        ),
        (
            order(standard(), dispenseRequest={"dispenseInterval": {"value": 56, "unit": "d"}}),
            EVERY_6_WEEKS,
            CannotUpdateReason.QUANTITY,
        ),
        (order(standard(timing={"event": ["2026-12-01"]})), STRONGER, CannotUpdateReason.FIXED_DATES),
        (
            order(standard(timing={"repeat": WEEKS_8["repeat"] | {"dayOfWeek": ["mon"]}})),
            STRONGER,
            CannotUpdateReason.FIXED_DATES,
        ),
        (order(standard(text="400 mg, max 500 mg")), STRONGER, CannotUpdateReason.TEXT),
        (order(standard(text="4 x 100 mg")), STRONGER, CannotUpdateReason.TEXT),
        (order(standard(patientInstruction="400 mg every 8 weeks")), STRONGER, CannotUpdateReason.TEXT),
        (
            order(standard(additionalInstruction=[{"text": "every 8 weeks"}])),
            STRONGER,
            CannotUpdateReason.TEXT,
        ),
        (
            order(standard(), text={"status": "generated", "div": "<div>infliximab 400 mg</div>"}),
            STRONGER,
            CannotUpdateReason.TEXT,
        ),
        (order() | {"dosageInstruction": "q8w"}, STRONGER, CannotUpdateReason.NO_DOSAGE),
    ],
)
def test_what_cannot_be_changed_consistently_is_refused_by_name(
    raw: Json, option: Option, reason: CannotUpdateReason
) -> None:
    assert refusal(raw, option) == reason.value


def test_limits_quantities_and_dates_that_are_not_touched_do_not_refuse() -> None:
    raw = order(
        standard(maxDosePerAdministration=mg(500)),
        dispenseRequest={"quantity": mg(4, "vial")},
        text={"status": "generated", "div": "<div>infliximab 400 mg</div>"},
    )
    assert updated(raw, EVERY_6_WEEKS)["dosageInstruction"][0]["timing"]["repeat"]["period"] == 6


def test_a_valid_order_stays_valid_and_a_dirty_one_is_still_changed() -> None:
    resource = updated(order(standard()), STRONGER)
    MedicationRequest.model_validate(resource)
    dirty = order(standard(doseAndRate={"doseQuantity": mg(400)}))
    assert isinstance(update(dirty, STRONGER), UpdatedDraft)


EXTRA = st.dictionaries(
    st.sampled_from(["note", "extension", "meta", "local", "groupIdentifier", "basedOn", "priority"]),
    st.recursive(
        st.none() | st.booleans() | st.integers(-9, 9) | st.text(alphabet="ab ", max_size=4),
        lambda inner: (
            st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=2)
        ),
        max_leaves=5,
    ),
)


def _without_dose_and_timing(resource: Json) -> Json:
    rest = copy.deepcopy(resource)
    for dosage in rest["dosageInstruction"]:
        dosage.pop("timing")
        for entry in dosage["doseAndRate"]:
            entry["doseQuantity"].pop("value")
    return rest


@given(EXTRA, EXTRA, st.sampled_from([EVERY_6_WEEKS, STRONGER, HIGHER_DOSE]), st.sampled_from([2, 4, 8, 12]))
def test_whatever_else_an_order_holds_is_kept(extra: Json, within: Json, option: Option, weeks: int) -> None:
    within.pop("extension", None)
    timing = {"repeat": {"frequency": 1, "period": weeks, "periodUnit": "wk"}}
    raw = order({**within, **standard(timing=timing)}, **extra)
    result = update(raw, option)
    assert isinstance(result, UpdatedDraft)
    assert _without_dose_and_timing(result.resource) == _without_dose_and_timing(raw)
    assert all(result.resource[name] is raw[name] for name in extra), "what is not written to is not copied"


@st.composite
def orders_to_change(draw: st.DrawFn) -> Json:
    """Orders in every shape the writer knows, valid FHIR or not quite, with odd numbers beside."""
    quantities = {
        name: mg(*draw(st.sampled_from([(400, "mg"), (400.0, "mg"), (5, "mg/kg"), (0.4, "g")])))
        for name in draw(st.sets(st.sampled_from(["doseQuantity", "dose"]), max_size=2))
    }
    entry = {**quantities, "rateQuantity": mg(draw(st.sampled_from([250, 0.1, -0.0, 2**63, 1e-7])), "mL/h")}
    dosage: Json = draw(
        st.sampled_from(
            [{"doseAndRate": [entry]}, {"doseAndRate": entry}, entry, {"doseAndRate": [entry, None]}]
        )
    )
    repeat = draw(st.sampled_from([WEEKS_8["repeat"], {"frequency": 1, "period": 56, "periodUnit": "d"}, {}]))
    code = draw(st.sampled_from([{}, {"code": {"text": "q8w"}}]))
    timing = draw(st.sampled_from([{"timing": {"repeat": repeat, **code}}, {"timing": code}, {}]))
    text = draw(
        st.sampled_from([{}, {"text": "every 8 weeks"}, {"text": "400 mg q8w"}, {"text": "in the ward"}])
    )
    raw = order({**dosage, **timing, **text})
    if draw(st.booleans()):
        raw["dosageInstruction"] = raw["dosageInstruction"][0]
    return raw


@given(orders_to_change(), st.sampled_from([EVERY_6_WEEKS, STRONGER, HIGHER_DOSE]))
def test_the_order_as_sent_is_never_written_to_and_a_valid_one_stays_valid(raw: Json, option: Option) -> None:
    (draft,) = find_drafts(raw, None, AcquiredResources({}), CONTEXT)
    as_sent = repr(raw)
    result = update_draft(draft, option)
    assert repr(raw) == as_sent
    if isinstance(result, UpdatedDraft):
        assert result.resource is not raw
        assert stays_valid(raw, result.resource)


@pytest.mark.parametrize(
    ("text", "arguments", "expected"),
    [
        ("400 mg every 8 weeks", (800, None, None), "800 mg every 8 weeks"),
        ("400 mg monthly", (800, None, None), None),
        ("400 mg monthly", (None, None, "every 6 weeks"), None),
        ("400 mg q8w (every 8 weeks)", (None, None, "every 6 weeks"), "400 mg every 6 weeks (every 6 weeks)"),
        ("8-weekly", (None, None, "every 6 weeks"), "every 6 weeks"),
        ("as directed", (800, None, "every 6 weeks"), "as directed"),
        ("5 mg/kg q8w", (800, None, None), None),
        ("400 mg q8w", (None, 10, None), None),
        ("weekly", (None, None, "every 2 weeks"), None),
        ("every 6-8 weeks", (None, None, "every 4 weeks"), None),
        ("400 to 500 mg", (800, 10, None), None),
        ("weeks 0, 2, 6", (None, None, "every 6 weeks"), None),
        ("400 mg every 6-8 weeks", (800, None, None), None),
    ],
)
def test_texts_are_rewritten_in_place_or_not_at_all(text: str, arguments: Any, expected: str | None) -> None:
    assert rewrite_text(text, *arguments) == expected


BAG = {
    "contained": [
        {
            "resourceType": "Medication",
            "id": "bag",
            "code": {"text": "infliximab infusion"},
            "ingredient": [
                {
                    "itemCodeableConcept": IFX,
                    "strength": {"numerator": mg(400), "denominator": {"value": 250, "unit": "mL"}},
                }
            ],
        }
    ],
    "medicationCodeableConcept": None,
    "medicationReference": {"reference": "#bag"},
}


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (
            order(
                standard(),
                medicationCodeableConcept={"text": "infliximab (remsima) 400 mg in sodium chloride"},
            ),
            CannotUpdateReason.QUANTITY,
        ),
        (
            order(standard(), medicationCodeableConcept={"text": "infliximab 5 mg/kg"}),
            CannotUpdateReason.QUANTITY,
        ),
        (order(standard(), **BAG), CannotUpdateReason.QUANTITY),
        (order(standard(), note=[{"text": "pharmacy to prepare 400 mg"}]), CannotUpdateReason.TEXT),
        (order(standard(), note={"text": "400 mg every 8 weeks"}), CannotUpdateReason.TEXT),
        (
            order(
                standard(
                    doseAndRate=[
                        {
                            "doseQuantity": mg(400),
                            "rateRatio": {"numerator": mg(400), "denominator": {"value": 2, "unit": "h"}},
                        }
                    ]
                )
            ),
            CannotUpdateReason.QUANTITY,
        ),
        (
            order(standard(doseAndRate=[{"doseQuantity": mg(400), "rateQuantity": mg(200, "mg/h")}])),
            CannotUpdateReason.QUANTITY,
        ),
        (
            order(standard(timing={"repeat": {**WEEKS_8["repeat"], "count": 1}})),
            CannotUpdateReason.FIXED_DATES,
        ),
    ],
)
def test_an_order_that_says_its_dose_elsewhere_as_well_is_not_changed(
    raw: Json, reason: CannotUpdateReason
) -> None:
    assert refusal(raw, STRONGER) == reason


def test_an_order_whose_medicine_is_a_vial_is_changed() -> None:
    medicine = {"text": "infliximab 100 MG Injection"}
    resource = updated(order(standard(), medicationCodeableConcept=medicine), STRONGER)
    assert resource["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]["value"] == 800


def test_what_was_sent_bare_is_returned_as_the_list_that_r4_asks_for() -> None:
    bare = standard(doseAndRate={"doseQuantity": mg(400)})
    resource = updated(order() | {"dosageInstruction": bare}, EVERY_6_WEEKS)
    assert resource["dosageInstruction"][0]["doseAndRate"] == [{"doseQuantity": mg(400)}]


RATE_PARTS: list[Json] = [
    {"rateRatio": {"numerator": mg(400), "denominator": {"value": 2, "unit": "h"}}},
    {"rateRatio": {"numerator": {"value": 400, "code": " MG "}}},
    {"rateRange": {"low": {"value": 1, "unit": "mL/h"}, "high": {"value": 200, "unit": "mg/h"}}},
    {"rateRange": {"low": {"value": 200, "unit": "milligrams per hour"}}},
    {"rateQuantity": {"value": 200, "unit": "ml/h", "code": "mg/h"}},
]


@pytest.mark.parametrize("rate", RATE_PARTS)
def test_a_rate_that_counts_milligrams_says_the_dose_once_more(rate: Json) -> None:
    within = order(standard(doseAndRate=[{"doseQuantity": mg(400), **rate}]))
    beside = order({"timing": WEEKS_8, "doseQuantity": mg(400), **rate})
    for raw in (within, beside):
        assert refusal(raw, HIGHER_DOSE) == CannotUpdateReason.QUANTITY
        assert isinstance(update(raw, EVERY_6_WEEKS), UpdatedDraft)


def test_a_rate_in_millilitres_or_no_rate_at_all_is_kept() -> None:
    rate = {"rateRange": {"low": mg(1, "mL/h"), "high": {"value": 250}}, "rateRatio": "slow"}
    resource = updated(order(standard(doseAndRate=[{"doseQuantity": mg(400), **rate}])), HIGHER_DOSE)
    assert resource["dosageInstruction"][0]["doseAndRate"] == [{"doseQuantity": mg(800), **rate}]


@pytest.mark.parametrize(
    "name",
    ["count", "countMax", "dayOfWeek", "timeOfDay", "when", "periodUnits", "periodMax", "frequencyMax"],
)
def test_an_order_with_dates_or_bounds_of_its_own_keeps_its_interval(name: str) -> None:
    raw = order(standard(timing={"repeat": {"boundsPeriod": {"start": "2026-01-01"}, name: [1]}}))
    assert refusal(raw, EVERY_6_WEEKS) == CannotUpdateReason.FIXED_DATES
    empty = order(standard(timing={"repeat": {"boundsPeriod": {"start": "2026-01-01"}, name: None}}))
    assert isinstance(update(empty, EVERY_6_WEEKS), UpdatedDraft)


@pytest.mark.parametrize("name", ["maxDosePerAdministration", "maxDosePerPeriod", "maxDosePerLifetime"])
def test_an_order_with_a_largest_dose_keeps_its_dose(name: str) -> None:
    assert refusal(order(standard(**{name: mg(900)})), HIGHER_DOSE) == CannotUpdateReason.DOSE_LIMIT


@pytest.mark.parametrize(
    ("dosage", "reason"),
    [
        ({"doseAndRate": [{"doseRange": {"low": mg(400), "high": mg(400)}}]}, CannotUpdateReason.UNREADABLE),
        ({"doseRange": {"low": mg(400), "high": mg(400)}}, CannotUpdateReason.UNREADABLE),
        ({"doseAndRate": [{"doseQuantity": {"value": 400, "unit": "mg", "code": "mg/kg"}}]}, None),
        ({"doseAndRate": [{"rateQuantity": mg(250, "mL/h")}]}, CannotUpdateReason.DOSE_UNIT),
        ({"doseQuantity": {"value": 400}}, CannotUpdateReason.UNREADABLE),
    ],
)
def test_a_dose_of_more_than_one_plain_quantity_is_not_changed(
    dosage: Json, reason: CannotUpdateReason | None
) -> None:
    found = refusal(order({"timing": WEEKS_8, **dosage}), HIGHER_DOSE)
    assert found == (CannotUpdateReason.DOSE_UNIT if reason is None else reason)


def test_a_quantity_to_dispense_hinders_the_dose_and_an_interval_of_dispensing_the_interval() -> None:
    quantity = order(standard(), dispenseRequest={"quantity": mg(4, "vial")})
    rhythm = order(standard(), dispenseRequest={"dispenseInterval": {"value": 56, "unit": "d"}})
    odd = order(standard(), dispenseRequest=["quantity"])
    assert refusal(quantity, HIGHER_DOSE) == CannotUpdateReason.QUANTITY
    assert isinstance(update(quantity, EVERY_6_WEEKS), UpdatedDraft)
    assert refusal(rhythm, EVERY_6_WEEKS) == CannotUpdateReason.QUANTITY
    assert isinstance(update(rhythm, HIGHER_DOSE), UpdatedDraft)
    assert isinstance(update(odd, STRONGER), UpdatedDraft)


@pytest.mark.parametrize(
    ("value", "written"), [(403.33333, 403.3333), (403.0, 403), (7.5, 7.5), (0.00004, 0.0)]
)
def test_a_number_is_written_plainly_and_to_four_decimals(value: float, written: float) -> None:
    assert _plain(value) == written
    assert type(_plain(value)) is type(written)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("patientInstruction", "500 mg"),
        ("patientInstruction", "7 mg/kg"),
        ("patientInstruction", "every 8 weeks"),
        ("patientInstruction", "400 to 500 mg"),
        ("patientInstruction", "monthly"),
        ("patientInstruction", "weeks 0, 2, 6"),
        ("additionalInstruction", [{"text": "500 mg"}]),
        ("additionalInstruction", {"text": "500 mg"}),
    ],
)
def test_a_text_beside_that_says_otherwise_refuses_the_change(name: str, value: Any) -> None:
    assert refusal(order(standard(**{name: value})), STRONGER) == CannotUpdateReason.TEXT


def test_texts_beside_that_say_the_same_or_nothing_allow_the_change() -> None:
    kept = {"patientInstruction": "800 mg every 4 weeks", "additionalInstruction": ["x", {"text": 7}]}
    raw = order(standard(**kept), note=["x", {"text": None}], text="narrative")
    assert isinstance(update(raw, STRONGER), UpdatedDraft)


def test_a_site_code_of_the_rhythm_gives_way_and_a_missing_one_is_not_made() -> None:
    coded = updated(order(standard(timing={"code": {"coding": [{"code": "X7"}]}, **WEEKS_8})), EVERY_6_WEEKS)
    assert coded["dosageInstruction"][0]["timing"]["code"] == {"text": "every 6 weeks"}
    assert "code" not in updated(order(standard()), EVERY_6_WEEKS)["dosageInstruction"][0]["timing"]


def test_an_amount_within_rounding_is_left_as_it_is_written() -> None:
    option = Option(OptionKind.SHORTEN_INTERVAL_2_WEEKS, 400.0001, 5.0, 42.0)
    resource = updated(order(standard()), option)
    assert resource["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"] == mg(400)
    more = Option(OptionKind.RAISE_DOSE, 401.0, 5.0125, 56.0)
    written = updated(order(standard()), more)["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]
    assert written == mg(401)
