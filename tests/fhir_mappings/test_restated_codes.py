"""Codes and units written down once more, from the terminologies: a slip in a file must not pass.

A code with "*" stands for all below it; "?" marks one that is only remembered and never matched; "=10" is
the amount in mg of one billing unit.
"""

import pytest

from fhir_mappings.code_sets_file import CodeEntry, read_code_sets
from fhir_mappings.codes import load_code_sets
from fhir_mappings.units import Quantity, find_unit, units_of

CODES = load_code_sets()
FILE = read_code_sets()

RESTATED = {
    # laboratory and examination: LOINC
    "infliximab-level": "loinc 39803-2 86896-8",
    "infliximab-antibody": "loinc 72623-2?",
    "crp": "loinc 1988-5 30522-7 71426-1",
    "calprotectin": "loinc 38445-3",
    "albumin": "loinc 1751-7 2862-1 61151-7 61152-5",
    "esr": "loinc 30341-2 4537-7",
    "alt": "loinc 1742-6",
    "body-weight": "loinc 29463-7 3141-9 3142-7",
    "hepatitis-b-surface-antigen": "loinc 5195-3 5196-1 75410-1 22322-2?",
    "tuberculosis-test": "loinc 71773-6 45323-3 38372-3? 46217-6?",
    "tpmt-nudt15": "loinc 79713-4",
    "pregnancy-status": "loinc 82810-3",
    # conditions: SNOMED CT and ICD-10
    "crohns-disease": "snomed 34000006 235796008 icd10 K50* icd9 555*",
    "inflammatory-bowel-disease": "snomed 24526004",
    "other-indication": "snomed 64766004 69896004 icd10 K51* M06* M45* M05*? L40*?",
    "perianal-fistula": "snomed 235796008 icd10 K60.3* K60.4* K60.5*",
    "fistula-history": "icd10 K50.013 K50.113 K50.813 K50.913 K63.2* N82.2* N82.3* N82.4*",
    "serious-infection": """
        snomed 91302008 icd10 A02.1* A04.7* A32* A39* A40* A41* A43* A48.0* A48.1* A48.3* B25* B37.1* B37.5*
        B37.6* B37.7* B38* B39* B40* B44.0* B44.1* B44.7* B45* B59* D73.3* G00* G06* I33* J12* J13* J14* J15*
        J16* J17* J18* J85* J86* M00* M46.2* M46.3* M72.6* M86.0* M86.1* M86.2* M86.4* M86.5* M86.6* M86.8*
        M86.9* N15.1* N49.3* K35.2* K35.3* K50.014 K50.114 K50.814 K50.914
        K57.0* K57.2* K57.4* K57.8* K61* K63.0*
        K65.0* K65.1* K65.2* K65.8* K65.9* K68.1* K75.0* L02.01* L02.11* L02.21* L02.31* L02.41* L02.51*
        O85* R65.2* R78.81*""",
    "reaction": "icd10 T78.2* T88.6*",
    "tuberculosis-active": "snomed 56717001 427099000 icd10 A15* A16* A17* A18* A19*",
    "tuberculosis-latent": "snomed 11999007? icd10 Z22.7* R76.1*",
    "hepatitis-b": "snomed 66071002 61977001 icd10 B16* B18.0* B18.1*",
    "heart-failure": "snomed 84114007 42343007 icd10 I50*",
    "jaundice": "snomed 18165001 59927004 icd10 R17* K70.4* K71.1* K71.2* K72*",
    "demyelinating-disease": """
        snomed 24700007 6118003 icd10 G35* G36* G37.0* G37.1* G37.3* G37.4* G37.5* G37.8* G37.9*
        G61.0* G61.81*
        H46.0* H46.1* H46.8* H46.9*""",
    "lymphoma": "snomed 118600007 icd10 C81* C82* C83* C84* C85* C86.1*",
    "pregnancy": "snomed 77386006 icd10 O09* Z33.1* Z34*",
    "severity-mild": "snomed 255604002 420300004 421704003",
    "severity-moderate-or-severe": "snomed 6736007 1255665007 24484000 420913000",
    # medicines: RxNorm, ATC, HCPCS, NDC products, UNII
    "infliximab-product": """
        rxnorm 191831 310994 1790541 1790546 1927285 1927290 2266525 atc L04AB02
        hcpcs J1745=10 Q5103=10 Q5104=10 Q5102=10 Q5121=10
        ndc 57894-160* 0069-0809* 78206-162* 55513-670* unii B72HH48FLU snomed 386891004?""",
    "infliximab-subcutaneous-product": """
        rxnorm 2675742 2675749 2675753 2675757 ndc 72606-025* 72606-047* hcpcs J1748?=10""",
    "thiopurine": "rxnorm 1256 197931 1536484 103? atc L04AX01 L01BB02",
    "methotrexate": "rxnorm 6851 atc L01BA01 L04AX03",
    "steroid": "rxnorm 8640 8638 6902 19831 atc H02AB06 H02AB07",
    "tuberculosis-treatment": "atc J04AC01 J04AB02 J04AB05",
    "hepatitis-b-antiviral": "atc J05AF10 J05AF07 J05AF05",
}

