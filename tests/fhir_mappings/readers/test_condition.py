"""Conditions and allergies: statuses in every dress, indications, fistulas and what the gates look for."""

import pytest

from fhir_mappings.readers.allergy import read_allergy
from fhir_mappings.readers.condition import read_condition
from fhir_mappings.readers.reading import NOTHING
from tdm.facts import HeartFailureSeverity, Indication, SafetyConcept, SafetyState
from tdm.issues import IssueCode
from tests.support.results import ICD10CM, SNOMED, context

STATUS_SYSTEM = "http://terminology.hl7.org/CodeSystem/condition-clinical"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"


def coded(code):
    return {"coding": [{"system": STATUS_SYSTEM, "code": code}]}


def condition(code, system=ICD10CM, clinical="active", verification="confirmed", **fields):
    concept = {"text": code} if system is None else {"coding": [{"system": system, "code": code}]}
    resource = {
        "resourceType": "Condition",
        "id": "c1",
        "subject": {"reference": "Patient/p1"},
        "code": concept,
        "clinicalStatus": coded(clinical) if isinstance(clinical, str) else clinical,
        "verificationStatus": coded(verification) if isinstance(verification, str) else verification,
        **fields,
    }
    return {name: value for name, value in resource.items() if value is not None}


def read(*args, **fields):
    return read_condition(condition(*args, **fields), context())


def state(*args, **fields):
    (fact,) = read(*args, **fields).safety
    return fact.state


def test_crohns_disease_and_other_indications_are_told_apart():
    assert read("K50.90").indications == {Indication.CROHNS_DISEASE}
    assert read("34000006", SNOMED).indications == {Indication.CROHNS_DISEASE}
    assert read("K51.00").indications == {Indication.OTHER_DISEASE}
    assert read("24526004", SNOMED).indications == frozenset()
    assert read("I10") is NOTHING


@pytest.mark.parametrize(
    ("clinical", "verification", "counts"),
    [
        ("active", "confirmed", True),
        ("remission", "confirmed", True),
        ("inactive", "confirmed", True),
        (None, None, True),
        ("Active ", "provisional", True),
        ({"text": "active"}, None, True),
        ("resolved", "confirmed", False),
        ("active", "refuted", False),
        ("active", "differential", False),
        ("active", "unconfirmed", False),
        ("active", "entered-in-error ", False),
        ("active", "nonsense", False),
    ],
)
def test_an_indication_counts_unless_it_is_over_refuted_or_in_doubt(clinical, verification, counts):
    expected = {Indication.CROHNS_DISEASE} if counts else set()
    assert read("K50.90", clinical=clinical, verification=verification).indications == expected


def test_statuses_as_the_plain_strings_of_older_exports_are_understood():
    resource = condition("K60.3", clinical=None, verification=None)
    resource |= {
        "clinicalStatus": "active",
        "_clinicalStatus": {"id": "1"},
        "verificationStatus": "confirmed",
    }
    assert [fistula.active for fistula in read_condition(resource, context()).fistulas] == [True]
    resource["clinicalStatus"] = "resolved"
    assert [fistula.active for fistula in read_condition(resource, context()).fistulas] == [False]


@pytest.mark.parametrize(
    ("clinical", "verification", "active"),
    [
        ("active", "confirmed", True),
        ("recurrence", "confirmed", True),
        ("relapse", None, True),
        (" Active", "provisional", True),
        ("remission", "confirmed", False),
        ("inactive", "confirmed", False),
        ("resolved", "confirmed", False),
        (None, "confirmed", False),
        ("active", "unconfirmed", False),
        ("strange", "confirmed", False),
    ],
)
def test_a_fistula_is_active_only_by_a_status_that_says_so(clinical, verification, active):
    for code, system in (("K60.311", ICD10CM), ("235796008", SNOMED), ("Perianal fistula", None)):
        reading = read(code, system, clinical=clinical, verification=verification)
        assert [fistula.active for fistula in reading.fistulas] == [active]
        assert reading.fistulas[0].source.reference == "Condition/c1"


def test_a_refuted_or_erroneous_fistula_is_none():
    assert read("K60.3", verification="refuted").fistulas == ()
    assert read("K60.3", verification="entered-in-error") is NOTHING


def test_a_fistula_of_unknown_place_is_not_perianal():
    assert [fistula.active for fistula in read("K50.013").fistulas] == [False]
    both = condition("K50.013")
    both["code"]["coding"].append({"system": ICD10CM, "code": "K60.30"})
    assert [fistula.active for fistula in read_condition(both, context()).fistulas] == [True]


