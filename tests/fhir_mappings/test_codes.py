"""Code sets: what is recognised by code, what by name, and what must never be."""

from dataclasses import replace

import pytest

from fhir_mappings.code_sets_file import CodeSetError, SiteCode
from fhir_mappings.codes import (
    SEVERITY_MILD,
    SEVERITY_MODERATE_OR_SEVERE,
    CodeSets,
    ConditionConcept,
    ObservationConcept,
    codings_of,
    load_code_sets,
)
from tdm.facts import MedicationConcept, Route, SafetyConcept
from tests.support.results import ICD10CM, LOCAL, LOINC, SNOMED

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ATC = "http://www.whocc.no/atc"
NDC = "http://hl7.org/fhir/sid/ndc"
HCPCS = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
CODES = load_code_sets()


def observation(system="", code="", display="", text=""):
    return CODES.observation(((system, code, display),) if code else (), text)


def condition(system="", code="", text=""):
    """The concepts of a condition; those that only widen another one are left out beside it."""
    found = set(CODES.conditions(((system, code, ""),) if code else (), text))
    wider = {
        ConditionConcept.CROHNS_DISEASE: ConditionConcept.INFLAMMATORY_BOWEL_DISEASE,
        ConditionConcept.PERIANAL_FISTULA: ConditionConcept.FISTULA_HISTORY,
    }
    return found - {wider[concept] for concept in found if concept in wider}


def medication(system="", code="", text="", display=""):
    return CODES.medication(((system, code, display),) if code else (), text)


@pytest.mark.parametrize(
    ("code", "concept"),
    [
        ("39803-2", "infliximab-level"),
        ("86896-8", "infliximab-level"),
        ("1988-5", "crp"),
        ("30522-7", "crp"),
        ("71426-1", "crp"),
        ("38445-3", "calprotectin"),
        ("1751-7", "albumin"),
        ("2862-1", "albumin"),
        ("30341-2", "esr"),
        ("4537-7", "esr"),
        ("1742-6", "alt"),
        ("29463-7", "body-weight"),
        ("3141-9", "body-weight"),
        ("3142-7", "body-weight"),
        ("5195-3", "hepatitis-b-surface-antigen"),
        ("71773-6", "tuberculosis-test"),
        ("79713-4", "tpmt-nudt15"),
        ("82810-3", "pregnancy-status"),
    ],
)
def test_a_loinc_code_is_recognised_however_its_system_is_written(code, concept):
    for system in (LOINC, "https://loinc.org/", "urn:oid:2.16.840.1.113883.6.1", ""):
        match = observation(system, f" {code} ")
        assert match is not None
        assert (match.concept, match.coded) == (ObservationConcept(concept), True)


@pytest.mark.parametrize(
    ("system", "code", "display"),
    [
        (RXNORM, "121191", "infliximab"),  # rituximab
        (RXNORM, "797544", "Infliximab kit"),  # the alcohol swab
        (RXNORM, "327361", "Infliximab"),  # adalimumab
        (ATC, "L04AB04", "infliximab"),  # adalimumab
        (HCPCS, "Q5109", "Injection, infliximab-abda"),
        (LOINC, "2857-1", "Albumin"),  # prostate specific antigen
        (LOINC, "1809-3", "Albumin"),  # salivary amylase
        (LOINC, "35896-1", "Calprotectin"),
        (LOINC, "27818-8", "Calprotectin"),
        (LOINC, "71774-4", "QuantiFERON"),  # the mitogen control, positive in every valid test
        (LOINC, "8347-7", "Body weight"),  # before dialysis
        (LOINC, "8344-4", "Body weight"),
    ],
)
def test_a_look_alike_never_matches_not_even_by_its_name(system, code, display):
    codings = ((system, code, display),)
    assert CODES.observation(codings, display) is None
    assert CODES.medication(codings, display) is None
    assert not CODES.is_infliximab_allergen(codings, "")
    assert CODES.is_look_alike(system, code)