LOOK_ALIKES = {
    "infliximab-product": "rxnorm 121191 797544 327361 atc L04AB04 hcpcs Q5109",
    "albumin": "loinc 2857-1 1809-3",
    "calprotectin": "loinc 35896-1 27818-8",
    "tuberculosis-test": "loinc 71774-4 71776-9 71772-8",
    "body-weight": "loinc 8347-7 8344-4",
}

# The addresses under which records name each system, and its object identifier.
SYSTEMS = {
    "loinc": ("http://loinc.org", "urn:oid:2.16.840.1.113883.6.1"),
    "snomed": ("http://snomed.info/sct", "urn:oid:2.16.840.1.113883.6.96"),
    "icd9": (
        "http://hl7.org/fhir/sid/icd-9-cm",
        "http://hl7.org/fhir/sid/icd-9-cm/diagnosis",
        "urn:oid:2.16.840.1.113883.6.103",
    ),
    "icd10": (
        "http://hl7.org/fhir/sid/icd-10",
        "http://hl7.org/fhir/sid/icd-10-cm",
        "urn:oid:2.16.840.1.113883.6.90",
    ),
    "rxnorm": ("http://www.nlm.nih.gov/research/umls/rxnorm", "urn:oid:2.16.840.1.113883.6.88"),
    "atc": ("http://www.whocc.no/atc", "urn:oid:2.16.840.1.113883.6.73"),
    "hcpcs": (
        "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
        "http://terminology.hl7.org/CodeSystem/HCPCS-level-II",
        "urn:oid:2.16.840.1.113883.6.285",
    ),
    "ndc": ("http://hl7.org/fhir/sid/ndc", "urn:oid:2.16.840.1.113883.6.69"),
    "unii": ("http://fdasis.nlm.nih.gov", "urn:oid:2.16.840.1.113883.4.9"),
}

