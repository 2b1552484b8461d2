"""A card in a terminal."""

import io
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from cards.not_completed import not_completed_card
from cards.terminal import print_card


def card() -> dict[str, Any]:
    return not_completed_card("E-DATA-1", knowledge_version="2026.11.22").to_json()


def drawn(card: dict[str, Any], width: int = 80, *, colour: bool = False) -> str:
    console = Console(
        file=io.StringIO(), width=width, force_terminal=colour, color_system="standard" if colour else None
    )
    print_card(card, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize(
    ("indicator", "sign"),
    [("info", "(i) Information"), ("warning", "/!\\ Warning"), ("critical", "[X] Critical")],
)
def test_urgency_is_a_sign_and_a_word_not_a_colour(indicator: str, sign: str) -> None:
    assert sign in drawn({**card(), "indicator": indicator})


@pytest.mark.parametrize(("width", "widest"), [(40, 40), (80, 80), (200, 100)])
def test_a_card_is_as_wide_as_the_terminal_up_to_a_readable_width(width: int, widest: int) -> None:
    assert max(cell_len(line) for line in drawn(card(), width).splitlines()) == widest


def test_all_parts_are_drawn() -> None:
    full = card()
    full["suggestions"] = [{"label": "Change order", "actions": [{"description": "Change it so"}]}]
    full["links"] = [{"label": "About", "url": "https://cds.example"}]
    text = drawn(full)
    for part in (
        "TDM check not completed",
        "What was seen",
        "[ Change order ]",
        "Change it so",
        "About: https://cds.example",
        "infliximab-cds",
    ):
        assert part in text


def test_text_of_a_card_is_never_read_as_terminal_markup() -> None:
    assert "[red]x[/red]" in drawn({**card(), "summary": "[red]x[/red]"}, colour=True)


def test_entities_and_escapes_are_drawn_as_the_characters_they_stand_for() -> None:
    assert "1 < 2 *x*" in drawn({**card(), "detail": r"1 &lt; 2 \*x\*"})