def test_a_right_code_beside_a_look_alike_still_counts():
    match = CODES.medication(((RXNORM, "121191", ""), (RXNORM, "191831", "")), "")
    assert match is not None
    assert match.is_infliximab


@pytest.mark.parametrize(
    ("system", "code"),
    [(LOINC, "72623-2"), (SNOMED, "386891004"), (RXNORM, "103"), (HCPCS, "J1748"), (SNOMED, "11999007")],
)
def test_an_unverified_code_is_not_matched(system, code):
    assert CODES.concept_ids(system, code) == frozenset()
    assert not CODES.is_look_alike(system, code)


@pytest.mark.parametrize(
    "name",
    [
        "Infliximab",
        "INFLIXIMAB [Mass/volume] in serum",
        "Infliximab trough level",
        "Infliximab dalspiegel",
        "Infliximab-Spiegel (Talspiegel)",
        "Taux résiduel d'infliximab",
        "Infliximab (anti-TNF) in serum",
        "anti-TNFa: infliximab level",
        "Infliximab, monoclonal antibody, level",
        "IFX level",
        "Remicade level",
        "infliximab week 14",
    ],
)
def test_a_name_of_the_drug_and_no_antibody_is_a_level_by_name(name):
    match = observation(text=name)
    assert match is not None
    assert (match.concept, match.coded, match.code) == (ObservationConcept.INFLIXIMAB_LEVEL, False, "")


@pytest.mark.parametrize(
    "name",
    [
        "Anti-infliximab antibodies",
        "Antibodies to infliximab",
        "Infliximab antibody level",
        "Infliximab Ab [Mass/volume]",
        "ATI (infliximab)",
        "Infliximab ADA",
        "HACA infliximab",
        "Infliximab neutralising NAb titre",
        "anti-infliximab",
        "Antilichamen tegen infliximab",
        "Infliximab antistoffen",
        "Anti-Infliximab-Antikörper",
        "Infliximab-Antikörper",
        "IFX-AK",
        "Anticorps anti-infliximab",
        "Anticuerpos anti-infliximab",
        "AAK gegen Infliximab",
    ],
)
def test_a_name_with_an_antibody_word_is_never_a_level(name):
    match = observation(text=name)
    assert match is not None
    assert match.concept is ObservationConcept.INFLIXIMAB_ANTIBODY


@pytest.mark.parametrize(
    "name",
    [
        "Infliximab Quantitation with Reflex to Antibodies to Infliximab, Serum",
        "Infliximab and Infliximab Ab Panel - Serum or Plasma",
        "Infliximab level and antibodies",
        "Infliximab en antistoffen",
    ],
)
def test_a_name_of_level_and_antibodies_at_once_is_a_panel(name):
    match = observation(text=name)
    assert match is not None
    assert match.concept is ObservationConcept.INFLIXIMAB_PANEL


@pytest.mark.parametrize(
    "name",
    [
        "Infliximab dose",
        "Infliximab dosering",
        "Infliximab infusion reaction",
        "Date of last infliximab",
        "Adalimumab level",
        "Serum level",
        "Calprotectin (Serum)",
        "Microalbumin, urine",
        "Albumin/Creatinine ratio",
        "Prealbumin",
        "Procalcitonin",
        "Body weight percentile",
        "Weight-for-length percentile",
        "Birth weight",
        "Dry weight before dialysis",
        "Weight loss",
        "wPCDAI",
        "Estrogen receptor (ESR)",
        "Hepatitis B surface antibody",
        "anti-HBs Ab (HBsAg)",
        "QuantiFERON mitogen",
        "QuantiFERON TB1 minus nil",
        "History of pregnancy",
        "Pregnancy associated plasma protein A",
    ],
)
def test_a_similar_name_is_not_recognised(name):
    assert observation(text=name) is None


