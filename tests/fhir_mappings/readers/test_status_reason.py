"""Reactions named as the reason why infliximab was stopped or not given."""

import pytest

from fhir_mappings.dates import read_moment
from fhir_mappings.medication import Medicines
from fhir_mappings.readers.status_reason import read_status_reason
from tdm.facts import SafetyConcept, SafetyFact, SafetyState
from tdm.source import Source
from tests.support.results import context

CONTEXT = context()
MEDICINES = Medicines(CONTEXT.codes, {})
REACTION = {"text": "Anaphylactic infusion reaction"}


def read(**fields):
    resource = {
        "resourceType": "MedicationAdministration",
        "id": "d1",
        "status": "stopped",
        "subject": {"reference": "Patient/p1"},
        "medicationCodeableConcept": {"text": "infliximab"},
        "effectiveDateTime": "2026-02-01",
        **fields,
    }
    return read_status_reason(resource, CONTEXT, MEDICINES)


@pytest.mark.parametrize(
    "fields",
    [
        {"statusReason": [REACTION]},
        {"statusReason": REACTION},
        {"statusReason": [{"text": "Patient request"}, {"coding": [{"display": "Allergic reaction"}]}]},
        {"status": "not-done", "reasonNotGiven": [{"text": "Allergy"}]},
        {"statusReason": [{"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "T88.6XXA"}]}]},
    ],
)
def test_a_reaction_as_the_reason_is_on_record(fields):
    fact = read(**fields)
    assert (fact.concept, fact.state) == (SafetyConcept.INFLIXIMAB_REACTION, SafetyState.UNCLEAR)
    assert (fact.source.reference, fact.recorded.day.isoformat()) == (
        "MedicationAdministration/d1",
        "2026-02-01",
    )


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"statusReason": [{"text": "Patient request"}]},
        {"statusReason": [{"text": "Completed without reaction"}]},
        {"statusReason": [REACTION], "status": "entered-in-error"},
        {"statusReason": [REACTION], "medicationCodeableConcept": {"text": "vancomycin"}},
        {"statusReason": [REACTION], "subject": {"reference": "Patient/other"}},
        {"statusReason": 7},
    ],
)
def test_other_reasons_and_other_medicines_say_nothing(fields):
    assert read(**fields) is None


@pytest.mark.parametrize("name", ["effectiveDateTime", "authoredOn", "dateAsserted"])
def test_a_reaction_names_its_record_and_its_moment_in_the_zone_of_the_site(name):
    evening = "2026-02-10T20:30:00"
    fact = read(**{"effectiveDateTime": None, "statusReason": [REACTION], name: evening})
    source = Source("MedicationAdministration", "MedicationAdministration/d1")
    expected = SafetyFact(
        SafetyConcept.INFLIXIMAB_REACTION,
        SafetyState.UNCLEAR,
        source,
        recorded=read_moment(evening, CONTEXT.zone),
        name="Anaphylactic infusion reaction",
    )
    assert fact == expected
    assert read(effectiveDateTime=None, statusReason=[REACTION]).recorded is None
