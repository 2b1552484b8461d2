"""A card drawn in a terminal, for the sandbox and for `explain`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rich import box
from rich.console import Console, Group, RenderableType
from rich.markdown import Markdown
from rich.padding import Padding
from rich.panel import Panel
from rich.text import Text

from cards.wording import load_wording

# A sign and a word beside every colour: the colour is decoration and may be missing.
_SIGNS: Final = {"info": "(i)", "warning": "/!\\", "critical": "[X]"}
_COLOURS: Final = {"info": "cyan", "warning": "yellow", "critical": "red"}

_WIDEST: Final = 100
"""Columns beyond which a line of a card is tiring to read."""


def print_card(card: Mapping[str, Any], console: Console) -> None:
    """Draw one card, as JSON in a response, on the console."""
    console.print(card_panel(card, console.width))


def card_panel(card: Mapping[str, Any], width: int = _WIDEST) -> RenderableType:
    """Return a card as a panel of at most `width` columns: summary, detail, buttons, links."""
    wording = load_wording()
    indicator = card["indicator"]
    title = f"{_SIGNS[indicator]} {wording.indicators[indicator]}"
    parts: list[RenderableType] = [Text(card["summary"], style="bold"), Text()]
    # Links are never made clickable: what a record says must not become one here either.
    parts.append(Markdown(card["detail"], hyperlinks=False))
    parts.extend(Padding(_button(suggestion), (1, 0, 0, 0)) for suggestion in card.get("suggestions", ()))
    parts.extend(Text(f"{link['label']}: {link['url']}") for link in card.get("links", ()))
    return Panel(
        Group(*parts),
        title=Text(title),
        subtitle=Text(card["source"]["label"]),
        border_style=_COLOURS[indicator],
        box=box.ROUNDED,
        width=min(width, _WIDEST),
        padding=(1, 2),
    )


def _button(suggestion: Mapping[str, Any]) -> Text:
    text = Text()
    text.append(f"[ {suggestion['label']} ]", style="bold reverse")
    for action in suggestion["actions"]:
        text.append(f"\n{action['description']}")
    return text
