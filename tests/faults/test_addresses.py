"""No hostile address leads to a look-up or a connection outside the allow-list, wherever it comes in."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from fhir_mappings.acquisition import client, questions
from fhir_mappings.acquisition.addresses import Address, FhirBase, read_address
from tests.faults.addresses import ENTRY_POINTS, go_through


@pytest.mark.allow_hosts(["127.0.0.1"])
@pytest.mark.parametrize("entry_point", sorted(ENTRY_POINTS))
def test_no_address_escapes_and_every_request_gets_its_card(entry_point):
    found = go_through(entry_point)
    assert found.addresses >= 58
    assert found.escapes == []
    assert found.unanswered == []
    # The entry point was really reached: the allowed server was asked, where it is part of the way in.
    assert (found.asked >= found.addresses) == (entry_point in {"next-of-a-page", "location"})


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_the_watch_sees_what_it_should(monkeypatch):
    """With the check of addresses taken away, the corpus gets out: so the zero above means something."""

    def lax(base: FhirBase, written: object) -> Address:
        return read_address(written)

    monkeypatch.setattr(questions, "resolve", lax)
    monkeypatch.setattr(client, "covers", lambda *_: True)
    found = go_through("next-of-a-page", most=3)
    assert len(found.escapes) == 3


def test_nothing_escapes_where_there_is_no_network_either(repository):
    probe = subprocess.run(["unshare", "-n", "true"], check=False, capture_output=True)
    if probe.returncode:
        pytest.skip("this user may not make a network namespace")
    command = [sys.executable, "-m", "tests.faults.addresses", "--fresh-namespace"]
    done = subprocess.run(
        ["unshare", "-n", *command], cwd=repository, check=True, capture_output=True, text=True, timeout=300
    )
    found = json.loads(done.stdout)
    assert set(found) == set(ENTRY_POINTS)
    assert sum(one["addresses"] for one in found.values()) >= 58 * len(ENTRY_POINTS)
    assert all(one["escapes"] == one["unanswered"] == [] for one in found.values())