@pytest.mark.parametrize(
    "name",
    [
        "anti-TNF level",
        "Drug panel",
        "DRUG LEVEL, SERUM",
        "Therapeutic drug monitoring",
        "TDM biologicals",
        "Biologic level and antibodies",
        "Trough level",
        "Vancomycin trough",
        "Medicatiespiegel",
        "Dalspiegel",
        "Medikamentenspiegel",
        "Taux résiduel",
        "Send out, miscellaneous",
        "Misc. referral test",
    ],
)
def test_a_drug_test_without_a_drug_in_its_name_is_looked_at_and_no_more(name):
    match = observation(text=name)
    assert (match.concept, match.coded) == (ObservationConcept.DRUG_TEST, False)


@pytest.mark.parametrize("name", ["Infliximab drug level", "Infliximab trough", "TDM: infliximab"])
def test_the_name_of_infliximab_goes_before_that_of_a_drug_test(name):
    assert observation(text=name).concept is ObservationConcept.INFLIXIMAB_LEVEL


@pytest.mark.parametrize(
    ("name", "concept"),
    [
        ("CRP", "crp"),
        ("C-reactief proteïne", "crp"),
        ("Protéine C réactive", "crp"),
        ("Calprotectine (faeces)", "calprotectin"),
        ("Albumine", "albumin"),
        ("GPT (ALT)", "alt"),
        ("Bezinkingssnelheid", "esr"),
        ("Gewicht", "body-weight"),
        ("Harvey-Bradshaw Index", "hbi"),
        ("CDAI", "cdai"),
        ("Crohn's disease activity index", "cdai"),
        ("PCDAI", "pcdai"),
        ("Paediatric Crohn's Disease Activity Index", "pcdai"),
        ("SES-CD", "ses-cd"),
        ("Ileocolonoscopy", "endoscopy"),
        ("MR enterography", "imaging"),
        ("Perianal examination", "fistula-examination"),
        ("HBsAg", "hepatitis-b-surface-antigen"),
        ("QuantiFERON-TB Gold Plus", "tuberculosis-test"),
        ("TPMT genotype", "tpmt-nudt15"),
        ("Pregnancy test", "pregnancy-status"),
    ],
)
def test_other_results_are_recognised_by_name(name, concept):
    match = observation(text=name)
    assert match is not None
    assert (match.concept.value, match.coded) == (concept, False)


def test_a_display_counts_as_a_name_when_no_code_is_known():
    match = observation(LOCAL, "X1", display="Infliximab")
    assert match is not None
    assert (match.concept, match.coded) == (ObservationConcept.INFLIXIMAB_LEVEL, False)


def test_a_known_code_is_believed_before_its_display():
    match = observation(LOINC, "1988-5", display="Albumin", text="Albumin")
    assert match is not None
    assert match.concept is ObservationConcept.CRP


def test_a_levels_code_under_an_antibodys_name_is_used_as_neither():
    for name in ("Antibodies to infliximab", "ATI infliximab"):
        match = observation(LOINC, "39803-2", text=name)
        assert match is not None
        assert match.concept is ObservationConcept.INFLIXIMAB_PANEL


def test_a_levels_code_under_the_name_of_a_reflex_order_is_the_level():
    match = observation(LOINC, "39803-2", text="Infliximab with reflex to antibodies")
    assert match is not None
    assert match.concept is ObservationConcept.INFLIXIMAB_LEVEL


def test_codes_of_level_and_antibody_side_by_side_are_a_panel():
    codes = CODES.with_site([SiteCode("infliximab-antibody", LOCAL, "ATI")])
    match = codes.observation(((LOINC, "39803-2", ""), (LOCAL, "ATI", "")), "")
    assert match is not None
    assert match.concept is ObservationConcept.INFLIXIMAB_PANEL


