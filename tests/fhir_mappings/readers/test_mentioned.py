"""Results named "drug level" whose texts name infliximab: never lost silently, never used."""

import pytest

from fhir_mappings.codes import SiteCode
from fhir_mappings.readers.diagnostic_report import read_diagnostic_report
from fhir_mappings.readers.observation import read_observation
from fhir_mappings.readers.reading import NOTHING
from tdm.issues import IssueCode
from tdm.source import Source
from tests.support.results import LEVEL, LOCAL, context, observation, quantity, site_context

VALUE = quantity(1.8, "ug/mL")
DAY = {"day": "2026-03-01"}
IN_TEXT = (IssueCode.RESULT_IN_TEXT, DAY | {"name": "Drug panel"})
UNREAD = (IssueCode.ATI_UNREADABLE, DAY)


def issues(reading):
    return [(issue.code, dict(issue.parameters)) for issue in reading.issues]


def read(name="Drug panel", **fields):
    reading = read_observation(observation({"text": name}, **fields), context())
    assert (reading.levels, reading.atis) == ((), ())
    return reading


def report(**fields):
    resource = {
        "resourceType": "DiagnosticReport",
        "id": "r1",
        "status": "final",
        "code": {"text": "Drug panel"},
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2026-03-01",
    }
    return read_diagnostic_report(resource | fields, context())


@pytest.mark.parametrize(
    "fields",
    [
        {"valueString": "Infliximab 1.8 ug/mL"},
        {"valueString": "See comment. Infliximab 1.8"},
        {"valueQuantity": VALUE, "note": [{"text": "Test: REMICADE trough"}]},
        {"valueQuantity": VALUE, "note": {"text": "infliximab level"}},
        {"valueQuantity": VALUE, "note": [None, "infliximab level"]},
        {"valueQuantity": VALUE, "method": {"text": "Infliximab ELISA"}},
        {"valueQuantity": VALUE, "comments": "infliximab"},
        {"valueCodeableConcept": {"coding": [{"display": "Infliximab low"}]}},
        {"valueQuantity": VALUE, "interpretation": [{"text": "infliximab below range"}]},
        {"valueQuantity": VALUE, "note": [{"text": "x " * 2000 + "infliximab level"}]},
        {"valueQuantity": VALUE, "status": "preliminary", "note": [{"text": "infliximab level"}]},
    ],
)
def test_a_drug_test_whose_text_names_infliximab_is_named(fields):
    assert issues(read(**fields)) == [IN_TEXT]


@pytest.mark.parametrize("where", ["valueString", "note"])
@pytest.mark.parametrize(
    "text", ["Infliximab 1.8; anti-infliximab antibodies 200 AU/mL", "Antibodies to infliximab: positive"]
)
def test_antibodies_that_it_names_count_as_unread(where, text):
    said = text if where == "valueString" else [{"text": text}]
    assert issues(read(**{where: said})) == [IN_TEXT, UNREAD]


def test_so_many_sentences_are_read_and_no_more():
    level, antibodies = "Infliximab 1.8. ", "Antibodies to infliximab 200. "
    other = "Nothing to say here. " * 500
    assert issues(read(valueString=other + level * 7 + antibodies)) == [IN_TEXT, UNREAD]
    assert issues(read(valueString=other + level * 8 + antibodies)) == [IN_TEXT]


def test_members_tell_of_antibodies_themselves():
    note = [{"text": "Infliximab with antibodies to infliximab"}]
    assert issues(read(note=note, hasMember=[{"reference": "Observation/2"}])) == [IN_TEXT]


@pytest.mark.parametrize(
    "fields",
    [
        {"valueQuantity": VALUE},
        {"valueQuantity": VALUE, "note": [{"text": "Vancomycin"}]},
        {"valueString": "Infliximab dose given"},
        {"status": "cancelled", "valueString": "Infliximab 1.8"},
        {"status": "entered-in-error", "valueString": "Infliximab 1.8"},
    ],
)
def test_a_drug_test_of_another_drug_or_taken_back_is_silent(fields):
    assert read(**fields) is NOTHING


