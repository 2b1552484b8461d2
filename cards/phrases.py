"""What a card says that rests on knowledge and wording alone: rendered once, and never from a record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from cards.cohort import cohort_line
from cards.footer import footer
from cards.markdown import escape
from cards.sentences import fill_markdown
from cards.sources import source_line
from cards.targets import target_text
from cards.wording import Wording
from tdm.decision import Certainty, Option, OptionKind, Target
from tdm.knowledge.citing import citable
from tdm.knowledge.cohort import CohortFinding
from tdm.knowledge.model import Knowledge

_MAX_KNOWLEDGE: Final = 8
"""A process has one knowledge; tests and the command line have a few."""

_MAX_LINES: Final = 512
"""More than there are target rows, findings or rules."""


@dataclass(frozen=True, slots=True)
class Phrases:
    """Ready lines of Markdown for one knowledge and wording.

    `sources` has a line for each evidence row that may be cited. `options` has, for each kind, its sentence
    without the full stop, and the full stop; `marks` what stands in brackets behind an option, by
    (provisional, off-label). `target`, `cohort` and `footer` are rendered when first asked for.
    """

    knowledge: Knowledge
    wording: Wording
    sources: Mapping[str, str]
    certainties: Mapping[Certainty, str]
    options: Mapping[OptionKind, tuple[str, str]]
    marks: Mapping[tuple[bool, bool], str]
    recommended: str
    not_recommended: str
    target: Callable[[Target], str]
    cohort: Callable[[CohortFinding], str]
    footer: Callable[[str, str, bool], str]

    def option(self, option: Option, regimen: str) -> str:
        """Return one option: what to do, the regimen it leads to, and what to know of it in brackets."""
        sentence, stop = self.options[option.kind]
        marks = self.marks[option.provisional, option.off_label]
        line = f"{sentence}: {regimen}{marks}" if regimen else f"{sentence}{marks or stop}"
        return f"{self.recommended}{line}" if option.recommended else line


_known: Final[dict[tuple[int, int], Phrases]] = {}


def phrases_of(knowledge: Knowledge, wording: Wording) -> Phrases:
    """Return the phrases of a knowledge; they are kept, and keep it, so that its identity stays its own."""
    phrases = _known.get((id(knowledge), id(wording)))
    if phrases is None:
        phrases = _rendered(knowledge, wording)
        if len(_known) >= _MAX_KNOWLEDGE:
            _known.clear()
        _known[id(knowledge), id(wording)] = phrases
    return phrases


def _rendered(knowledge: Knowledge, wording: Wording) -> Phrases:
    lines = wording.lines
    return Phrases(
        knowledge=knowledge,
        wording=wording,
        sources={
            name: source_line(row, knowledge, wording)
            for name, row in knowledge.evidence.items()
            if citable(knowledge, name)
        },
        certainties={
            certainty: lines["certainty"].format(certainty=wording.certainties[certainty])
            for certainty in Certainty
        },
        options={kind: _option_sentence(kind, knowledge) for kind in OptionKind},
        marks={
            (provisional, off_label): _marks(wording, provisional=provisional, off_label=off_label)
            for provisional in (False, True)
            for off_label in (False, True)
        },
        recommended=f"**{lines['recommended']}:** ",
        not_recommended=f"**{lines['not_recommended']}:** ",
        target=lru_cache(_MAX_LINES)(lambda target: target_text(target, wording)),
        cohort=lru_cache(_MAX_LINES)(lambda finding: cohort_line(finding, knowledge, wording)),
        footer=lru_cache(_MAX_LINES)(
            lambda rule, version, local: footer(rule, version, wording, local_policy=local)
        ),
    )


def _option_sentence(kind: OptionKind, knowledge: Knowledge) -> tuple[str, str]:
    message = knowledge.options.get(kind)
    sentence = escape(kind) if message is None else fill_markdown(message.text)
    bare = sentence.rstrip(".")
    return bare, sentence[len(bare) :]


def _marks(wording: Wording, *, provisional: bool, off_label: bool) -> str:
    marks = [
        wording.lines[mark]
        for mark, applies in (("provisional", provisional), ("off_label", off_label))
        if applies
    ]
    return f" ({', '.join(marks)})" if marks else ""