@pytest.mark.parametrize(
    ("code", "concepts"),
    [
        ("K50", {"crohns-disease"}),
        ("K50.90", {"crohns-disease"}),
        ("k50.013", {"crohns-disease", "fistula-history"}),
        ("K50.014", {"crohns-disease", "serious-infection"}),
        ("K50.814", {"crohns-disease", "serious-infection"}),
        ("K5", set()),
        ("K51.00", {"other-indication"}),
        ("K60.30", {"perianal-fistula"}),
        ("K60.311", {"perianal-fistula"}),
        ("K60.2", set()),
        ("K60.4", {"perianal-fistula"}),
        ("K60.5", {"perianal-fistula"}),
        ("K61.0", {"serious-infection"}),
        ("A41.9", {"serious-infection"}),
        ("A15.0", {"tuberculosis-active"}),
        ("A19.9", {"tuberculosis-active"}),
        ("A20", set()),
        ("Z22.7", {"tuberculosis-latent"}),
        ("R76.11", {"tuberculosis-latent"}),
        ("B16.9", {"hepatitis-b"}),
        ("B18.1", {"hepatitis-b"}),
        ("B18.2", set()),
        ("I50.22", {"heart-failure"}),
        ("G35", {"demyelinating-disease"}),
        ("G35.A", {"demyelinating-disease"}),
        ("G37.9", {"demyelinating-disease"}),
        ("C81.90", {"lymphoma"}),
        ("C85.1", {"lymphoma"}),
        ("C86.1", {"lymphoma"}),
        ("C80", set()),
        ("Z33.1", {"pregnancy"}),
        ("Z33.2", set()),
        ("R17", {"jaundice"}),
        ("K72.00", {"jaundice"}),
        ("K72.91", {"jaundice"}),
        ("K70.40", {"jaundice"}),
        ("K71.11", {"jaundice"}),
        ("K71.2", {"jaundice"}),
        ("K71.0", set()),
        ("K76.0", set()),
        ("G36.0", {"demyelinating-disease"}),
        ("G37.3", {"demyelinating-disease"}),
        ("G37.2", set()),
        ("G61.0", {"demyelinating-disease"}),
        ("G61.81", {"demyelinating-disease"}),
        ("G61.1", set()),
        ("H46.9", {"demyelinating-disease"}),
        ("H46.11", {"demyelinating-disease"}),
        ("H46.3", set()),
        ("O09.212", {"pregnancy"}),
        ("Z34.91", {"pregnancy"}),
        ("O90.4", set()),
        ("M06.9", {"other-indication"}),
        ("M45.9", {"other-indication"}),
    ],
)
def test_an_icd_code_means_what_it_begins_with(code, concepts):
    assert condition(ICD10CM, code) == {ConditionConcept(concept) for concept in concepts}


@pytest.mark.parametrize(
    ("code", "concepts"),
    [
        ("34000006", {"crohns-disease"}),
        ("235796008", {"crohns-disease", "perianal-fistula"}),
        ("64766004", {"other-indication"}),
        ("24526004", {"inflammatory-bowel-disease"}),
        ("84114007", {"heart-failure"}),
        ("56717001", {"tuberculosis-active"}),
        ("66071002", {"hepatitis-b"}),
        ("24700007", {"demyelinating-disease"}),
        ("118600007", {"lymphoma"}),
        ("77386006", {"pregnancy"}),
        ("18165001", {"jaundice"}),
        ("59927004", {"jaundice"}),
        ("91302008", {"serious-infection"}),
    ],
)
def test_a_snomed_code_means_its_concepts(code, concepts):
    assert condition(SNOMED, code) == {ConditionConcept(concept) for concept in concepts}


