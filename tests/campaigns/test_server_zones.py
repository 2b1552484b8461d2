"""The server's own time zone never turns an answer: all stories in six zones, in real processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ZONES = (
    "Pacific/Kiritimati",
    "Etc/GMT+12",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Europe/Berlin",
    "America/New_York",
)
ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import json
from datetime import datetime, timedelta
from tests.support.service import evaluate_request
from tests.support.story import all_stories, request_of
SHIFTS = json.loads({shifts!r})
answers = {{}}
for story in all_stories():
    for shift in SHIFTS:
        now = story.as_of + timedelta(hours=shift)
        answers[f"{{story.slug}}+{{shift}}"] = [
            (one.decision.verdict.value, one.decision.rule, str(one.decision.certainty))
            for one in evaluate_request(request_of(story), now, story.site_path)
        ]
print(json.dumps(answers, sort_keys=True))
"""
# As written; and as if the same charts were opened around both changes of daylight-saving time in 2026.
SHIFTS = [0, 11, 3198]


def answers_in(zone: str) -> dict[str, list[list[str]]]:
    """Return all answers as a process in that zone gives them."""
    finished = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(shifts=json.dumps(SHIFTS))],
        cwd=ROOT,
        env={**os.environ, "TZ": zone, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, list[list[str]]] = json.loads(finished.stdout)
    return found


@pytest.fixture(scope="module")
def in_utc() -> dict[str, list[list[str]]]:
    return answers_in("UTC")


@pytest.mark.parametrize("zone", ZONES)
def test_no_answer_turns_with_the_servers_time_zone(zone: str, in_utc: dict[str, list[list[str]]]) -> None:
    assert answers_in(zone) == in_utc