# quantity: canonical unit, then factor and every spelling (";" between spellings)
UNITS = {
    "level": """
        ug/mL 1 ug/ml; mg/l; microg/ml; microgram/ml; micrograms/ml; mikrog/ml; ug per ml
        ug/mL 0.001 ng/ml; nanogram/ml; nanograms/ml""",
    "crp": """
        mg/L 1 mg/l; ug/ml; milligram/l; milligrams per liter
        mg/L 10 mg/dl; mg/100ml""",
    "calprotectin": """
        ug/g 1 ug/g; mg/kg; microg/g; ug/g stool; ug/g{stool}; ug/g faeces; ug/g feces; ng/mg; microgram/g""",
    "albumin": """
        g/dL 1 g/dl; gm/dl; g/100ml
        g/dL 0.1 g/l; gm/l; mg/ml""",
    "esr": """
        mm/h 1 mm/h; mm/hr; mm/hour; mm/1h; mm/1 h; mm/uur; mm/std; mm; mm/{hour}; mm in 1 hour""",
    "alt": """
        U/L 1 u/l; iu/l; [iu]/l; units/l; unit/l; mu/ml; e/l
        U/L 60 ukat/l""",
    "weight": """
        kg 1 kg; kgs; kilo; kilogram; kilograms; kilogramme
        kg 0.001 g; gm; gram; grams; gramme
        kg 0.45359237 [lb_av]; lb; lbs; pound; pounds; lb_av; [lb_us]
        kg 0.028349523125 [oz_av]; oz; ounce; ounces""",
    "score": """
        {score} 1 {score}; score; points; {points}; point; punten; punkte; pts; 1; {}; [score]""",
    "ati": """
        U/mL 1 u/ml; units/ml; unit/ml
        AU/mL 1 au/ml; [arb'u]/ml; arb u/ml; arbitrary units/ml; au; [arb'u]
        ng/mL 1 ng/ml
        ng/mL-eq 1 ng/ml-eq; ng/ml eq; ngeq/ml; ng eq/ml; ng{eq}/ml; ng/ml{eq}
        ug/mL-eq 1 ug/ml-eq; ug/ml eq; ugeq/ml; ug eq/ml; ug{eq}/ml; ug/ml{eq}
        titer 1 {titer}; titer; titre; {titre}""",
}


def by_system(line):
    """Each word of a line with the name of the system that it stands behind."""
    system = ""
    for word in line.split():
        if word in SYSTEMS:
            system = word
        else:
            yield system, word


def spelled(entry: CodeEntry):
    """A code of the file as the tables above spell it."""
    unit = "" if entry.unit_mg is None else f"={entry.unit_mg:g}"
    return entry.system, f"{entry.code}{'*' * entry.prefix}{'' if entry.usable else '?'}{unit}"


def spellings():
    for quantity, table in UNITS.items():
        for line in table.strip().splitlines():
            canonical, factor, aliases = line.split(maxsplit=2)
            for alias in aliases.split("; "):
                yield quantity, alias, canonical, float(factor)


def test_every_concept_with_codes_is_restated_here():
    assert {name for name, concept in FILE.concepts.items() if concept.codes} == set(RESTATED)


@pytest.mark.parametrize("concept", RESTATED)
def test_a_concept_has_the_codes_of_the_terminologies(concept):
    codes = [spelled(entry) for entry in FILE.concepts[concept].codes]
    assert sorted(codes) == sorted(by_system(RESTATED[concept]))


@pytest.mark.parametrize(
    ("concept", "system", "word"),
    [(concept, *pair) for concept, line in RESTATED.items() for pair in by_system(line)],
)
def test_a_code_is_found_under_every_name_of_its_system(concept, system, word):
    code = word.partition("=")[0].rstrip("*?")
    for name in (*SYSTEMS[system], system):
        assert (concept in CODES.concept_ids(name, code)) is ("?" not in word)


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_system_is_known_by_its_addresses_and_its_object_identifier(system):
    canonical = CODES.canonical_system(system)
    assert {CODES.canonical_system(name) for name in SYSTEMS[system]} == {canonical}
    assert CODES.canonical_system("http://example.org/else") != canonical


def test_look_alikes_are_those_that_are_in_circulation():
    held = {(entry.mistaken_for, entry.system, entry.code) for entry in FILE.look_alikes.values()}
    assert held == {(name, *pair) for name, line in LOOK_ALIKES.items() for pair in by_system(line)}


@pytest.mark.parametrize("quantity", Quantity)
def test_a_quantity_has_the_spellings_of_its_units_and_no_other(quantity):
    restated = {alias for name, alias, *_ in spellings() if name == quantity.value}
    assert set(units_of(quantity)) == restated


@pytest.mark.parametrize(("quantity", "alias", "canonical", "factor"), list(spellings()))
def test_a_spelling_means_its_unit_and_its_factor(quantity, alias, canonical, factor):
    unit = find_unit(Quantity(quantity), alias, None)
    assert (unit.canonical, unit.factor) == (canonical, factor)