@pytest.mark.parametrize(
    ("name", "concepts"),
    [
        ("Ziekte van Crohn", {"crohns-disease"}),
        ("Morbus Crohn", {"crohns-disease"}),
        ("Family history of Crohn's disease", set()),
        ("Ulcerative colitis", {"other-indication"}),
        ("Perianal fistula", {"perianal-fistula"}),
        ("Fistula-in-ano", {"perianal-fistula"}),
        ("Perianal abscess", {"serious-infection"}),
        ("History of sepsis", set()),
        ("Latent tuberculosis", {"tuberculosis-latent"}),
        ("LTBI", {"tuberculosis-latent"}),
        ("Tuberculosis screening", set()),
        ("Pulmonary tuberculosis", {"tuberculosis-active"}),
        ("Hepatitis B vaccination", set()),
        ("Chronic hepatitis B", {"hepatitis-b"}),
        ("Hartfalen", {"heart-failure"}),
        ("Multiple sclerosis", {"demyelinating-disease"}),
        ("Neuromyelitis optica spectrum disorder", {"demyelinating-disease"}),
        ("Left retrobulbar neuritis", {"demyelinating-disease"}),
        ("CIDP", {"demyelinating-disease"}),
        ("Acute liver failure", {"jaundice"}),
        ("Hepatic encephalopathy", {"jaundice"}),
        ("Drug-induced liver injury", {"jaundice"}),
        ("Leberversagen", {"jaundice"}),
        ("Risk of liver failure", set()),
        ("Cirrhosis without liver failure", set()),
        ("Hodgkin lymphoma", {"lymphoma"}),
        ("Family history of lymphoma", set()),
        ("Zwangerschap", {"pregnancy"}),
        ("Pregnancy test negative", set()),
        ("Anaphylaxis due to infliximab", {"infliximab-reaction"}),
        ("Infliximab therapy", set()),
    ],
)
def test_a_condition_without_a_known_code_is_recognised_by_name(name, concepts):
    assert condition(text=name) == {ConditionConcept(concept) for concept in concepts}


@pytest.mark.parametrize(
    ("system", "code"),
    [
        (RXNORM, "191831"),
        (RXNORM, "310994"),
        (RXNORM, "1790541"),
        (RXNORM, "1790546"),
        (RXNORM, "1927285"),
        (RXNORM, "1927290"),
        (RXNORM, "2266525"),
        (ATC, "L04AB02"),
        (HCPCS, "J1745"),
        (HCPCS, "Q5103"),
        (HCPCS, "Q5104"),
        (NDC, "57894-160-01"),
        (NDC, "57894016001"),
        (NDC, "0069-0809-01"),
        (NDC, "78206-162-01"),
        (NDC, "55513-670-21"),
        ("http://fdasis.nlm.nih.gov", "B72HH48FLU"),
    ],
)
def test_a_product_of_infliximab_is_known_by_its_code(system, code):
    match = medication(system, code)
    assert match is not None
    assert (match.is_infliximab, match.coded, match.route) == (True, True, None)


@pytest.mark.parametrize("code", ["2675742", "2675749", "2675753", "2675757"])
def test_a_subcutaneous_product_says_its_route(code):
    match = medication(RXNORM, code)
    assert match is not None
    assert (match.is_infliximab, match.route) == (True, Route.SUBCUTANEOUS)
    pen = medication(text="Remsima 120 mg SC pen")
    assert pen is not None
    assert pen.route is Route.SUBCUTANEOUS


@pytest.mark.parametrize(("code", "unit_mg"), [("J1745", 10), ("Q5103", 10), ("Q5104", 10)])
def test_a_billing_code_says_what_one_unit_stands_for(code, unit_mg):
    match = medication(HCPCS, code)
    assert match is not None
    assert match.unit_mg == unit_mg
    plain = medication(RXNORM, "191831")
    assert plain is not None
    assert plain.unit_mg is None