def test_a_fistula_that_has_ended_is_history_whatever_its_status():
    assert [f.active for f in read("K60.3", abatementDateTime="2025-01-01").fistulas] == [False]
    assert [f.active for f in read("K60.3", abatementBoolean=False).fistulas] == [True]


SAFETY = [
    ("A41.9", SafetyConcept.SERIOUS_INFECTION),
    ("A15.0", SafetyConcept.TUBERCULOSIS_ACTIVE),
    ("Z22.7", SafetyConcept.TUBERCULOSIS_LATENT),
    ("B18.1", SafetyConcept.HEPATITIS_B),
    ("I50.9", SafetyConcept.HEART_FAILURE),
    ("R17", SafetyConcept.JAUNDICE),
    ("G35", SafetyConcept.DEMYELINATING_DISEASE),
    ("C81.9", SafetyConcept.LYMPHOMA),
    ("Z33.1", SafetyConcept.PREGNANCY),
]


@pytest.mark.parametrize(("code", "concept"), SAFETY)
def test_a_condition_that_a_gate_looks_for_is_found(code, concept):
    (fact,) = read(code, recordedDate="2026-02-01").safety
    assert (fact.concept, fact.state) == (concept, SafetyState.PRESENT)
    assert (fact.recorded.day.isoformat(), fact.source.reference) == ("2026-02-01", "Condition/c1")


@pytest.mark.parametrize(("code", "concept"), SAFETY)
def test_refuted_is_absent_doubtful_is_unclear_and_error_is_nothing(code, concept):
    assert state(code, verification="refuted") is SafetyState.ABSENT
    assert state(code, verification="differential") is SafetyState.UNCLEAR
    assert state(code, verification="whatever") is SafetyState.UNCLEAR
    assert read(code, verification="entered-in-error") is NOTHING
    assert state(code, clinical=None, verification=None) is SafetyState.PRESENT


@pytest.mark.parametrize(
    ("code", "active", "inactive", "resolved", "strange"),
    [
        ("A41.9", "present", "absent", "absent", "unclear"),
        ("A15.0", "present", "absent", "absent", "unclear"),
        ("R17", "present", "absent", "absent", "unclear"),
        ("Z33.1", "present", "absent", "absent", "unclear"),
        ("Z22.7", "present", "present", "absent", "unclear"),
        ("B18.1", "present", "present", "absent", "unclear"),
        ("I50.9", "present", "present", "absent", "unclear"),
        ("G35", "present", "present", "present", "present"),
        ("C81.9", "present", "present", "present", "present"),
    ],
)
def test_what_is_over_counts_by_the_nature_of_the_disease(code, active, inactive, resolved, strange):
    for clinical, expected in (
        ("active", active),
        ("inactive", inactive),
        ("remission", inactive),
        ("resolved", resolved),
        ("strange", strange),
    ):
        assert state(code, clinical=clinical) is SafetyState(expected)


def test_two_statuses_that_differ_cannot_be_read():
    both = {"coding": [{"code": "active"}, {"code": "resolved"}]}
    assert state("A41.9", clinical=both) is SafetyState.UNCLEAR
    assert (
        state("A41.9", verification={"coding": [{"code": "confirmed"}, {"code": "refuted"}]})
        is SafetyState.UNCLEAR
    )
    error = {"coding": [{"code": "confirmed"}, {"code": "entered-in-error"}]}
    assert read("A41.9", verification=error) is NOTHING


def test_an_abscess_of_crohns_disease_is_both():
    reading = read("K50.014")
    assert reading.indications == {Indication.CROHNS_DISEASE}
    assert [fact.concept for fact in reading.safety] == [SafetyConcept.SERIOUS_INFECTION]


@pytest.mark.parametrize(
    ("fields", "severity"),
    [
        ({}, None),
        ({"severity": {"coding": [{"system": SNOMED, "code": "255604002"}]}}, HeartFailureSeverity.MILD),
        (
            {"severity": {"coding": [{"system": SNOMED, "code": "24484000"}]}},
            HeartFailureSeverity.MODERATE_OR_SEVERE,
        ),
        ({"stage": [{"summary": {"text": "NYHA III"}}]}, HeartFailureSeverity.MODERATE_OR_SEVERE),
        ({"stage": [{"summary": {"text": "NYHA class II"}}, None]}, HeartFailureSeverity.MILD),
        (
            {"severity": {"text": "mild"}, "stage": [{"summary": {"text": "NYHA IV"}}]},
            HeartFailureSeverity.MODERATE_OR_SEVERE,
        ),
        ({"severity": "odd", "stage": "odd"}, None),
    ],
)
def test_the_severity_of_heart_failure_is_read_where_it_stands(fields, severity):
    (fact,) = read("I50.9", **fields).safety
    assert fact.severity is severity


