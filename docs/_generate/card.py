"""Puts a real card into the README, as text and as a picture: the service's answer to one of the stories."""

import io
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from cards.terminal import card_panel
from cds_service.evaluate import evaluate
from cds_service.request import Hook, parse_request
from cds_service.services import load_services, moment_at
from cds_service.settings import Settings
from tests.support.story import VIGNETTES, load_story, request_text

STORY = "forecast-options"
PICTURE = "docs/images/card.svg"
WIDTH = 100

ROOT = Path(__file__).resolve().parent.parent.parent
BEGIN = "<!-- card: made by `make docs`, do not edit -->"
END = "<!-- end of card -->"

# No font is fetched from anywhere, and the text stays text.
SVG = """<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" role="img">
<title>A card of infliximab-cds</title>
<style>
.{unique_id}-matrix {{ font: {char_height}px/{line_height}px monospace; }}
{styles}</style>
<defs><clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" /></clipPath>{lines}</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">{matrix}</g></g></svg>
"""


def generate() -> dict[str, str]:
    """Return README and picture, by their paths."""
    story = load_story(VIGNETTES / STORY)
    services = replace(load_services(Settings()), clock=lambda: story.as_of)
    request = parse_request(request_text(story).encode(), Hook(story.hook))
    (card,) = evaluate(request, services, moment_at(story.as_of, services.zone))
    console = Console(
        record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor"
    )
    console.print(card_panel(card, WIDTH))
    picture = console.export_svg(title="order-sign", code_format=SVG, unique_id="card", clear=False)
    text = "\n".join(line.rstrip() for line in console.export_text(styles=False).splitlines())
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    story_line = f"{' '.join(story.narrative.split())} ([the story](tests/vignettes/{STORY}/story.toml))"
    drawn = f"![The card, drawn; the same in words below]({PICTURE})"
    folded = f"<details><summary>The same card as text</summary>\n\n```\n{text.strip()}\n```\n\n</details>"
    middle = f"{story_line}\n\n{drawn}\n\n{folded}"
    return {PICTURE: picture, "README.md": f"{before}{BEGIN}\n{middle}\n{END}{after}"}