@pytest.mark.parametrize(
    "name",
    [
        "Infliximab",
        "INFLIXIMAB 100MG POWDER FOR CONCENTRATE",
        "infliximab (remsima) 475 mg in sodium chloride 0.9%",
        "Infliximab!(Inflectra)!500mg",
        "infliximab (infl",
        "infliximab (infectra) 300mg",
        "Infectra 100 mg",
        "infliximab-dyyb",
        "Infliximab biosimilar 5mg/kg",
        "REMICADE",
        "Remicade 100mg powder for solution for infusion vials",
        "Remsima",
        "Remsima 100mg vial",
        "INFLECTRA 100 MG",
        "Flixabi",
        "Flixabi 100mg pdr",
        "Zessly 100mg",
        "Renflexis",
        "Avsola",
        "Ixifi",
        "Zymfentra",
        "inflixim",
        "Infliximabum",
        "Infliximab infusion homecare",
        "Infliximab (REMSIMA) 100mg inj CT-P13",
        "inFLIXimab 5 mg/kg IVPB",
        "infliximab 400mg/250ml NaCl",
        "anti-TNF infliximab",
        "infliximab (Flixabi) 100mg powder for concentrate",
        "INFLIXIMAB (ZESSLY) 600MG IN 250ML",
        "Infliximab, perfusion",
        "Infliximab Infusion Day Case",
        "infliximab_remsima_100mg",
        "INFLIXIMAB/REMSIMA",
        "Infliximab 10mg/kg q4w",
        "inj infliximab 100 mg vl",
        "INFLIXIMAB (BIOSIMILAR) 350 mg",
        "Infliximab pdr inf 100mg",
        "infliximab 100 MG Injection",
        "Infliximab 120 mg pen",
        "remsima (infliximab) 300mg infusion",
    ],
)
def test_a_free_text_name_of_infliximab_is_recognised(name):
    match = medication(text=name)
    assert match is not None
    assert (match.is_infliximab, match.coded) == (True, False)


@pytest.mark.parametrize(
    "name",
    [
        "Adalimumab 40 mg",
        "Rituximab 500 mg",
        "Sodium chloride 0.9% 250 ml",
        "Paracetamol (premedication for infliximab)",
        "Cetirizine before infliximab",
        "Hydrocortisone 100 mg prior to infliximab",
        "Sodium chloride flush for infliximab",
        "Infliximab antibody test",
        "Infliximab trough level",
        "Vedolizumab instead of infliximab",
        "",
    ],
)
def test_what_only_stands_near_infliximab_is_not_infliximab(name):
    match = medication(text=name)
    assert match is None or not match.is_infliximab


@pytest.mark.parametrize(
    ("system", "code", "text", "concept"),
    [
        (RXNORM, "1256", "", MedicationConcept.THIOPURINE),
        (RXNORM, "197931", "", MedicationConcept.THIOPURINE),
        (RXNORM, "6851", "", MedicationConcept.METHOTREXATE),
        (RXNORM, "8640", "", MedicationConcept.STEROID),
        (ATC, "J04AC01", "", MedicationConcept.TUBERCULOSIS_TREATMENT),
        (ATC, "J05AF10", "", MedicationConcept.HEPATITIS_B_ANTIVIRAL),
        ("", "", "Azathioprine 50 mg tablet", MedicationConcept.THIOPURINE),
        ("", "", "Budesonide 3 mg capsule", MedicationConcept.STEROID),
        ("", "", "Isoniazid 300 mg", MedicationConcept.TUBERCULOSIS_TREATMENT),
        ("", "", "Tenofovir 245 mg", MedicationConcept.HEPATITIS_B_ANTIVIRAL),
    ],
)
def test_other_medicines_that_matter_are_recognised(system, code, text, concept):
    match = medication(system, code, text)
    assert match is not None
    assert match.concept is concept


@pytest.mark.parametrize("name", ["Budesonide inhaler", "Prednisolone eye drops", "Methotrexate level"])
def test_a_local_steroid_or_a_drug_level_is_no_such_medicine(name):
    assert medication(text=name) is None


@pytest.mark.parametrize(
    ("codings", "text", "severity"),
    [
        (((SNOMED, "255604002", ""),), "", SEVERITY_MILD),
        (((SNOMED, "24484000", ""),), "", SEVERITY_MODERATE_OR_SEVERE),
        (((SNOMED, "6736007", ""),), "", SEVERITY_MODERATE_OR_SEVERE),
        (((SNOMED, "255604002", ""), (SNOMED, "24484000", "")), "", SEVERITY_MODERATE_OR_SEVERE),
        ((), "NYHA class III", SEVERITY_MODERATE_OR_SEVERE),
        ((), "NYHA II", SEVERITY_MILD),
        ((), "mild to moderate", SEVERITY_MODERATE_OR_SEVERE),
        ((), "chronic", None),
    ],
)
def test_the_severity_is_read_and_the_worse_wins(codings, text, severity):
    assert CODES.severity(codings, text) == severity