def test_the_name_of_a_heart_failure_may_carry_its_severity_and_others_have_none():
    assert read("Mild heart failure", None).safety[0].severity is HeartFailureSeverity.MILD
    assert read("A41.9", severity={"text": "severe"}).safety[0].severity is None


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"recordedDate": "2025-05-06T11:00:00+02:00"}, SafetyState.PRESENT),  # 300 days
        ({"recordedDate": "2025-05-06T10:59:59+02:00"}, SafetyState.ABSENT),
        ({"onsetDateTime": "2024-01-01"}, SafetyState.ABSENT),
        ({"recordedDate": "2026-01-01", "onsetDateTime": "2024-01-01"}, SafetyState.PRESENT),
        ({}, SafetyState.PRESENT),
    ],
)
def test_a_pregnancy_that_must_have_ended_is_absent(fields, expected):
    assert state("Z33.1", **fields) is expected


def test_a_reaction_on_the_problem_list_lasts():
    name = "Anaphylaxis due to infliximab"
    (fact,) = read(name, None, clinical="resolved").safety
    assert (fact.concept, fact.state) == (SafetyConcept.INFLIXIMAB_REACTION, SafetyState.PRESENT)


def test_conditions_of_others_are_dropped_and_those_of_nobody_are_named():
    foreign = read("K50.90", subject={"reference": "Patient/p2"})
    assert (foreign.indications, [issue.code for issue in foreign.issues]) == (
        frozenset(),
        [IssueCode.OTHER_PATIENT],
    )
    unsaid = read("K50.90", subject=None)
    assert unsaid.indications == {Indication.CROHNS_DISEASE}
    assert [issue.code for issue in unsaid.issues] == [IssueCode.SUBJECT_MISSING]


def allergy(**fields):
    return {
        "resourceType": "AllergyIntolerance",
        "id": "a1",
        "patient": {"reference": "Patient/p1"},
        "code": {"coding": [{"system": RXNORM, "code": "191831"}]},
        "recordedDate": "2024-01-01",
        **fields,
    }


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, SafetyState.PRESENT),
        ({"clinicalStatus": "active", "verificationStatus": "confirmed"}, SafetyState.PRESENT),
        ({"type": "intolerance", "criticality": "low"}, SafetyState.PRESENT),
        ({"code": {"text": "Remicade"}}, SafetyState.PRESENT),
        ({"code": {"text": "Mouse protein"}}, SafetyState.PRESENT),
        ({"code": None, "substance": {"text": "infliximab"}}, SafetyState.PRESENT),
        (
            {"code": {"text": "biologic"}, "reaction": [{"substance": {"text": "Remsima"}}, None]},
            SafetyState.PRESENT,
        ),
        ({"clinicalStatus": coded("inactive")}, SafetyState.ABSENT),
        ({"clinicalStatus": coded("resolved")}, SafetyState.ABSENT),
        ({"verificationStatus": coded("refuted")}, SafetyState.ABSENT),
        ({"verificationStatus": coded("refuted"), "clinicalStatus": coded("active")}, SafetyState.ABSENT),
        ({"verificationStatus": coded("unconfirmed")}, SafetyState.UNCLEAR),
        ({"clinicalStatus": coded("strange")}, SafetyState.UNCLEAR),
        ({"clinicalStatus": coded("strange"), "verificationStatus": coded("confirmed")}, SafetyState.UNCLEAR),
    ],
)
def test_an_allergy_to_infliximab_is_present_absent_or_unclear(fields, expected):
    (fact,) = read_allergy(allergy(**fields), context()).safety
    assert (fact.concept, fact.state) == (SafetyConcept.INFLIXIMAB_REACTION, expected)
    assert (fact.source.reference, fact.recorded.day.isoformat()) == ("AllergyIntolerance/a1", "2024-01-01")


@pytest.mark.parametrize(
    "fields",
    [
        {"verificationStatus": coded("entered-in-error")},
        {"code": {"text": "Penicillin"}},
        {"code": {"text": "No allergy to infliximab"}},
        {"code": {"coding": [{"system": RXNORM, "code": "121191", "display": "infliximab"}]}},
        {"code": None, "reaction": "odd"},
    ],
)
def test_what_is_no_allergy_to_infliximab_is_silent(fields):
    assert read_allergy(allergy(**fields), context()) is NOTHING


