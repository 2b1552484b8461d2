"""What S-GAP asks for: antibodies, unless a result of after the last dose is on record already."""

from __future__ import annotations

from tdm.antibody_result import POSITIVE
from tdm.decision import Option, OptionKind
from tdm.gates_context import GateContext
from tdm.gates_hold import antibodies_since, last_given
from tdm.rationale import Parameters


def after_the_gap(context: GateContext) -> tuple[tuple[Option, ...], tuple[tuple[str, Parameters], ...]]:
    """Return the options after a long gap, and the sentence that goes with them."""
    last = last_given(context)
    reading = antibodies_since(context, None if last is None else last[0])
    if reading is None or reading.drawn is None:
        return (Option(OptionKind.MEASURE_ATI, recommended=True),), (("gap-antibodies-first", ()),)
    found = context.assessment.situations[0].ati
    sentence = "gap-antibodies-positive" if found in POSITIVE else "gap-antibodies-negative"
    parameters = (("day", reading.drawn.day.isoformat()), ("ati", found.value))
    return (Option(OptionKind.SPECIALIST_REVIEW, recommended=True),), ((sentence, parameters),)