@pytest.mark.parametrize(
    ("codings", "text", "expected"),
    [
        (((RXNORM, "191831", ""),), "", True),
        (((RXNORM, "310994", ""),), "", True),
        ((), "Remicade", True),
        ((), "Murine protein", True),
        ((), "Mouse proteins", True),
        ((), "Muizeneiwit", True),
        ((), "No allergy to infliximab", False),
        ((), "IFX", True),
        ((), "Infiximab", True),
        ((), "infliksimab", True),
        ((), "Penicillin", False),
        (((RXNORM, "121191", "infliximab"),), "", False),
    ],
)
def test_an_allergen_is_infliximab_or_murine_protein(codings, text, expected):
    assert CODES.is_infliximab_allergen(codings, text) is expected


def test_every_safety_concept_that_can_be_found_by_a_code_is_evaluable():
    assert CODES.evaluable() == frozenset(SafetyConcept)


def test_a_site_code_is_matched_as_coded():
    codes = CODES.with_site([SiteCode("infliximab-antibody", LOCAL, "ATI")])
    match = codes.observation(((LOCAL, "ATI", "whatever"),), "")
    assert match is not None
    assert (match.concept, match.coded) == (ObservationConcept.INFLIXIMAB_ANTIBODY, True)
    assert match.code == f"{LOCAL}|ATI"
    assert CODES.observation(((LOCAL, "ATI", "whatever"),), "") is None


def test_a_site_code_without_a_system_matches_only_codes_without_a_system():
    codes = CODES.with_site([SiteCode("infliximab-level", "", "IFXL")])
    assert codes.observation((("", "IFXL", ""),), "") is not None
    assert codes.observation(((LOCAL, "IFXL", ""),), "") is None


def test_a_site_may_add_a_prefix_and_a_unit():
    codes = CODES.with_site(
        [
            SiteCode("crohns-disease", ICD10CM, "Q99", prefix=True),
            SiteCode("infliximab-product", LOCAL, "IFX100", unit_mg=100),
        ]
    )
    assert codes.conditions(((ICD10CM, "Q99.3", ""),), "") == (ConditionConcept.CROHNS_DISEASE,)
    match = codes.medication(((LOCAL, "IFX100", ""),), "")
    assert match is not None
    assert match.unit_mg == 100


def test_two_additions_of_a_site_both_count():
    first = CODES.with_site([SiteCode("crp", LOCAL, "A")])
    both = first.with_site([SiteCode("crp", LOCAL, "B")])
    assert both.observation(((LOCAL, "A", ""),), "") is not None
    assert both.observation(((LOCAL, "B", ""),), "") is not None


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (
            SiteCode("infliximab-levl", LOCAL, "X"),
            "unknown concept infliximab-levl; did you mean infliximab-level?",
        ),
        (SiteCode("zzzz", LOCAL, "X"), "unknown concept zzzz"),
        (
            SiteCode("infliximab-product", RXNORM, "121191"),
            f"{RXNORM}|121191 is a known look-alike and cannot mean infliximab-product",
        ),
        (
            SiteCode("infliximab-antibody", LOINC, "39803-2"),
            f"{LOINC}|39803-2 already means infliximab-level",
        ),
        (SiteCode("crp", LOCAL, "  "), "an empty code for crp"),
        (
            SiteCode("crp", LOCAL, "CR", prefix=True),
            f"{LOCAL}|CR: only ICD and NDC codes can stand for all below them",
        ),
    ],
)
def test_a_faulty_site_code_is_refused_and_named(code, message):
    with pytest.raises(CodeSetError) as caught:
        CODES.with_site([code])
    assert str(caught.value) == message