def test_allergies_of_others_are_dropped_and_those_of_nobody_are_named():
    foreign = read_allergy(allergy(patient={"reference": "Patient/p2"}), context())
    assert (foreign.safety, [issue.code for issue in foreign.issues]) == ((), [IssueCode.OTHER_PATIENT])
    unsaid = read_allergy(allergy(patient=None), context())
    assert [issue.code for issue in unsaid.issues] == [IssueCode.SUBJECT_MISSING]
    assert len(unsaid.safety) == 1


@pytest.mark.parametrize(
    "code",
    ["R78.81", "J13", "J15.9",
     "R65.20", "R65.21", "A40.3", "A41.9", "A02.1", "A32.7", "A04.72", "B25.8", "B37.7", "B39.3", "G00.9",
     "I33.0", "J18.9", "K35.33", "K57.20", "K57.81", "K63.0", "K65.1", "K68.12", "K75.0", "L02.211",
     "O85", "K61.0",
     "M86.00", "M86.172", "M86.20", "M86.48", "M86.59", "M86.671", "M86.8X7", "M86.9", "M46.20", "M46.26",
     "M46.36", "M00.9", "M00.051", "M72.6", "N49.3", "N15.1", "D73.3", "G06.1", "J12.9", "J12.82", "J14",
     "J16.0", "J17", "J85.1", "J86.9", "A39.2", "A43.0", "A48.0", "A48.1", "A48.3", "B38.7", "B40.9", "B44.0",
     "B44.1", "B45.1", "B59"],
)  # fmt: skip
def test_a_coded_infection_of_any_organ_is_a_serious_infection(code):
    (fact,) = read(code).safety
    assert (fact.concept, fact.state) == (SafetyConcept.SERIOUS_INFECTION, SafetyState.PRESENT)


@pytest.mark.parametrize(
    "code",
    [
        "K57.30",
        "K57.32",
        "R65.10",
        "K35.80",
        "K63.2",
        "B37.0",
        "L02.02",
        "K65.4",
        "M86.30",
        "M86.372",
        "M46.1",
        "M46.46",
        "M72.2",
        "N49.2",
        "N15.9",
        "D73.4",
        "J20.9",
        "J11.1",
        "J84.9",
        "J90",
        "A48.2",
        "A48.8",
        "B44.81",
        "B44.2",
        "M06.9",
    ],
)
def test_codes_beside_those_of_infections_are_none(code):
    assert read(code).safety == ()


# Displays of ICD-10 for the codes above, as a record gives them whose code is local or of an unknown system.
INFECTIONS = """
    Acute hematogenous osteomyelitis, right femur
    Other acute osteomyelitis, unspecified site
    Subacute osteomyelitis, left hand
    Chronic osteomyelitis with draining sinus, right tibia and fibula
    Other chronic hematogenous osteomyelitis, unspecified site
    Other chronic osteomyelitis, right ankle and foot
    Other osteomyelitis, multiple sites
    Osteomyelitis, unspecified
    Osteomyelitis of vertebra, lumbar region
    Infection of intervertebral disc (pyogenic), site unspecified
    Other infective spondylopathies, cervical region
    Staphylococcal arthritis, right knee
    Pneumococcal arthritis, left hip
    Other streptococcal arthritis, unspecified joint
    Arthritis due to other bacteria, vertebrae
    Pyogenic arthritis, unspecified
    Necrotizing fasciitis
    Fournier gangrene
    Renal and perinephric abscess
    Abscess of spleen
    Intracranial abscess and granuloma
    Extradural and subdural abscess, unspecified
    Adenoviral pneumonia
    Respiratory syncytial virus pneumonia
    Pneumonia due to SARS-associated coronavirus
    Viral pneumonia, unspecified
    Pneumonia due to Streptococcus pneumoniae
    Pneumonia due to Hemophilus influenzae
    Pneumonia due to Klebsiella pneumoniae
    Unspecified bacterial pneumonia
    Chlamydial pneumonia
    Pneumonia due to other specified infectious organisms
    Pneumonia in diseases classified elsewhere
    Bronchopneumonia, unspecified organism
    Lobar pneumonia, unspecified organism
    Pneumonia, unspecified organism
    Gangrene and necrosis of lung
    Abscess of lung without pneumonia
    Abscess of mediastinum
    Pyothorax without fistula
    Meningococcal meningitis
    Acute meningococcemia
    Pulmonary nocardiosis
    Gas gangrene
    Legionnaires' disease
    Toxic shock syndrome
    Acute pulmonary coccidioidomycosis
    Disseminated blastomycosis
    Invasive pulmonary aspergillosis
    Cerebral cryptococcosis
    Pneumocystosis
"""


