"""Bundles as real laboratory systems made them: read whole, counted, and a level put in is found."""

import json
from collections import Counter
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from fhir_mappings.codes import load_code_sets
from fhir_mappings.context import ReadingContext
from fhir_mappings.inspect import inspect_bundle
from fhir_mappings.readers.diagnostic_report import collection_times, read_diagnostic_report
from fhir_mappings.readers.observation import read_observation
from fhir_mappings.readers.reading import merge
from tdm.facts import Comparator, Moment, SafetyState

pytestmark = pytest.mark.shared

NOW_AT = datetime(2022, 6, 1, 9, 0, tzinfo=UTC)

# What a reader of the raw JSON finds in each bundle that holds anything of interest, by the name of its file.
FOUND = {
    "3_bundle_2204061035.json": {"hepatitis-b-surface-antigen absent": 1},
    "81365677998_815333041_13.json": {"crp 0.7": 1},
    "81365677998_815333044_5.json": {"crp 63": 1, "esr 10": 1},
    "81365677998_815333046_5.json": {"alt present": 1},
    "81365677998_815333048_3.json": {"crp 12": 1, "esr 7": 1},
    "81365677998_815333058_2.json": {"albumin 3.05": 1, "issue result-unit-unknown": 1},
}
NUMBER_OF_BUNDLES, NUMBER_OF_OBSERVATIONS = 28, 476


@pytest.fixture(scope="module")
def bundles(shared_material):
    """Each bundle's resources by file name."""
    files = sorted((shared_material / "fhir" / "hl7-be-lab").rglob("*.json"))
    return {
        file.name: [entry["resource"] for entry in json.loads(file.read_text("utf-8"))["entry"]]
        for file in files
    }


def context_of(resources):
    """The frame of reading for the patient whose results a bundle holds."""
    subjects = {r["subject"]["reference"] for r in resources if r["resourceType"] == "Observation"}
    (subject,) = subjects
    zone = ZoneInfo("Europe/Brussels")
    now = Moment(NOW_AT, NOW_AT.date())
    return ReadingContext(subject.removeprefix("Patient/"), zone, now, load_code_sets())


def read_bundle(resources):
    context = context_of(resources)
    times = collection_times(resources, context)
    observations = [r for r in resources if r["resourceType"] == "Observation"]
    reports = [r for r in resources if r["resourceType"] == "DiagnosticReport"]
    return merge(
        [
            *(read_observation(resource, context, times) for resource in observations),
            *(read_diagnostic_report(resource, context) for resource in reports),
        ]
    )


def summary(reading):
    """What was found, in words: the numbers of markers, the states of safety facts, the codes of issues."""
    found = Counter(f"{marker.marker.value} {marker.value:g}" for marker in reading.markers)
    found += Counter(f"{fact.concept.value} {fact.state.value}" for fact in reading.safety)
    found += Counter(f"issue {issue.code.value}" for issue in reading.issues)
    found += Counter({"level": len(reading.levels), "ati": len(reading.atis), "weight": len(reading.weights)})
    return dict(found)


def spliced_level(resources, value):
    template = next(r for r in resources if r["resourceType"] == "Observation")
    return {
        "resourceType": "Observation",
        "id": "spliced",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "39803-2"}]},
        "subject": template["subject"],
        "effectiveDateTime": "2022-02-01T08:00:00+01:00",
        **value,
    }


def test_all_bundles_are_there_and_hold_what_was_counted(bundles):
    observations = [r for rs in bundles.values() for r in rs if r["resourceType"] == "Observation"]
    assert (len(bundles), len(observations)) == (NUMBER_OF_BUNDLES, NUMBER_OF_OBSERVATIONS)


def test_each_bundle_is_read_and_says_what_is_in_it(bundles):
    found = {name: summary(read_bundle(resources)) for name, resources in bundles.items()}
    assert {name: counts for name, counts in found.items() if counts} == FOUND


def test_every_crp_with_a_number_in_the_raw_data_is_found(bundles):
    raw = [
        (name, resource["valueQuantity"]["value"])
        for name, resources in bundles.items()
        for resource in resources
        if resource["resourceType"] == "Observation"
        and any(c.get("code") == "1988-5" for c in resource["code"].get("coding", ()))
    ]
    read = [
        (name, marker.value)
        for name, resources in bundles.items()
        for marker in read_bundle(resources).markers
        if marker.marker.value == "crp"
    ]
    assert sorted(read) == sorted(raw)
    assert len(raw) == 3


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"valueQuantity": {"value": 4.2, "unit": "\u00b5g/mL"}}, (4.2, Comparator.EXACT, True)),
        ({"valueQuantity": {"value": 4.2, "code": "mg/L"}}, (4.2, Comparator.EXACT, True)),
        ({"valueQuantity": {"value": 4200, "unit": "ng/mL"}}, (4.2, Comparator.EXACT, True)),
        ({"valueString": "< 0,4 ug/mL"}, (0.4, Comparator.BELOW, True)),
        ({"valueString": "Niet gedetecteerd"}, (None, Comparator.EXACT, False)),
    ],
)
def test_a_level_put_into_each_bundle_is_found_with_its_value(bundles, value, expected):
    for name, resources in bundles.items():
        reading = read_bundle([*resources, spliced_level(resources, value)])
        (level,) = reading.levels
        assert (level.value_ug_ml, level.comparator, level.detected) == expected, name
        assert level.drawn is not None, name
        assert level.drawn.day.isoformat() == "2022-02-01", name
        without = {key: count for key, count in summary(reading).items() if key != "level"}
        assert without == FOUND.get(name, {}), name


def test_a_level_of_another_patient_put_into_each_bundle_is_not_used(bundles):
    for name, resources in bundles.items():
        level = spliced_level(resources, {"valueQuantity": {"value": 4.2, "unit": "ug/mL"}})
        level["subject"] = {"reference": "Patient/somebody-else"}
        context = context_of(resources)
        reading = merge([read_observation(resource, context) for resource in (level,)])
        assert reading.levels == (), name
        assert [issue.code.value for issue in reading.issues] == ["other-patient"], name


def test_the_antigen_in_the_raw_data_is_negative(bundles):
    (fact,) = read_bundle(bundles["3_bundle_2204061035.json"]).safety
    assert fact.state is SafetyState.ABSENT


def test_each_bundle_can_be_inspected(bundles):
    for resources in bundles.values():
        report = inspect_bundle(resources, load_code_sets())
        observations = sum(resource["resourceType"] == "Observation" for resource in resources)
        assert sum(status.count for status in report.statuses) == observations
        assert not [code for code in report.recognised if code.concept.startswith("infliximab")]