def test_a_site_may_repeat_a_known_code_or_use_it_for_another_kind():
    codes = CODES.with_site(
        [SiteCode("infliximab-level", LOINC, "39803-2"), SiteCode("pregnancy-status", SNOMED, "77386006")]
    )
    assert codes.concept_ids(LOINC, "39803-2") == {"infliximab-level"}
    assert codes.concept_ids(SNOMED, "77386006") == {"pregnancy", "pregnancy-status"}


@pytest.mark.parametrize(
    ("codeable", "codings", "text"),
    [
        ({"coding": [{"system": "s", "code": "c", "display": "d"}], "text": "t"}, (("s", "c", "d"),), "t"),
        ({"coding": {"system": "s", "code": "c"}}, (("s", "c", ""),), ""),
        ({"coding": [None, 3, {"code": 5, "display": ["x"]}]}, (("", "", ""),), ""),
        ({"system": "s", "code": "c"}, (("s", "c", ""),), ""),
        ({"coding": None, "text": "t"}, (), "t"),
        ({"coding": [], "text": 4}, (), ""),
        ("just text", (), "just text"),
        (None, (), ""),
        ([1], (), ""),
    ],
)
def test_codings_are_taken_from_whatever_was_sent(codeable, codings, text):
    assert codings_of(codeable) == (codings, text)


def test_long_texts_of_codes_are_cut():
    codings, text = codings_of({"text": "x" * 1000, "coding": [{"code": "y" * 1000}]})
    assert (len(text), len(codings[0][1])) == (300, 300)
    ((system, _, display),), _ = codings_of({"coding": [{"system": "s" * 1000, "display": "d" * 1000}]})
    assert (len(system), len(display)) == (300, 300)
    assert len(codings_of("x" * 1000)[1]) == 300


def test_of_two_codes_of_one_concept_the_smaller_label_and_its_unit_are_told():
    codings = ((HCPCS, "Q5103", ""), (HCPCS, " J1745 ", ""), (RXNORM, "191831", ""))
    for sent in (codings, codings[::-1]):
        match = CODES.medication(sent, "")
        assert match is not None
        assert (match.code, match.unit_mg) == (f"{HCPCS}|J1745", 10.0)


def test_only_what_a_site_or_the_file_has_a_code_for_is_evaluable():
    file = CODES._file
    bare = {
        name: replace(concept, codes=()) if name in {"pregnancy", "pregnancy-status", "alt"} else concept
        for name, concept in file.concepts.items()
    }
    without = CodeSets(replace(file, concepts=bare))
    assert without.evaluable() == frozenset(SafetyConcept) - {SafetyConcept.PREGNANCY, SafetyConcept.ALT}
    again = without.with_site([SiteCode("pregnancy", LOCAL, "P"), SiteCode("alt", LOCAL, "A")])
    assert again.evaluable() == frozenset(SafetyConcept)


def test_infliximab_comes_before_other_medicines_and_its_name_may_settle_the_route():
    codings = ((RXNORM, "1256", ""), (RXNORM, "191831", ""))
    match = CODES.medication(codings, "")
    assert match is not None
    assert (match.is_infliximab, match.coded, match.code) == (True, True, f"{RXNORM}|191831")
    pen = CODES.medication(((RXNORM, "191831", ""),), "Remsima 120 mg SC pen")
    assert pen is not None
    assert (pen.route, pen.coded) == (Route.SUBCUTANEOUS, True)
    other = medication(RXNORM, "1256")
    assert other is not None
    assert (other.code, other.coded, other.route, other.unit_mg) == (f"{RXNORM}|1256", True, None, None)


@pytest.mark.parametrize("name", ["IFX", "Infiximab", "infliksimab", "infliximab"])
def test_a_reaction_to_infliximab_is_known_by_the_abbreviation_and_is_not_one_of_unnamed_cause(name):
    found = CODES.conditions((), f"Anaphylaxis to {name}")
    assert ConditionConcept.INFLIXIMAB_REACTION in found
    assert ConditionConcept.REACTION not in found