@pytest.mark.parametrize("display", [line.strip() for line in INFECTIONS.strip().splitlines()])
def test_the_display_of_a_serious_infection_is_recognised_without_its_code(display):
    assert [fact.concept for fact in read(display, system=None).safety] == [SafetyConcept.SERIOUS_INFECTION]


@pytest.mark.parametrize(
    "text",
    [
        "Chronic multifocal osteomyelitis, right femur",
        "Chronic recurrent multifocal osteomyelitis (CRMO)",
        "Chronic nonbacterial osteomyelitis",
        "Allergic bronchopulmonary aspergillosis",
        "Nonpneumonic Legionnaires' disease [Pontiac fever]",
        "Chronic pyelonephritis",
        "Diverticulitis of large intestine without perforation or abscess without bleeding",
    ],
)
def test_a_disease_that_only_sounds_like_a_serious_infection_holds_nothing(text):
    assert read(text, system=None).safety == ()


def test_a_multifocal_pneumonia_is_one():
    assert len(read("Multifocal pneumonia", system=None).safety) == 1


@pytest.mark.parametrize(
    "text",
    [
        "Bacteremia",
        "C. difficile colitis",
        "CMV colitis",
        "Pelvic phlegmon",
        "Intra-abdominal collection",
        "Histoplasmosis",
        "Listeriosis",
        "Fournier gangrene",
        "Abscess of perianal region, at risk for sepsis",
        "Abscess at risk for sepsis",
        "Sepsis; no abscess",
        "Pneumonia (history of asthma)",
        "Peritonitis without abscess",
        "No abscess, pneumonia",
        "Acute pyelonephritis",
        "Perforated diverticulitis",
        "Diverticulitis with perforation",
        "Diverticulitis of large intestine with perforation and abscess without bleeding",
        "Perforated appendicitis",
    ],
)
def test_an_infection_that_no_negation_governs_is_one(text):
    assert [fact.concept for fact in read(text, system=None).safety] == [SafetyConcept.SERIOUS_INFECTION]


@pytest.mark.parametrize(
    "text",
    [
        "History of sepsis",
        "Sepsis, resolved",
        "Sepsis (resolved)",
        "Pneumonia, history of",
        "At risk for sepsis",
        "Sepsis risk",
        "Pneumonia vaccination",
        "Abscess ruled out: no evidence of abscess",
        "Diverticulosis without perforation or abscess",
        "No abscess or phlegmon",
        "C. difficile carrier",
        "Aseptic meningitis",
        "Pelvic floor dysfunction",
    ],
)
def test_an_infection_that_is_denied_or_over_is_none(text):
    assert SafetyConcept.SERIOUS_INFECTION not in [fact.concept for fact in read(text, system=None).safety]


@pytest.mark.parametrize(
    ("code", "system"),
    [
        ("T78.2XXA", ICD10CM),
        ("T88.6XXS", ICD10CM),
        ("Infusion reaction", None),
        ("Infusion-related reaction, grade 3", None),
        ("Anaphylaxis", None),
        ("Drug-induced lupus", None),
    ],
)
@pytest.mark.parametrize("clinical", ["active", "resolved"])
def test_a_reaction_to_something_unnamed_may_have_been_to_infliximab(code, system, clinical):
    (fact,) = read(code, system=system, clinical=clinical).safety
    assert (fact.concept, fact.state) == (SafetyConcept.INFLIXIMAB_REACTION, SafetyState.UNCLEAR)


@pytest.mark.parametrize("text", ["Serum sickness due to infliximab", "Drug-induced lupus due to Remicade"])
def test_a_reaction_that_names_infliximab_is_one(text):
    assert state(text, system=None) is SafetyState.PRESENT


