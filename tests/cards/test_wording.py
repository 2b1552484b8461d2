"""The words of a card cover everything that a card may have to say."""

import copy
import tomllib
from importlib.resources import files
from typing import Any

import pytest

from cards.not_completed import NotCompletedReason
from cards.wording import WordingError, checked, load_wording, wording_from
from tdm.decision import Activity, AtiClass, Certainty, Indicator, SwitchDirection, Unread, Verdict
from tdm.facts import Comparator, FactGroup, Shortfall

WORDING = load_wording()


def packaged() -> dict[str, Any]:
    return tomllib.loads(files("cards").joinpath("wording.toml").read_text("utf-8"))


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (WORDING.titles, set(Verdict) - {Verdict.NOT_APPLICABLE}),
        (WORDING.sources, set(Verdict) - {Verdict.NOT_APPLICABLE}),
        (WORDING.indicators, set(Indicator)),
        (WORDING.certainties, set(Certainty)),
        (WORDING.ati, set(AtiClass)),
        (WORDING.activity, set(Activity)),
        (WORDING.switch_directions, set(SwitchDirection)),
        (WORDING.comparators, set(Comparator)),
        (WORDING.fact_groups, set(FactGroup)),
        (WORDING.shortfalls, set(Shortfall)),
        (WORDING.not_evaluated, set(Unread)),
        (WORDING.not_completed_reasons, set(NotCompletedReason)),
    ],
)
def test_every_class_has_its_words_and_no_word_is_left_over(table: Any, words: Any) -> None:
    assert set(table) == words


def test_the_topics_are_those_that_clients_remember() -> None:
    assert {verdict.value: source.topic.code for verdict, source in WORDING.sources.items()} == {
        "intensify": "ifxtdmintensify",
        "continue": "ifxtdmcontinue",
        "switch": "ifxtdmswitch",
        "assess": "ifxtdmassess",
        "hold": "ifxtdmhold",
        "not-completed": "ifxtdmincomplete",
    }
    assert {source.label for source in WORDING.sources.values()} == {"infliximab-cds"}


def test_every_gate_has_a_name_in_words() -> None:
    assert set(WORDING.gates) == {
        f"S-{name}"
        for name in [
            "HSR",
            "INF",
            "TB",
            "HBV",
            "HF",
            "GAP",
            "LIVER",
            "HSTCL",
            "IMM",
            "DEMYEL",
            "MALIG",
            "PREG",
            "DOSE",
        ]
    }


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("headings", "seen"), ""),
        (("lines", "exclude"), "two\nlines"),
        (("lines", "exclude"), "<b>"),
        (("verdicts", "hold", "topic"), "not a code"),
        (("verdicts", "hold", "title"), "x" * 31),
        (("surprise",), "key"),
    ],
)
def test_a_fault_in_the_words_is_refused_and_named(path: tuple[str, ...], value: str) -> None:
    table = copy.deepcopy(packaged())
    place = table
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(
        WordingError, match=r"^wording\.toml: " + (r"\.".join(path) if len(path) > 1 else r"\(top\)")
    ):
        checked("wording", table)


def test_the_packaged_words_are_what_the_service_says() -> None:
    assert wording_from(checked("wording", packaged())) == WORDING
