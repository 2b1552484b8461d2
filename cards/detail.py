"""The body of a card: what was seen, what it means, what can be done, what is doubtful, and on what basis.

The order of the sections never changes, so that a reader who knows one card finds everything on the next.
Only bold words and bullet lists are used: every client shows these, and they read well as plain text too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from cards.amounts import number, regimen_text
from cards.cohort import cohort_evidence, cohort_lines
from cards.markdown import ELLIPSIS, escape, escape_sentence
from cards.sentences import fill_markdown
from cards.sources import source_lines
from cards.wording import Wording
from tdm.decision import Activity, Decision, FactUsed, FiredGate, Option, Target, Verdict
from tdm.facts import FactGroup, Shortfall
from tdm.knowledge.model import Knowledge, Message

Shortfalls: TypeAlias = Sequence[tuple[FactGroup, Shortfall]]
"""Groups of facts that are missing or incomplete, and why."""

_ACTIVE = frozenset({Activity.ACTIVE_CONFIRMED, Activity.ACTIVE_UNCONFIRMED})
_VALUES_PER_FACT = 4
_MISSING = "missing-"


def detail(
    decision: Decision,
    *,
    knowledge: Knowledge,
    wording: Wording,
    remark: str = "",
    shortfalls: Shortfalls = (),
) -> str:
    """Return the detail of a decision as Markdown; every text from a record is escaped.

    `remark` says why no button changes the order in front of the clinician, "" if one does or none need.
    `shortfalls` are named among the doubts unless the decision's own sentences name them.
    """
    headings = wording.headings
    doubts = _doubts(decision, knowledge, wording)
    unsaid = shortfall_lines(_unsaid(decision, shortfalls), wording)
    return "\n\n".join(
        (
            section(headings["seen"], _seen(decision, wording)),
            section(headings["assessment"], _assessment(decision, knowledge, wording)),
            section(headings["options"], _options(decision, knowledge, wording)),
            section(
                headings["doubts"],
                [*filter(None, (remark,)), *doubts, *unsaid] or [wording.lines["no_doubts"]],
            ),
            section(headings["sources"], source_lines(_evidence(decision, knowledge), knowledge, wording)),
            footer(decision.rule, decision.knowledge_version, wording, local_policy=decision.local_policy),
        )
    )


def _evidence(decision: Decision, knowledge: Knowledge) -> tuple[str, ...]:
    """Return the evidence of the decision and, for a child, of what the cohort showed at that level."""
    if decision.assessment is None:
        return decision.evidence
    return (*decision.evidence, *cohort_evidence(decision.assessment.situations, knowledge))


def section(heading: str, lines: Sequence[str]) -> str:
    """Return a heading in bold with its lines as a bullet list."""
    return f"**{heading}**\n- " + "\n- ".join(lines)


def footer(rule: str, knowledge_version: str, wording: Wording, *, local_policy: bool = False) -> str:
    """Return the last line: rule id, knowledge version, "local policy" where a site override decided."""
    line = wording.lines["footer"].format(rule=rule, version=knowledge_version)
    local = f", {wording.lines['local_policy']}" if local_policy else ""
    return escape_sentence(f"{line}{local}. {wording.lines['review']}")


def _seen(decision: Decision, wording: Wording) -> list[str]:
    assessment = decision.assessment
    if assessment is None:
        return [wording.lines["nothing_seen"]]
    return _fact_lines(assessment.facts) or [wording.lines["nothing_seen"]]


def _fact_lines(facts: Sequence[FactUsed]) -> list[str]:
    """Return one line per name of a fact: several values of one name (a trend) stand on one line."""
    shown: dict[str, list[str]] = {}
    for fact in facts:
        day = f" ({fact.day})" if fact.day and fact.day != fact.value else ""
        shown.setdefault(fact.name, []).append(f"{fact.value}{day}")
    lines = []
    for name, values in shown.items():
        more = [ELLIPSIS] if len(values) > _VALUES_PER_FACT else []
        lines.append(escape(f"{name[:1].upper()}{name[1:]}: {', '.join(values[:_VALUES_PER_FACT] + more)}"))
    return lines


def _assessment(decision: Decision, knowledge: Knowledge, wording: Wording) -> list[str]:
    # The deciding gate first, then the rule, then what else fired: the reason for the answer leads.
    lines = [_gate(gate, knowledge, wording) for gate in decision.gates if gate.deciding]
    lines += _sentences(decision, knowledge, missing=False)
    lines += [_gate(gate, knowledge, wording) for gate in decision.gates if not gate.deciding]
    assessment = decision.assessment
    if assessment is not None:
        if decision.verdict is not Verdict.HOLD:
            lines += [target_text(assessment.target, wording)] if assessment.target is not None else []
            lines += cohort_lines(assessment.situations, knowledge, wording)
        if any(situation.activity in _ACTIVE for situation in assessment.situations):
            lines.append(wording.lines["exclude"])
    if decision.certainty is not None:
        certainty = wording.certainties[decision.certainty]
        lines.append(wording.lines["certainty"].format(certainty=certainty))
    return lines or [escape(decision.rule)]


def _gate(gate: FiredGate, knowledge: Knowledge, wording: Wording) -> str:
    sentence = _sentence(knowledge.gates.get(gate.gate), gate.gate, gate.parameters)
    return f"**{wording.lines['safety']} ({gate.gate}):** {sentence}"


def _sentences(decision: Decision, knowledge: Knowledge, *, missing: bool) -> list[str]:
    """Return the sentences of the rationale, each once: those on missing data, or all others."""
    return list(
        dict.fromkeys(
            _sentence(knowledge.rules.get(message_id), message_id, parameters)
            for message_id, parameters in decision.rationale
            if message_id.startswith(_MISSING) is missing
        )
    )


def _sentence(message: Message | None, fallback: str, parameters: Sequence[tuple[str, str]]) -> str:
    """Return the filled sentence; its bare id where the knowledge has none, rather than nothing."""
    return escape(fallback) if message is None else fill_markdown(message.text, parameters)


def target_text(target: Target, wording: Wording) -> str:
    """Return the target row in words: where to act, what to aim for, where more drug stops helping."""
    lines = wording.lines
    aim = "" if target.aim_ug_ml is None else number(target.aim_ug_ml)
    if aim and target.aim_upper_ug_ml is not None and target.aim_upper_ug_ml != target.aim_ug_ml:
        aim = f"{aim}–{number(target.aim_upper_ug_ml)}"
    if target.act_below_ug_ml is not None:
        text = lines["target"].format(act_below=number(target.act_below_ug_ml), aim=aim)
    elif aim:
        text = lines["target_detectable"].format(aim=aim)
    else:
        text = lines["target_no_aim"]
    if target.ceiling_ug_ml is not None:
        text += lines["ceiling"].format(ceiling=number(target.ceiling_ug_ml))
    if target.local:
        text += lines["target_local"]
    elif target.policy:
        text += lines["target_policy"]
    return f"{text}."


def _options(decision: Decision, knowledge: Knowledge, wording: Wording) -> list[str]:
    lines = [_option(option, knowledge, wording) for option in decision.options]
    if decision.draft_already_does_it:
        return [wording.lines["already"], *lines]
    if decision.verdict is Verdict.HOLD:
        return [wording.lines["hold"], *lines]
    return lines or [wording.lines["no_options"]]


def _option(option: Option, knowledge: Knowledge, wording: Wording) -> str:
    """Return one option: what to do, the regimen it leads to, and what to know of it in brackets."""
    line = _sentence(knowledge.options.get(option.kind), option.kind, ())
    regimen = regimen_text(option, wording)
    if regimen:
        line = f"{line.rstrip('.')}: {regimen}"
    marks = [
        wording.lines[mark]
        for mark, applies in (("provisional", option.provisional), ("off_label", option.off_label))
        if applies
    ]
    if marks:
        line = f"{line.rstrip('.')} ({', '.join(marks)})"
    return f"**{wording.lines['recommended']}:** {line}" if option.recommended else line


def _doubts(decision: Decision, knowledge: Knowledge, wording: Wording) -> list[str]:
    lines = list(
        dict.fromkeys(
            _sentence(knowledge.issues.get(issue.code), issue.code, issue.parameters)
            for issue in decision.issues
        )
    )
    lines += _sentences(decision, knowledge, missing=True)
    if decision.not_evaluated:
        gates = ", ".join(wording.gates.get(gate, gate) for gate in decision.not_evaluated)
        lines.append(wording.lines["not_evaluated"].format(gates=gates))
    return lines


def _unsaid(decision: Decision, shortfalls: Shortfalls) -> Shortfalls:
    said = {message_id for message_id, _ in decision.rationale}
    return [shortfall for shortfall in shortfalls if f"{_MISSING}{shortfall[0]}" not in said]


def shortfall_lines(shortfalls: Shortfalls, wording: Wording) -> list[str]:
    """Return one line for each group of facts that is missing or incomplete."""
    lines = []
    for group, shortfall in shortfalls:
        words = wording.fact_groups[group.value]
        line = wording.lines["shortfall"].format(
            group=words[:1].upper() + words[1:], shortfall=wording.shortfalls[shortfall.value]
        )
        lines.append(line)
    return lines
