"""The clinical stories as one page for clinicians, and the request of each story beside it."""

from __future__ import annotations

from tests.support.story import Story, all_stories, request_text

HEAD = """---
audience: clinicians and reviewers
type: reference
---

# Clinical stories

Each story is a folder in `tests/vignettes/`: what the chart says, and the answer that was written down
from the protocol before the code was asked. The service is tested against every one of them. See one with its
full reasoning:

```console
$ infliximab-cds explain tests/vignettes/<story>/request.json --as-of 2026-06-15T09:30:00+02:00
```

"""


def _row(story: Story) -> str:
    expect = story.expect
    certainty = f", {expect['certainty']}" if "certainty" in expect else ""
    narrative = " ".join(story.narrative.split())
    return (
        f"### {story.title}\n\n{narrative}\n\n"
        f"**{expect['verdict']}** (`{expect['rule']}`{certainty}) · `{story.slug}`\n"
    )


def generate() -> dict[str, str]:
    """Return the page and every request file, by path from the project's root."""
    stories = all_stories()
    pages = {
        "docs/stories.md": HEAD + f"{len(stories)} stories.\n\n" + "\n".join(_row(story) for story in stories)
    }
    pages |= {f"tests/vignettes/{story.slug}/request.json": request_text(story) for story in stories}
    return pages
