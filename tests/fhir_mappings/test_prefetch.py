"""The published prefetch templates: within the subset of CDS Hooks 2.0, and explained."""

from __future__ import annotations

import re

import pytest

from fhir_mappings.prefetch import KEYS, OPTIONAL_KEYS, READ_KEYS, group_of, templates
from tdm.facts import FactGroup

SEARCH_PARAMETERS = {"patient", "category", "code", "_count"}


@pytest.mark.parametrize("template", [entry.template for entry in (*KEYS, *OPTIONAL_KEYS)])
def test_every_template_stays_within_the_subset_that_all_clients_know(template: str) -> None:
    tokens = re.findall(r"\{\{(.*?)\}\}", template)
    assert tokens == ["context.patientId"]
    if "?" not in template:
        assert re.fullmatch(r"Patient/\{\{context\.patientId\}\}", template)
        return
    resource_type, _, query = template.partition("?")
    assert re.fullmatch(r"[A-Z][A-Za-z]+", resource_type)
    names = [part.partition("=")[0] for part in query.split("&")]
    assert names[0] == "patient"
    assert set(names) <= SEARCH_PARAMETERS
    assert len(names) == len(set(names))
    assert "," not in query


def test_observations_are_always_asked_for_by_category() -> None:
    observations = [t for t in templates().values() if t.startswith("Observation")]
    assert len(observations) == 6
    assert all("&category=" in template for template in observations)


def test_keys_are_unique_and_all_explained() -> None:
    assert len(set(READ_KEYS)) == len(READ_KEYS) == len(KEYS) + len(OPTIONAL_KEYS)
    assert all(entry.needed_for and entry.without_it for entry in (*KEYS, *OPTIONAL_KEYS))


def test_optional_keys_are_read_but_not_published() -> None:
    assert list(templates()) == [entry.key for entry in KEYS]


def test_every_group_of_facts_hangs_on_exactly_one_key() -> None:
    groups = [group_of(key) for key in READ_KEYS if group_of(key) is not None]
    assert sorted(groups) == sorted(FactGroup)
    assert group_of("surveys") is None
    assert group_of("unheard-of") is None
