"""Inspection of a hospital's own data: recognised, not recognised, and the lines to add."""

import tomllib

from fhir_mappings.code_sets_file import SiteCode
from fhir_mappings.codes import load_code_sets
from fhir_mappings.inspect import SeenCode, SeenStatus, SeenUnit, inspect_bundle
from tests.support.results import CRP, LEVEL, LOCAL, LOINC, observation, quantity

CODES = load_code_sets()


def inspect(*resources):
    return inspect_bundle(resources, CODES)


def test_recognised_and_unrecognised_codes_are_counted():
    report = inspect(
        observation(LEVEL, valueQuantity=quantity(4.2, "ug/mL")),
        observation(LEVEL),
        observation({"coding": [{"system": LOCAL, "code": "NA", "display": "Sodium"}]}),
        observation({"text": "Comment"}),
        {"resourceType": "Patient", "id": "p1"},
        None,
        "odd",
    )
    assert report.resources == (("Observation", 4), ("Patient", 1))
    assert report.recognised == (SeenCode("Observation", LOINC, "39803-2", "", 2, "infliximab-level"),)
    assert report.unrecognised == (
        SeenCode("Observation", "", "", "Comment", 1),
        SeenCode("Observation", LOCAL, "NA", "Sodium", 1),
    )


def test_codes_of_other_resources_components_and_contained_resources_are_seen():
    report = inspect(
        {"resourceType": "Condition", "code": {"coding": [{"system": "icd10", "code": "K50.014"}]}},
        {"resourceType": "MedicationRequest", "medicationCodeableConcept": {"text": "Infliximab 100 mg"}},
        {"resourceType": "MedicationRequest", "medicationCodeableConcept": {"text": "Azathioprine"}},
        {"resourceType": "AllergyIntolerance", "code": {"text": "Remicade"}},
        {"resourceType": "MedicationDispense", "medicationCodeableConcept": {"text": "Paracetamol"}},
        {"resourceType": "MedicationStatement"},
        {"resourceType": "DiagnosticReport", "code": {"text": "Lab"}, "contained": [observation(CRP), 5]},
    )
    assert {(code.resource_type, code.concept) for code in report.recognised} == {
        ("Condition", "crohns-disease + serious-infection"),
        ("MedicationRequest", "infliximab-product"),
        ("MedicationRequest", "thiopurine"),
        ("AllergyIntolerance", "infliximab-product"),
        ("Observation", "crp"),
    }


def test_a_code_known_by_name_only_becomes_lines_for_the_site_file():
    report = inspect(
        observation({"coding": [{"system": LOCAL, "code": "IFX-1", "display": 'Infliximab "level"'}]}),
        observation({"coding": [{"system": LOCAL, "code": "ATI\\1"}], "text": "Anti-infliximab"}),
        observation(
            {"coding": [{"system": LOCAL, "code": "P"}], "text": "Infliximab reflex antibodies panel"}
        ),
        observation({"text": "Infliximab"}),
        observation(CRP),
    )
    added = tomllib.loads("\n".join(report.site_lines))["codes"]
    assert added == {
        "infliximab-level": [{"system": LOCAL, "code": "IFX-1", "display": 'Infliximab "level"'}],
        "infliximab-antibody": [{"system": LOCAL, "code": "ATI\\1", "display": "Anti-infliximab"}],
    }
    site = [SiteCode(concept, **code) for concept, codes in added.items() for code in codes]
    known = inspect_bundle(
        [observation({"coding": [{"system": LOCAL, "code": "IFX-1", "display": "Infliximab"}]})],
        CODES.with_site(site),
    )
    assert known.site_lines == ()
    assert not known.recognised[0].by_name


def test_a_look_alike_is_named_and_never_suggested():
    report = inspect(observation({"coding": [{"system": LOINC, "code": "2857-1", "display": "Albumin"}]}))
    assert report.unrecognised == (SeenCode("Observation", LOINC, "2857-1", "Albumin", 1, look_alike=True),)
    assert report.site_lines == ()


def test_units_and_statuses_are_counted_with_what_they_mean():
    report = inspect(
        observation(LEVEL, valueQuantity=quantity(4.2, "mcg/mL", "ug/mL")),
        observation(LEVEL, status="entered-in-error ", valueQuantity=quantity(4.2, "furlong")),
        observation(LEVEL, status=None, component=[{"code": CRP, "valueQuantity": quantity(4)}]),
        observation({"text": "Sodium"}, valueQuantity=quantity(140, "mmol/L")),
    )
    assert report.units == (
        SeenUnit("crp", "(none)", 1, ""),
        SeenUnit("infliximab-level", "furlong", 1, ""),
        SeenUnit("infliximab-level", "mcg/mL (ug/mL)", 1, "ug/mL"),
    )
    assert report.statuses == (
        SeenStatus("final", 2, counts=True),
        SeenStatus("(none)", 1, counts=True),
        SeenStatus("entered-in-error", 1, counts=False),
    )


