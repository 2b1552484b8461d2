"""Queries: the published templates in the dialect of each server."""

from datetime import UTC, date, datetime

import pytest

from fhir_mappings.acquisition.addresses import AddressRefusedError, read_base
from fhir_mappings.acquisition.dialects import DialectError, dialect_named, dialect_names
from fhir_mappings.acquisition.queries import is_search, query_of, type_of
from fhir_mappings.prefetch import KEYS
from tdm.facts import Moment

BASE = read_base("https://ehr.example/fhir")
NOW = Moment(at=datetime(2026, 3, 9, 23, 30, tzinfo=UTC), day=date(2026, 3, 10), timed=True)


def query(key, dialect="generic", patient_id="p1", **changes):
    asked = query_of(key, base=BASE, dialect=dialect_named(dialect, changes), patient_id=patient_id, now=NOW)
    return asked.text.removeprefix("https://ehr.example/fhir/")


def test_every_key_is_asked_for_as_its_template_says():
    assert query("patient") == "Patient/p1"
    assert query("laboratory") == "Observation?patient=p1&category=laboratory&_count=200"
    assert query("weights") == (
        "Observation?patient=p1&category=vital-signs&code=http://loinc.org%7C29463-7&_count=200"
    )
    assert query("conditions") == "Condition?patient=p1&_count=200"
    assert query("medicationRequests") == "MedicationRequest?patient=p1&_count=200"


@pytest.mark.parametrize("name", dialect_names())
@pytest.mark.parametrize("key", [entry.key for entry in KEYS])
def test_every_dialect_keeps_to_what_no_known_server_refuses(name, key):
    asked = query(key, name)
    if asked.startswith("Observation"):
        assert "category=" in asked  # some refuse a search of observations without one
    if asked.startswith("MedicationRequest"):
        assert "code=" not in asked  # some cannot
    if is_search(key):
        assert "_count=200" in asked  # more is refused by some
        assert "&_sort" not in asked or name in {"hapi", "medplum"}
    else:
        assert asked == "Patient/p1"
    assert asked.startswith(type_of(key))


def test_a_site_changes_single_values_of_a_dialect():
    assert query("laboratory", "oracle", page_size=50).endswith("&_count=50")
    assert "_count" not in query("laboratory", page_size=0)
    assert query("weights", weights_by_code=False) == "Observation?patient=p1&category=vital-signs&_count=200"
    assert query("allergies", "medplum") == "AllergyIntolerance?patient=Patient/p1&_count=200"
    assert "&_sort=-date&" in query("laboratory", "hapi")
    extra = {"conditions": ["category=problem-list-item", "clinical-status=active,recurrence"]}
    assert query("conditions", extra=extra) == (
        "Condition?patient=p1&category=problem-list-item&clinical-status=active,recurrence&_count=200"
    )


def test_dates_carry_a_time_only_where_the_server_needs_it():
    assert "&date=ge2026-02-27&" in query("laboratory", laboratory_days=10)
    oracle = query("medicationAdministrations", "oracle", administrations_days=1096)
    assert "&effective-time=ge2023-03-09T00:00:00Z&" in oracle


@pytest.mark.parametrize(
    "patient_id", ["a/b", "a?b=c", "a&category=x", "a#b", "../Patient/other", "a b", "é", "a%2fb"]
)
def test_a_patients_id_stays_one_part_of_the_address_or_is_refused(patient_id):
    for key in ("patient", "conditions"):
        try:
            asked = query(key, patient_id=patient_id)
        except AddressRefusedError:
            continue
        assert asked.count("/") <= 1
        assert asked.count("&") == (1 if key == "conditions" else 0)
        assert asked.count("?") == (1 if key == "conditions" else 0)


@pytest.mark.parametrize("patient_id", [".", ".."])
def test_an_id_of_dots_leads_nowhere(patient_id):
    with pytest.raises(AddressRefusedError):
        query("patient", patient_id=patient_id)


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        ("cerner", {}, "known are epic, generic, hapi, medplum, oracle"),
        ("oracle", {"page_size": 1000}, "page_size"),
        ("oracle", {"pagesize": 100}, "pagesize"),
        ("oracle", {"extra": {"conditions": ["category=a&b=c"]}}, "extra"),
        ("oracle", {"extra": {"problems": ["category=a"]}}, "no prefetch key problems"),
        ("oracle", {"date_with_time": "yes"}, "date_with_time"),
    ],
)
def test_a_dialect_that_makes_no_sense_is_refused_by_name(name, changes, said):
    with pytest.raises(DialectError, match=said):
        dialect_named(name, changes)
