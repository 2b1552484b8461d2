"""The body of a card: what was seen, what it means, what can be done, what is doubtful, and on what basis.

The order of the sections never changes, so that a reader who knows one card finds everything on the next.
Only bold words and bullet lists are used: every client shows these, and they read well as plain text too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cards.amounts import level_text, number, regimen_text
from cards.markdown import escape, escape_sentence
from cards.sentences import fill_markdown
from cards.sources import source_lines
from cards.wording import Wording
from tdm.decision import Activity, Assessment, Decision, FiredGate, Option, Target, Verdict
from tdm.facts import FactGroup, Shortfall
from tdm.issues import DataIssue
from tdm.knowledge.model import Knowledge, Message

_ACTIVE = frozenset({Activity.ACTIVE_CONFIRMED, Activity.ACTIVE_UNCONFIRMED})
_EARLIER_TROUGHS_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Remarks:
    """What the card says beside the decision itself.

    `order`: why the order in front of the clinician is not changed by a button, "" if it is or need not be.
    `shortfalls`: fact groups that did not arrive whole.
    """

    order: str = ""
    shortfalls: Sequence[tuple[FactGroup, Shortfall]] = ()


NO_REMARKS = Remarks()


def detail(
    decision: Decision, *, knowledge: Knowledge, wording: Wording, remarks: Remarks = NO_REMARKS
) -> str:
    """Return the detail of a decision as Markdown; every text from a record is escaped."""
    headings = wording.headings
    return "\n\n".join(
        (
            section(headings["seen"], _seen(decision, wording)),
            section(headings["assessment"], _assessment(decision, knowledge, wording)),
            section(headings["options"], _options(decision, knowledge, wording)),
            section(headings["doubts"], _doubts(decision, knowledge, wording, remarks)),
            section(headings["sources"], source_lines(decision.evidence, knowledge, wording)),
            footer(decision.rule, decision.knowledge_version, wording, local_policy=decision.local_policy),
        )
    )


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
    lines = []
    for fact in assessment.facts:
        day = f" ({fact.day})" if fact.day else ""
        lines.append(escape(f"{fact.name[:1].upper()}{fact.name[1:]}: {fact.value}{day}"))
    if assessment.trend:
        lines.append(_earlier_troughs(assessment, wording))
    return lines or [wording.lines["nothing_seen"]]


def _earlier_troughs(assessment: Assessment, wording: Wording) -> str:
    """Return the newest of the earlier troughs, with an ellipsis where there are more."""
    shown = [
        f"{level_text(level, wording)} ({level.drawn.day.isoformat()})"
        for level in assessment.trend[:_EARLIER_TROUGHS_SHOWN]
        if level.drawn is not None
    ]
    more = ", …" if len(assessment.trend) > _EARLIER_TROUGHS_SHOWN else ""
    return f"{wording.lines['earlier_troughs']}: {', '.join(shown)}{more}"


def _assessment(decision: Decision, knowledge: Knowledge, wording: Wording) -> list[str]:
    # The deciding gate first, then the rule, then what else fired: the reason for the answer leads.
    lines = [_gate(gate, knowledge) for gate in decision.gates if gate.deciding]
    for message_id, parameters in decision.rationale:
        line = _sentence(knowledge.rules.get(message_id), message_id, parameters)
        if line not in lines:
            lines.append(line)
    lines.extend(_gate(gate, knowledge) for gate in decision.gates if not gate.deciding)
    assessment = decision.assessment
    if assessment is not None and assessment.target is not None and decision.verdict is not Verdict.HOLD:
        lines.append(target_text(assessment.target, wording))
    if assessment is not None and any(situation.activity in _ACTIVE for situation in assessment.situations):
        lines.append(wording.lines["exclude"])
    if decision.certainty is not None:
        certainty = wording.certainties[decision.certainty.value]
        lines.append(wording.lines["certainty"].format(certainty=certainty))
    return lines or [escape(decision.rule)]


def _gate(gate: FiredGate, knowledge: Knowledge) -> str:
    return f"**{gate.gate}** " + _sentence(knowledge.gates.get(gate.gate), gate.gate, gate.parameters)


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
    return lines or [wording.lines["no_options"]]


def _option(option: Option, knowledge: Knowledge, wording: Wording) -> str:
    """Return one option: what to do, the regimen it leads to, and what to know of it in brackets."""
    regimen = regimen_text(option, wording)
    line = _sentence(
        knowledge.options.get(option.kind.value),
        option.kind.value,
        (("regimen", regimen),) if regimen else (),
    )
    if regimen and regimen not in line:
        line = f"{line.rstrip('.')}: {regimen}"
    marks = [
        wording.lines[mark]
        for mark, applies in (
            ("recommended", option.recommended),
            ("provisional", option.provisional),
            ("off_label", option.off_label),
        )
        if applies
    ]
    return f"{line.rstrip('.')} ({', '.join(marks)})" if marks else line


def _doubts(decision: Decision, knowledge: Knowledge, wording: Wording, remarks: Remarks) -> list[str]:
    lines = [remarks.order] if remarks.order else []
    for issue in decision.issues:
        line = _issue(issue, knowledge)
        if line not in lines:
            lines.append(line)
    lines.extend(shortfall_lines(remarks.shortfalls, wording))
    if decision.not_evaluated:
        gates = ", ".join(wording.gates.get(gate, gate) for gate in decision.not_evaluated)
        lines.append(wording.lines["not_evaluated"].format(gates=gates))
    return lines or [wording.lines["no_doubts"]]


def _issue(issue: DataIssue, knowledge: Knowledge) -> str:
    return _sentence(knowledge.issues.get(issue.code.value), issue.code.value, issue.parameters)


def shortfall_lines(shortfalls: Sequence[tuple[FactGroup, Shortfall]], wording: Wording) -> list[str]:
    """Return one line for each group of facts that is missing or incomplete."""
    lines = []
    for group, shortfall in shortfalls:
        words = wording.fact_groups[group.value]
        line = wording.lines["shortfall"].format(
            group=words[:1].upper() + words[1:], shortfall=wording.shortfalls[shortfall.value]
        )
        lines.append(line)
    return lines
