"""Aliases of code systems and the one spelling of codes."""

import pytest

from fhir_mappings.code_systems import normal_code, system_of_bare_code
from fhir_mappings.codes import load_code_sets


@pytest.mark.parametrize(
    ("sent", "canonical"),
    [
        ("http://loinc.org", "loinc"),
        (" http://loinc.org/ ", "loinc"),
        ("https://loinc.org", "loinc"),
        ("HTTP://LOINC.ORG", "loinc"),
        ("http://loinc.org|2.77", "loinc"),
        ("urn:oid:2.16.840.1.113883.6.1", "loinc"),
        ("LN", "loinc"),
        ("http://snomed.info/sct", "snomed"),
        ("http://snomed.info/sct/11000172109/version/20250315", "snomed"),
        ("urn:oid:2.16.840.1.113883.6.96", "snomed"),
        ("http://hl7.org/fhir/sid/icd-10-cm", "icd10"),
        ("urn:oid:2.16.840.1.113883.6.90", "icd10"),
        ("http://fhir.de/CodeSystem/bfarm/icd-10-gm", "icd10"),
        ("http://www.nlm.nih.gov/research/umls/rxnorm", "rxnorm"),
        ("http://www.whocc.no/atc", "atc"),
        ("http://hl7.org/fhir/sid/ndc", "ndc"),
        ("http://fdasis.nlm.nih.gov", "unii"),
        ("https://Laboratory.example/codes/", "http://laboratory.example/codes"),
        ("http://snomed.info/sctx", "http://snomed.info/sctx"),
        ("", ""),
    ],
)
def test_a_system_is_known_by_all_its_spellings(sent, canonical):
    assert load_code_sets().canonical_system(sent) == canonical


@pytest.mark.parametrize(
    ("system", "code", "normal"),
    [
        ("icd10", " k50.013 ", "K50013"),
        ("icd10", "K50.0+", "K500"),
        ("icd10", "K50.-", "K50"),
        ("atc", "l04ab02", "L04AB02"),
        ("loinc", " 39803-2 ", "39803-2"),
        ("snomed", " 34000006 ", "34000006"),
        ("unii", " b72hh48flu ", "B72HH48FLU"),
        ("loinc", "la26683-5", "LA26683-5"),
        ("icd10", "S72.00X", "S7200X"),
        ("hcpcs", "j1745", "J1745"),
        ("icd9", "555.9", "5559"),
        ("local", " aBc ", "aBc"),
        ("ndc", "57894-160-01", "578940160"),
        ("ndc", "0069-0809-01", "000690809"),
        ("ndc", "57894-160", "578940160"),
        ("ndc", "57894016001", "578940160"),
        ("ndc", "5789416001", "5789416001"),
        ("ndc", "578941-160-01", "578941-160-01"),
        ("ndc", "57894-16012-01", "57894-16012-01"),
        ("ndc", "57894-160-012", "57894-160-012"),
        ("ndc", "57894-1a0-01", "57894-1a0-01"),
        ("ndc", "57894-160-01-1", "57894-160-01-1"),
        ("ndc", "5789401600a", "5789401600a"),
    ],
)
def test_a_code_has_one_spelling(system, code, normal):
    assert normal_code(system, code) == normal


@pytest.mark.parametrize(
    ("code", "system"),
    [
        ("39803-2", "loinc"),
        (" 1988-5 ", "loinc"),
        ("718-7", "loinc"),
        ("12-3", ""),
        ("1234567-8", "loinc"),
        ("12345678-9", ""),
        ("39803-22", ""),
        ("39803-x", ""),
        ("39803-", ""),
        ("a9803-2", ""),
        ("L04AB02", "atc"),
        ("l04ab02", "atc"),
        ("L04AB0", ""),
        ("L04AB022", ""),
        ("L044B02", ""),
        ("191831", ""),
        ("34000006", ""),
        ("\uff13\uff19\uff18-\uff12", ""),
        ("", ""),
    ],
)
def test_a_code_without_a_system_is_known_only_by_an_unmistakable_shape(code, system):
    assert system_of_bare_code(code) == system