def test_a_drug_test_is_called_by_its_name_or_by_its_display():
    named = read("Anti-TNF level, " + "long " * 40, valueString="infliximab")
    assert len(dict(named.issues[0].parameters)["name"]) == 80
    coded = {"coding": [{"system": "urn:lab", "code": "D", "display": "Drug panel"}]}
    assert issues(read_observation(observation(coded, valueString="infliximab"), context())) == [IN_TEXT]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("infliximab level", [IssueCode.LEVEL_PENDING]),
        ("antibodies to infliximab", [IssueCode.ATI_PENDING]),
        ("infliximab level; antibodies to infliximab", [IssueCode.LEVEL_PENDING, IssueCode.ATI_PENDING]),
    ],
)
def test_one_that_is_to_come_is_pending_in_what_its_text_names(text, codes):
    reading = read(status="registered", note=[{"text": text}])
    assert [issue.code for issue in reading.issues] == codes


def test_a_part_that_is_read_speaks_for_the_whole():
    part = {"code": LEVEL, "valueQuantity": VALUE}
    resource = observation({"text": "Drug panel"}, component=[part], note=[{"text": "Infliximab"}])
    reading = read_observation(resource, context())
    assert [level.value_ug_ml for level in reading.levels] == [1.8]
    assert reading.issues == ()


def test_parts_without_a_telling_name_leave_the_whole_unread():
    parts = [
        {"code": {"text": "Drug level"}, "valueQuantity": VALUE},
        {"code": {"text": "Antibody"}, "valueString": "positive"},
    ]
    named = {"text": "Infliximab monitoring"}
    unread = [(IssueCode.PANEL_VALUE_NOT_USED, DAY)]
    assert issues(read_observation(observation(named, component=parts), context())) == unread
    member = observation(named, component=parts, hasMember=[{"reference": "Observation/2"}])
    assert read_observation(member, context()) is NOTHING
    cancelled = observation({"text": "Infliximab and antibodies"}, component=parts, status="cancelled")
    assert read_observation(cancelled, context()) is NOTHING
    registered = observation({"text": "Infliximab and antibodies"}, component=parts, status="registered")
    codes = [issue.code for issue in read_observation(registered, context()).issues]
    assert codes == [IssueCode.LEVEL_PENDING, IssueCode.ATI_PENDING]
    protein = observation({"text": "C reactive protein"}, component=parts)
    assert read_observation(protein, context()) is NOTHING


def test_a_report_whose_conclusion_names_infliximab_is_named():
    assert issues(report(conclusion="Infliximab 1.8 ug/mL.")) == [IN_TEXT]
    assert issues(report(conclusion="Infliximab 1.8, no antibodies to infliximab.")) == [IN_TEXT, UNREAD]
    listed = [{"reference": "Observation/2"}]
    assert issues(report(conclusion="Antibodies to infliximab 12", result=listed)) == [IN_TEXT]
    assert issues(report(conclusionCode=[{"text": "Infliximab low"}])) == [IN_TEXT]
    assert report(conclusion="Adalimumab 4.2") is NOTHING
    assert report(status="cancelled", conclusion="Infliximab 1.8 ug/mL.") is NOTHING


def test_what_a_text_leaves_unread_says_of_which_record_and_which_fact_it_is():
    reading = read(valueString="Infliximab 1.8; anti-infliximab antibodies 200 AU/mL")
    record = Source("Observation", "Observation/o1")
    assert [(issue.subject, issue.source) for issue in reading.issues] == [("level", record), ("ati", record)]


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ({"coding": [{"display": ""}, {"display": "Drug level"}]}, "Drug level"),
        ({"coding": [{"system": LOCAL, "code": "9"}]}, "a drug test"),
        ({"text": "Drug panel " * 20}, ("Drug panel " * 20)[:80]),
    ],
)
def test_a_drug_test_is_called_by_its_text_else_a_display_else_what_it_is(code, name):
    of = site_context(SiteCode("drug-test", LOCAL, "9"))
    reading = read_observation(observation(code, valueString="Infliximab 1.8"), of)
    assert issues(reading) == [(IssueCode.RESULT_IN_TEXT, DAY | {"name": name})]


def test_a_drug_test_that_is_still_to_come_is_pending_as_of_its_day_and_record():
    reading = read(status="registered", note=[{"text": "Infliximab and antibodies to infliximab"}])
    record = Source("Observation", "Observation/o1")
    assert [(issue.code, dict(issue.parameters), issue.source) for issue in reading.issues] == [
        (IssueCode.LEVEL_PENDING, DAY, record),
        (IssueCode.ATI_PENDING, DAY, record),
    ]
