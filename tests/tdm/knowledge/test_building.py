"""What the files say becomes exactly these objects, with and without what may be left out."""

from __future__ import annotations

from types import MappingProxyType

from tdm.knowledge.building import (
    build_assay,
    build_bound,
    build_bounds,
    build_citation,
    build_evidence,
    build_goals,
    build_ledger,
    build_messages,
    build_row_bounds,
    build_target,
    limit,
    number,
)
from tdm.knowledge.model import (
    Assay,
    Bound,
    Bounds,
    Citation,
    EvidenceRow,
    LedgerEntry,
    Message,
    Target,
    TreatmentGoal,
    Verification,
)


def test_a_target_row_keeps_every_number_and_what_is_policy_in_it() -> None:
    whole = {
        "act_below": 5,
        "aim": 6,
        "aim_upper": 7,
        "ceiling": 9,
        "grey_limit": 15,
        "evidence": ["a", "b"],
        "policy": ["grey_limit"],
    }
    expected = Target("r", 5.0, 6.0, 7.0, 9.0, 15.0, evidence=("a", "b"), policy=False, local=False)
    assert build_target("r", whole) == expected
    bare = {"grey_limit": 15, "evidence": [], "policy": ["grey_limit", "aim"]}
    assert build_target("r", bare, local=True) == Target(
        "r", None, None, None, None, 15.0, evidence=(), policy=True, local=True
    )


def test_an_assay_keeps_all_that_is_said_and_nothing_that_is_not() -> None:
    least = {"name": "N", "unit": "U/mL", "verification": "verified", "evidence": []}
    assert build_assay("x", least) == Assay("x", "N", "U/mL", verification=Verification.VERIFIED)
    most = {
        **least,
        "laboratory_pattern": "l",
        "method_pattern": "m",
        "codes": ["s|1"],
        "positive_from": 3,
        "high_above": 9,
        "drug_sensitive": True,
        "drug_tolerant": True,
        "reflex_level_below_ug_ml": 5,
        "low_verification": "policy",
        "evidence": ["a"],
    }
    assert build_assay("x", most, local=True) == Assay(
        "x",
        "N",
        "U/mL",
        laboratory_pattern="l",
        method_pattern="m",
        codes=("s|1",),
        positive_from=3.0,
        high_above=9.0,
        drug_sensitive=True,
        drug_tolerant=True,
        reflex_level_below_ug_ml=5.0,
        verification=Verification.VERIFIED,
        low_verification=Verification.POLICY,
        evidence=("a",),
        local=True,
    )


def test_numbers_become_floats_or_nothing() -> None:
    assert number({"a": 3}, "a") == 3.0
    assert type(number({"a": 3}, "a")) is float
    assert number({}, "a") is None
    assert limit({"from": 3, "above": 4}, "from", "above", 9.0) == 3.0
    assert limit({}, "from", "above", 9.0) is None


def test_citations_ledger_and_messages_keep_what_is_said() -> None:
    table = {"short": "A 2020", "reference": "A, B.", "year": 2020}
    assert build_citation("a", table) == Citation("a", "A 2020", "A, B.", 2020)
    assert build_citation("a", {**table, "url": "u"}) == Citation("a", "A 2020", "A, B.", 2020, "u")
    entry = {"document": "S1", "item": "i", "reason": "r", "kind": "k"}
    assert build_ledger({"b": entry, "a": {**entry, "evidence": ["e"]}}) == (
        LedgerEntry("a", "S1", "i", "r", "k", ("e",)),
        LedgerEntry("b", "S1", "i", "r", "k"),
    )
    said = build_messages({"b": {"text": "t"}, "a": {"text": "t", "short": "s"}})
    assert said == {"a": Message("t", "s"), "b": Message("t")}
    assert list(said) == ["a", "b"]
    assert isinstance(said, MappingProxyType)


def test_a_row_of_evidence_takes_from_its_study_what_it_does_not_say_itself() -> None:
    study = {
        "citation": "c",
        "population": "p",
        "age_group": "child",
        "route": "intravenous",
        "phase": "maintenance",
        "verification": "secondary",
        "certainty": "weak",
        "n": 36,
    }
    row = {
        "study": "s",
        "outcome": "o",
        "statement": "t",
        "value": 5,
        "phase": "week-54",
        "disputed": ["npv"],
    }
    assert build_evidence({"studies": {"s": study}, "rows": {"r": row}}) == {
        "r": EvidenceRow(
            id="r",
            citation="c",
            population="p",
            age_group="child",
            route="intravenous",
            phase="week-54",
            outcome="o",
            statement="t",
            verification=Verification.SECONDARY,
            certainty="weak",
            value=5.0,
            n=36,
            disputed=("npv",),
        )
    }


def test_goals_have_an_aim_for_each_age_group() -> None:
    assert build_goals({"clinical": {"adult": 3, "child": 4}}) == {
        (TreatmentGoal.CLINICAL, "adult"): 3.0,
        (TreatmentGoal.CLINICAL, "child"): 4.0,
    }


def test_bounds_are_ranges_or_choices_with_their_reason() -> None:
    assert build_bound({"why": "w", "range": [1, 2]}) == Bound("w", 1.0, 2.0)
    assert build_bound({"why": "w", "choices": ["a", True]}) == Bound("w", choices=("a", True))
    assert build_row_bounds({"why": "w", "aim": [1, 2]}) == {"aim": Bound("w", 1.0, 2.0)}
    table = {
        "policy": {"p": {"why": "w", "range": [1, 2]}},
        "targets": {"aim": {"why": "w", "range": [3, 4]}},
        "rows": {"r": {"why": "v", "aim": [5, 6]}},
        "assays": {"high_above": {"why": "w", "range": [7, 8]}},
        "fixed": {"f": "because"},
        "rules": {"never_off": ["R-TOTAL-1", "S-"]},
    }
    assert build_bounds(table) == Bounds(
        policy={"p": Bound("w", 1.0, 2.0)},
        targets={"aim": Bound("w", 3.0, 4.0)},
        rows={"r": {"aim": Bound("v", 5.0, 6.0)}},
        assays={"high_above": Bound("w", 7.0, 8.0)},
        fixed={"f": "because"},
        never_off=("R-TOTAL-1", "S-"),
    )
