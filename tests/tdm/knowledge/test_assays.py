"""The packaged antibody assays: limits, units, and how they are recognised."""

from __future__ import annotations

import re

import pytest

from tdm.knowledge.building import build_assay
from tdm.knowledge.model import Assay, Knowledge, Verification

PLAIN = {"name": "x", "unit": "U/mL", "laboratory_pattern": "x", "verification": "verified", "evidence": []}


def assay(knowledge: Knowledge, identifier: str) -> Assay:
    return next(entry for entry in knowledge.assays if entry.id == identifier)


def test_the_prometheus_assay_grades_titres(knowledge: Knowledge) -> None:
    hmsa = assay(knowledge, "prometheus-hmsa")
    assert (hmsa.unit, hmsa.positive_from, hmsa.high_above) == ("U/mL", 3.3, 9.1)
    assert hmsa.verification is Verification.VERIFIED
    assert hmsa.low_verification is Verification.POLICY


def test_the_mayo_assay_knows_positive_no_titre_and_its_reflex_limit(knowledge: Knowledge) -> None:
    mayo = assay(knowledge, "mayo")
    assert (mayo.unit, mayo.positive_from, mayo.high_above) == ("U/mL", 50, None)
    assert (mayo.reflex_level_below_ug_ml, mayo.drug_tolerant, mayo.drug_sensitive) == (5.1, True, False)


def test_the_buhlmann_assay_is_disturbed_by_drug(knowledge: Knowledge) -> None:
    buhlmann = assay(knowledge, "buhlmann-quantum-blue")
    assert (buhlmann.drug_sensitive, buhlmann.drug_tolerant) == (True, False)
    assert (buhlmann.positive_from, buhlmann.high_above) == (None, None)


def test_the_samsung_assay_is_positive_above_ten_and_not_at_ten(knowledge: Knowledge) -> None:
    limit = assay(knowledge, "samsung").positive_from
    assert limit is not None
    assert not limit <= 10
    assert limit <= 10.000001


@pytest.mark.parametrize(
    ("identifier", "unit", "positive_from"),
    [("quest", "AU/mL", 10), ("arup", "titer", 1), ("labcorp", "ng/mL", None), ("providence", "AU/mL", None)],
)
def test_an_assay_without_a_titre_class_has_no_high_limit(
    identifier: str, unit: str, positive_from: float | None, knowledge: Knowledge
) -> None:
    entry = assay(knowledge, identifier)
    assert (entry.unit, entry.positive_from, entry.high_above) == (unit, positive_from, None)


def test_the_sheba_assay_grades_only_high_titres_and_the_leuven_assay_none(knowledge: Knowledge) -> None:
    sheba, leuven = assay(knowledge, "sheba-ahlc"), assay(knowledge, "leuven-drug-tolerant")
    assert (sheba.unit, sheba.positive_from, sheba.high_above) == ("ug/mL-eq", None, 9)
    assert (leuven.unit, leuven.positive_from, leuven.high_above) == ("ng/mL-eq", None, None)


def test_no_limit_of_an_assay_rests_on_an_unverified_row(knowledge: Knowledge) -> None:
    limited = [entry for entry in knowledge.assays if entry.positive_from or entry.high_above]
    assert len(limited) == 6
    for entry in limited:
        assert entry.verification is Verification.VERIFIED
        rows = [knowledge.evidence[name] for name in entry.evidence]
        assert rows
        assert all(row.verification is Verification.VERIFIED for row in rows)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Prometheus Laboratories, San Diego", "prometheus-hmsa"),
        ("Mayo Clinic Laboratories - Rochester", "mayo"),
        ("MAYO CLINIC", "mayo"),
        ("LabCorp Burlington", "labcorp"),
        ("Laboratory Corporation of America Holdings", "labcorp"),
        ("Quest Diagnostics Nichols Institute", "quest"),
        ("ARUP Laboratories", "arup"),
        ("Samsung Medical Center", "samsung"),
        ("Sheba Medical Center", "sheba-ahlc"),
        ("UZ Leuven", "leuven-drug-tolerant"),
        ("St. Paul's Hospital", "providence"),
        ("Mayonnaise Laboratory", None),
        ("Request Laboratory", None),
        ("City Hospital", None),
    ],
)
def test_a_laboratory_is_recognised_by_its_name(
    text: str, expected: str | None, knowledge: Knowledge
) -> None:
    found = [
        entry.id
        for entry in knowledge.assays
        if entry.laboratory_pattern and re.search(entry.laboratory_pattern, text, re.IGNORECASE)
    ]
    assert found == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Homogeneous Mobility Shift Assay (HMSA)", "prometheus-hmsa"),
        ("Anser IFX", "prometheus-hmsa"),
        ("DoseASSURE IFX", "labcorp"),
        ("Quantum Blue Anti-Infliximab", "buhlmann-quantum-blue"),
        ("Bühlmann", "buhlmann-quantum-blue"),
        ("BUEHLMANN", "buhlmann-quantum-blue"),
        ("AHLC ELISA", "sheba-ahlc"),
        ("Immundiagnostik ELISA", "providence"),
        ("ELISA", None),
    ],
)
def test_a_method_is_recognised_by_its_name(text: str, expected: str | None, knowledge: Knowledge) -> None:
    found = [
        entry.id
        for entry in knowledge.assays
        if entry.method_pattern and re.search(entry.method_pattern, text, re.IGNORECASE)
    ]
    assert found == ([expected] if expected else [])


def test_a_limit_from_and_a_limit_above_are_kept_exactly() -> None:
    from_ten = build_assay("x", {**PLAIN, "positive_from": 10, "high_above": 20})
    assert (from_ten.positive_from, from_ten.high_above) == (10.0, 20.0)
    above_ten = build_assay("x", {**PLAIN, "positive_above": 10, "high_from": 20})
    assert above_ten.positive_from is not None
    assert above_ten.high_above is not None
    assert 10 < above_ten.positive_from < 10.0000001
    assert 19.9999999 < above_ten.high_above < 20
    neither = build_assay("x", PLAIN)
    assert (neither.positive_from, neither.high_above, neither.local) == (None, None, False)
