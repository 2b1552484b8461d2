"""The patient: birth date as far as known, and sex."""

from datetime import date

import pytest

from fhir_mappings.readers.patient import PatientFacts, read_patient
from tdm.facts import Sex
from tdm.issues import DataIssue, IssueCode
from tdm.source import Source
from tests.support.results import context


def read(**fields):
    return read_patient({"resourceType": "Patient", "id": "p1", **fields}, context())


@pytest.mark.parametrize(
    ("birth", "earliest", "latest"),
    [
        ("2010-05-17", date(2010, 5, 17), date(2010, 5, 17)),
        ("2010-05", date(2010, 5, 1), date(2010, 5, 31)),
        ("2010", date(2010, 1, 1), date(2010, 12, 31)),
        ("2026-03-02", date(2026, 3, 2), date(2026, 3, 2)),
        ("2026-03-03", None, None),
        ("2026", date(2026, 1, 1), date(2026, 12, 31)),
        (None, None, None),
        ("", None, None),
        ("unknown", None, None),
        (20100517, None, None),
    ],
)
def test_a_birth_date_full_partial_or_absent_is_bounded(birth, earliest, latest):
    facts = read(birthDate=birth)
    assert (facts.birth_earliest, facts.birth_latest, facts.issues) == (earliest, latest, ())


@pytest.mark.parametrize(
    ("gender", "sex"),
    [
        ("male", Sex.MALE),
        (" Female ", Sex.FEMALE),
        ("other", Sex.OTHER),
        ("unknown", None),
        (None, None),
        (5, None),
    ],
)
def test_the_recorded_sex_is_read(gender, sex):
    assert read(gender=gender).sex is sex


def test_another_patient_gives_nothing_but_an_issue():
    facts = read(id="p2", birthDate="2010-05-17", gender="male")
    assert (facts.birth_earliest, facts.sex) == (None, None)
    assert [issue.code for issue in facts.issues] == [IssueCode.OTHER_PATIENT]


def test_a_patient_without_an_id_is_this_patient():
    facts = read_patient({"resourceType": "Patient", "birthDate": "2010-05-17"}, context())
    assert facts == PatientFacts(date(2010, 5, 17), date(2010, 5, 17))
    same = read_patient({"id": "p1", "birthDate": "2010-05-17"}, context(patient_id="Patient/p1"))
    assert same.birth_latest == date(2010, 5, 17)


def test_another_patient_is_named_by_their_own_record_and_nothing_else_is_taken():
    facts = read(id="p2", birthDate="2010-05-17", gender="male")
    source = Source("Patient", "Patient/p2")
    assert facts == PatientFacts(
        issues=(DataIssue(IssueCode.OTHER_PATIENT, "record", (("count", "1"),), source),)
    )
