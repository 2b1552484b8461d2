"""What may be cited as published fact."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tdm.knowledge.check_evidence import cited_anywhere
from tdm.knowledge.citing import citable, cited_rows
from tdm.knowledge.model import Knowledge, Verification


@pytest.mark.parametrize(
    ("verification", "expected"),
    [
        (Verification.VERIFIED, True),
        (Verification.SECONDARY, True),
        (Verification.UNVERIFIED, False),
        (Verification.POLICY, False),
    ],
)
def test_only_what_was_read_can_be_cited(
    verification: Verification, expected: bool, knowledge: Knowledge
) -> None:
    row = replace(knowledge.evidence["taxit-window"], verification=verification)
    changed = replace(knowledge, evidence={"taxit-window": row})
    assert citable(changed, "taxit-window") is expected
    assert cited_rows(changed, ["taxit-window"]) == ((row,) if expected else ())


def test_a_row_that_does_not_exist_cannot_be_cited(knowledge: Knowledge) -> None:
    assert citable(knowledge, "nothing") is False
    assert cited_rows(knowledge, ["nothing"]) == ()


def test_rows_are_cited_once_in_the_order_of_their_first_mention(knowledge: Knowledge) -> None:
    ids = ["ungar-2016-window", "unverified-aga-2017", "taxit-window", "ungar-2016-window"]
    assert [row.id for row in cited_rows(knowledge, ids)] == ["ungar-2016-window", "taxit-window"]


def test_every_unverified_row_of_the_tables_is_kept_and_none_can_be_cited(knowledge: Knowledge) -> None:
    unverified = {row.id for row in knowledge.evidence.values() if row.verification == "unverified"}
    assert unverified == {
        "labcorp-ati-limit",
        "unverified-aga-2017",
        "unverified-consensus-2021-active",
        "unverified-consensus-2021-maintenance",
        "unverified-consensus-2021-week-14",
        "unverified-consensus-2021-week-2",
        "unverified-consensus-2021-week-6",
        "unverified-elisa-high",
        "unverified-hmsa-high",
        "unverified-nor-drum",
        "unverified-yarur-roc",
    }
    assert not any(citable(knowledge, name) for name in unverified)


def test_nothing_that_can_reach_a_card_is_unverified_or_policy(knowledge: Knowledge) -> None:
    named = [name for _, ids in cited_anywhere(knowledge) for name in ids]
    assert len(named) > 60
    assert all(citable(knowledge, name) for name in named)


def test_every_digest_is_marked_as_a_secondary_source(knowledge: Knowledge) -> None:
    for row in knowledge.evidence.values():
        if row.citation in {"bossuyt-2021", "singer-2021", "hong-2025", "guideline-digest"}:
            assert row.verification is Verification.SECONDARY, row.id
