"""How a site charts an infusion never turns the advice around: in two bags, twice, or only one bag of two."""

from __future__ import annotations

import copy
from datetime import datetime, timedelta
from typing import Any

import pytest

from tdm.decision import LESS_DRUG, MORE_DRUG, Decision, Option, Regimen, Verdict
from tdm.issues import IssueCode
from tests.support.service import evaluate_request
from tests.support.story import Story, all_stories, request_of

STORIES = [story for story in all_stories() if "infusions_days_ago" in str(story.written)]
WHOLE = [story for story in STORIES if story.slug != "doses-charted-in-half"]
"""Those whose records are all there are: what half of a dose comes to twice is another story."""

Entry = dict[str, Any]


def charted(story: Story, *, share: float, records: int) -> dict[str, Any]:
    """The request of a story with a share of each dose in each of so many records, an hour apart."""
    request = copy.deepcopy(request_of(story))
    bundle = request["prefetch"].get("medicationAdministrations")
    if not bundle or "entry" not in bundle:
        return request
    entries: list[Entry] = []
    for entry in bundle["entry"]:
        dose = entry["resource"].get("dosage", {}).get("dose")
        given = entry["resource"].get("effectiveDateTime")
        for number in range(records if dose and given else 1):
            part = copy.deepcopy(entry)
            if dose and given:
                part["resource"]["id"] += f"-{number}"
                part["resource"]["dosage"]["dose"]["value"] = dose["value"] * share
                moment = datetime.fromisoformat(given) + timedelta(hours=number)
                part["resource"]["effectiveDateTime"] = moment.isoformat()
            entries.append(part)
    bundle["entry"] = entries
    return request


def decided(story: Story, request: dict[str, Any]) -> list[Decision]:
    return [
        one.decision
        for one in evaluate_request(request, story.as_of, story.site_path)
        if one.decision is not None
    ]


def per_week(one: Option | Regimen) -> float | None:
    return one.dose_mg / one.interval_days if one.dose_mg and one.interval_days else None


def advised(decision: Decision) -> tuple[object, ...]:
    """What is recommended, in numbers."""
    return tuple((one.kind, one.dose_mg, one.interval_days) for one in decision.options if one.recommended)


@pytest.mark.parametrize("story", WHOLE, ids=lambda story: story.slug)
@pytest.mark.parametrize(("share", "records"), [(0.5, 2), (1.0, 2)], ids=["two bags", "twice"])
def test_bags_and_copies_lead_to_the_same_advice_or_to_none_in_numbers(story, share, records):
    expected = decided(story, request_of(story))
    found = decided(story, charted(story, share=share, records=records))
    assert [one.verdict for one in found] == [one.verdict for one in expected]
    for one, other in zip(found, expected, strict=True):
        if advised(one) != advised(other):
            assert not any(option.recommended and option.kind in MORE_DRUG for option in one.options)
            assert IssueCode.DOSE_AMOUNTS_DIFFER in [issue.code for issue in one.issues]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.slug)
@pytest.mark.parametrize("share", [0.5, 2.0], ids=["one bag of two", "double"])
def test_no_option_of_a_misread_dose_is_the_opposite_of_what_it_says(story, share):
    for decision in decided(story, charted(story, share=share, records=1)):
        assessment = decision.assessment
        if assessment is None or "S-HF" in [gate.gate for gate in decision.gates]:
            continue  # heart failure has a limit of its own
        regimen, draft = assessment.regimen, assessment.draft_regimen
        days = regimen.ordered_interval_days or regimen.interval_days
        ordered = Regimen(regimen.route, dose_mg=regimen.ordered_mg, interval_days=days)
        in_force = [amount for one in (regimen, ordered) if (amount := per_week(one)) is not None]
        asked = None if draft is None or assessment.draft_changes_route else per_week(draft)
        for option in decision.options:
            amount = per_week(option)
            if amount is None or not in_force:
                continue
            if option.kind in MORE_DRUG and decision.verdict is Verdict.INTENSIFY:
                assert amount >= min(max(in_force), asked or max(in_force)) * 0.979
            if option.kind in LESS_DRUG:
                assert amount <= max(min(in_force), asked or min(in_force)) * 1.021