def test_the_report_does_not_depend_on_the_order_of_the_resources():
    resources = [observation(LEVEL), observation(CRP), observation({"text": "x"}), observation({"text": "a"})]
    assert inspect(*resources) == inspect(*reversed(resources))


def test_every_kind_of_resource_is_told_with_its_code_and_how_it_was_known():
    rxnorm = "http://www.nlm.nih.gov/research/umls/rxnorm"
    medicine = {"coding": [{"system": f" {rxnorm} ", "code": " 310994 ", "display": "vial"}]}
    report = inspect(
        {"resourceType": "MedicationRequest", "medicationCodeableConcept": medicine},
        {"resourceType": "MedicationRequest", "medicationCodeableConcept": medicine},
        {"resourceType": "MedicationAdministration", "medicationCodeableConcept": {"text": "Remicade"}},
        {"resourceType": "Condition", "code": {"text": "Crohn's disease"}},
        {"resourceType": "AllergyIntolerance", "code": {"coding": [{"system": rxnorm, "code": "310994"}]}},
        {
            "resourceType": "AllergyIntolerance",
            "code": {"coding": [{"system": LOCAL, "code": "A"}], "text": "Remsima"},
        },
        {"resourceType": "DiagnosticReport", "code": LEVEL},
        {"resourceType": "Encounter", "code": LEVEL},
        {"resourceType": 7},
    )
    assert report.resources == (
        ("AllergyIntolerance", 2),
        ("MedicationRequest", 2),
        ("", 1),
        ("Condition", 1),
        ("DiagnosticReport", 1),
        ("Encounter", 1),
        ("MedicationAdministration", 1),
    )
    both = "crohns-disease + inflammatory-bowel-disease"
    assert report.recognised == (
        SeenCode("MedicationRequest", rxnorm, "310994", "vial", 2, "infliximab-product"),
        SeenCode("AllergyIntolerance", rxnorm, "310994", "", 1, "infliximab-product"),
        SeenCode("AllergyIntolerance", LOCAL, "A", "Remsima", 1, "infliximab-product", by_name=True),
        SeenCode("Condition", "", "", "Crohn's disease", 1, both, by_name=True),
        SeenCode("DiagnosticReport", LOINC, "39803-2", "", 1, "infliximab-level"),
        SeenCode("MedicationAdministration", "", "", "Remicade", 1, "infliximab-product", by_name=True),
    )
    assert report.unrecognised == ()
    assert report.site_lines == (
        "[[codes.infliximab-product]]",
        f'system = "{LOCAL}"',
        'code = "A"',
        'display = "Remsima"',
        "",
    )


def test_of_several_codes_only_those_that_are_ours_are_recognised():
    both = {"coding": [*CRP["coding"], {"system": LOCAL, "code": "C", "display": "CRP"}], "text": "t"}
    report = inspect(observation(both))
    assert report.recognised == (SeenCode("Observation", LOINC, "1988-5", "t", 1, "crp"),)
    assert report.unrecognised == (SeenCode("Observation", LOCAL, "C", "CRP", 1),)
    assert report.site_lines == ()


def test_a_text_of_a_site_file_keeps_its_signs_and_loses_what_cannot_be_printed():
    odd = {"coding": [{"system": LOCAL, "code": "I\n1", "display": 'Infliximab\t"x" \\\\ y'}]}
    report = inspect(observation(odd))
    assert report.site_lines[2:4] == ('code = "I1"', 'display = "Infliximab\\"x\\" \\\\\\\\ y"')
    ((added,),) = tomllib.loads("\n".join(report.site_lines))["codes"].values()
    assert added["display"] == 'Infliximab"x" \\\\ y'


def test_murine_protein_is_an_allergen_and_no_medicine():
    allergy = {"resourceType": "AllergyIntolerance", "code": {"text": "Mouse protein"}}
    expected = SeenCode("AllergyIntolerance", "", "", "Mouse protein", 1, "infliximab-product", by_name=True)
    assert inspect(allergy).recognised == (expected,)
    medicine = {"resourceType": "MedicationRequest", "medicationCodeableConcept": {"text": "Mouse protein"}}
    assert inspect(medicine).recognised == ()