@pytest.mark.parametrize(
    "text",
    [
        "Anaphylaxis due to peanut",
        "Infusion reaction to iron",
        "No infusion reaction",
        "Blood transfusion reaction",
    ],
)
def test_a_reaction_to_something_else_is_not_to_infliximab(text):
    assert read(text, system=None) is NOTHING


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CT-P13", SafetyState.PRESENT),
        ("Anti-TNF agents", SafetyState.UNCLEAR),
        ("TNF-alpha inhibitors", SafetyState.UNCLEAR),
        ("Remicade - tolerates with premedication", SafetyState.UNCLEAR),
    ],
)
def test_an_allergy_to_the_class_or_a_tolerated_one_is_unclear(text, expected):
    resource = {"resourceType": "AllergyIntolerance", "id": "a", "subject": {"reference": "Patient/p1"}}
    resource |= {"patient": {"reference": "Patient/p1"}, "code": {"text": text}}
    (fact,) = read_allergy(resource, context()).safety
    assert fact.state is expected


@pytest.mark.parametrize(
    ("code", "system"),
    [
        ("24526004", SNOMED),
        ("K50.90", ICD10CM),
        ("555.9", "http://hl7.org/fhir/sid/icd-9-cm"),
        ("Regional enteritis", None),
        ("IBD with uveitis", None),
        ("Suspected Crohn's disease", None),
        ("History of Crohn's disease", None),
    ],
)
@pytest.mark.parametrize(("clinical", "verification"), [("active", "confirmed"), ("resolved", "unconfirmed")])
def test_a_bowel_disease_is_on_record_whatever_its_status(code, system, clinical, verification):
    reading = read(code, system=system, clinical=clinical, verification=verification)
    assert reading.bowel_disease
    assert Indication.OTHER_DISEASE not in reading.indications


@pytest.mark.parametrize("text", ["Psoriasis", "Ulcerative colitis", "Family history of Crohn's disease"])
def test_other_diseases_and_those_of_the_family_are_no_bowel_disease_on_record(text):
    assert not read(text, system=None).bowel_disease
    assert not read("K50.90", verification="entered-in-error").bowel_disease


@pytest.mark.parametrize("code", ["555", "555.0", "555.9"])
def test_regional_enteritis_by_its_old_code_is_crohns_disease(code):
    reading = read(code, system="http://hl7.org/fhir/sid/icd-9-cm")
    assert reading.indications == {Indication.CROHNS_DISEASE}


@pytest.mark.parametrize(
    ("code", "system"),
    [
        ("K50.013", ICD10CM),
        ("K50.913", ICD10CM),
        ("N82.3", ICD10CM),
        ("K63.2", ICD10CM),
        ("History of perianal fistula", None),
        ("Rectovaginal fistula", None),
        ("Enterocutaneous fistula", None),
        ("Fistulizing Crohn's disease", None),
    ],
)
def test_a_fistula_that_is_past_or_elsewhere_is_history(code, system):
    assert [fistula.active for fistula in read(code, system=system).fistulas] == [False]


@pytest.mark.parametrize("text", ["Arteriovenous fistula", "No fistula", "Crohn's disease without fistula"])
def test_other_fistulas_and_none_are_no_history(text):
    assert read(text, system=None).fistulas == ()


@pytest.mark.parametrize(
    ("name", "concept"),
    [
        ("HBsAg positive", SafetyConcept.HEPATITIS_B),
        ("Positive HBs-Ag", SafetyConcept.HEPATITIS_B),
        ("Positive QuantiFERON", SafetyConcept.TUBERCULOSIS_LATENT),
        ("IGRA positief", SafetyConcept.TUBERCULOSIS_LATENT),
        ("Tuberculin test positive", SafetyConcept.TUBERCULOSIS_LATENT),
        ("Cardiomyopathy, EF 25%", SafetyConcept.HEART_FAILURE),
        ("Kardiomyopathie, LVEF 30 %", SafetyConcept.HEART_FAILURE),
        ("Dilated cardiomyopathy", SafetyConcept.HEART_FAILURE),
        ("Transverse myelitis", SafetyConcept.DEMYELINATING_DISEASE),
        ("Myelitis transversa", SafetyConcept.DEMYELINATING_DISEASE),
    ],
)
def test_a_problem_named_by_its_finding_counts_as_what_it_stands_for(name, concept):
    (fact,) = read(name, None).safety
    assert (fact.concept, fact.state, fact.severity) == (concept, SafetyState.PRESENT, None)


@pytest.mark.parametrize(
    "name",
    ["HBsAg negative", "QuantiFERON negative", "QuantiFERON", "False positive QuantiFERON", "HBsAg",
     "HBsAg not positive", "Family history of cardiomyopathy, EF 25%", "Cardiomyopathy", "Myelitis"],
)  # fmt: skip
def test_a_problem_that_names_a_finding_without_its_meaning_is_none(name):
    assert read(name, None).safety == ()
