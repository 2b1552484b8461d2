"""What a card says of its choice, held against the numbers it prints: the words must lead to the star."""

import re

import pytest

from tests.support.service import evaluate_request
from tests.support.story import all_stories, request_of

CHOSEN = re.compile(
    r"- Recommended is the least drug within (?P<points>\d+) points of the best chance"
    r"(?:, among the options with (?P<conditions>.*?))?\. "
)
OPTION = re.compile(r"\((?P<mg>[\d.]+) mg\) every (?P<weeks>[\d.]+) weeks")
REACHES = re.compile(r"; (?P<chance>[^;,]*?%(?: or more)?) chance of at least (?P<level>\d+(?:\.\d+)?)")
PASSES = re.compile(
    r"chance of at least \d+(?:\.\d+)?, (?P<chance>.*?%(?: or more)?) of above (?P<level>\d+(?:\.\d+)?)"
)


def cautious(text: str, *, highest: bool) -> int:
    """The chance by the more cautious model, as printed: of a range, its lower or its upper end."""
    numbers = [int(one) for one in re.findall(r"\d+", text)]
    if "under" in text or ("up to" in text and not highest):
        return 0
    if "over" in text or ("or more" in text and highest):
        return 100
    return max(numbers) if highest else min(numbers)


def printed_options(detail: str) -> list[dict[str, float | bool]]:
    """The options of a card that have a chance and may be advised, from its text alone."""
    found = []
    for line in detail.split("**Options**\n")[1].partition("\n\n")[0].split("\n"):
        regimen, reaches, passes = OPTION.search(line), REACHES.search(line), PASSES.search(line)
        if regimen is None or reaches is None or "provisional" in line:
            continue
        weeks = float(regimen["weeks"])
        found.append(
            {
                "recommended": "**Recommended:**" in line,
                "weekly": float(regimen["mg"]) / weeks,
                "weeks": weeks,
                "chance": cautious(reaches["chance"], highest=False),
                "passes": cautious(passes["chance"], highest=True) if passes else 0,
                "above": passes["level"] if passes else "",
            }
        )
    return found


def followed(detail: str) -> list[bool]:
    """Of each option that the printed words mean, whether it is the recommended one; one is to be left."""
    said = CHOSEN.search(detail)
    assert said is not None
    options, conditions = printed_options(detail), said["conditions"] or ""
    limit = re.search(r"a chance of at most (\d+) % of passing (\d+(?:\.\d+)?) µg/mL", conditions)
    allowed = options
    if limit is not None:
        assert {one["above"] for one in options} <= {
            limit[2],
            "",
        }  # the chance that is printed is that of the words
        allowed = [one for one in options if one["passes"] <= int(limit[1])]
        if "no more drug than one beyond that" in conditions:
            beyond = min(one["weekly"] for one in options if one["passes"] > int(limit[1]))
            allowed = [one for one in allowed if one["weekly"] <= beyond * 1.02]
    if "an even chance" in conditions:
        allowed = [one for one in allowed if one["chance"] >= 50]
    best = max(one["chance"] for one in allowed)
    near = [one for one in allowed if one["chance"] >= best - int(said["points"])]
    least = min((one["weekly"], -one["weeks"]) for one in near)
    return [one["recommended"] for one in near if (one["weekly"], -one["weeks"]) == least]


@pytest.fixture(scope="module")
def ranked() -> dict[str, str]:
    """The details of all cards of the stories on which the forecast chose, by story."""
    return {
        f"{story.slug}, {place}": one.card.detail
        for story in all_stories()
        for place, one in enumerate(evaluate_request(request_of(story), story.as_of, story.site_path))
        if one.card is not None and one.decision is not None
        if one.decision.forecast is not None and one.decision.forecast.ranked
    }


def test_by_the_printed_numbers_the_printed_rule_leads_to_the_recommended_option(
    ranked: dict[str, str],
) -> None:
    assert len(ranked) > 40
    assert [name for name, detail in ranked.items() if followed(detail) != [True]] == []


def test_each_condition_is_named_on_some_card_and_none_on_most(ranked: dict[str, str]) -> None:
    said = [match["conditions"] or "" for match in map(CHOSEN.search, ranked.values()) if match is not None]
    for condition in ("a chance of at most", "no more drug than", "at least an even chance"):
        assert any(condition in one for one in said)
    assert said.count("") > len(said) / 2
