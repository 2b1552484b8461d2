"""Reasons for not following a card."""

import pytest

from cards.override_reasons import load_override_reasons
from tdm.decision import Verdict

HL7 = "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes"
HL7_CLINICAL = {
    "cds-not-applicable",
    "cds-suboptimal-context",
    "recipient-disagrees-evidence",
    "recipient-concerns-outcomes",
    "does-not-align-preferences",
    "not-convenient-feasible",
    "action-completed",
    "patient-contraindication",
    "patient-refuses",
    "too-costly-uncovered",
    "service-not-available",
    "recipient-does-not-understand",
}
LOCAL = {"sample-not-a-trough", "assay-changed", "surgery-planned", "stopping-planned", "payer-refusal"}


@pytest.mark.parametrize("verdict", [Verdict.INTENSIFY, Verdict.SWITCH, Verdict.ASSESS])
def test_a_card_that_asks_for_a_change_offers_the_hl7_and_the_local_reasons(verdict: Verdict) -> None:
    reasons = load_override_reasons()[verdict]
    assert {reason["code"] for reason in reasons if reason["system"] == HL7} == HL7_CLINICAL
    assert {reason["code"] for reason in reasons if reason["system"] != HL7} == LOCAL


@pytest.mark.parametrize("verdict", [Verdict.CONTINUE, Verdict.HOLD])
def test_a_payer_cannot_refuse_to_continue_or_to_hold(verdict: Verdict) -> None:
    codes = {reason["code"] for reason in load_override_reasons()[verdict]}
    assert codes == HL7_CLINICAL | LOCAL - {"payer-refusal"}


def test_every_reason_has_code_system_and_display_and_no_code_twice() -> None:
    for reasons in load_override_reasons().values():
        assert all(set(reason) == {"code", "system", "display"} for reason in reasons)
        assert len({(reason["system"], reason["code"]) for reason in reasons}) == len(reasons)


def test_a_check_that_was_not_completed_has_nothing_to_override() -> None:
    assert set(load_override_reasons()) == set(Verdict) - {Verdict.NOT_APPLICABLE, Verdict.NOT_COMPLETED}
