"""The body of a card: what was seen, what it means, what can be done and foreseen, what is doubtful, and why.

The order of the sections never changes, so that a reader who knows one card finds everything on the next.
Only bold words and bullet lists are used: every client shows these, and they read well as plain text too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from cards.amounts import regimen_text, with_unit_set
from cards.cohort import cohort_of
from cards.forecast import forecast_lines, no_choice_text, option_forecast
from cards.markdown import ELLIPSIS, escape, escape_sentence
from cards.order_doubts import is_not_to_give, is_safety_open
from cards.phrases import Phrases, phrases_of
from cards.sentences import fill_markdown
from cards.wording import Wording
from tdm.decision import Activity, Assessment, Decision, FiredGate, Option, Verdict
from tdm.facts import FactGroup, Shortfall
from tdm.forecast.ranking import at_even_odds
from tdm.knowledge.cohort import CohortFinding
from tdm.knowledge.model import Knowledge, Message
from tdm.planned import planned_of

Shortfalls: TypeAlias = Sequence[tuple[FactGroup, Shortfall]]
"""Groups of facts that are missing or incomplete, and why."""

_ACTIVE = frozenset({Activity.ACTIVE_CONFIRMED, Activity.ACTIVE_UNCONFIRMED})
_VALUES_PER_FACT = 4
_MISSING = "missing-"
_REPORTED = frozenset({"value", "newer"})  # parameters of issues that hold a result as reported
_PLANNED_WEEKS = (6, 14)


def detail(
    decision: Decision,
    *,
    knowledge: Knowledge,
    wording: Wording,
    remark: str = "",
    shortfalls: Shortfalls = (),
    order_count: int = 0,
) -> str:
    """Return the detail of a decision as Markdown; every text from a record is escaped.

    `remark` says why no button changes the order in front of the clinician, "" if one does or none need.
    `shortfalls` are named among the doubts unless the decision's own sentences name them.
    `order_count` is how many infliximab orders the request holds; that there are others is a doubt.
    """
    phrases = phrases_of(knowledge, wording)
    headings, lines = wording.headings, wording.lines
    assessment = decision.assessment
    situations = assessment.situations if assessment is not None else ()
    # Beside a switch the share that healed on infliximab would speak for staying, which nobody proposes.
    cohort = () if decision.verdict is Verdict.SWITCH else cohort_of(situations, knowledge)
    reasons, missing = _sentences(decision, knowledge, wording)
    doubts = [lines["several_orders"].format(count=order_count)] if order_count > 1 else []
    doubts += [remark] if remark else []
    doubts += _issues(decision, knowledge)
    doubts += missing
    doubts += _not_evaluated(decision, wording)
    doubts += shortfall_lines(_unsaid(decision, shortfalls), wording) if shortfalls else []
    foreseen = [escape_sentence(line) for line in forecast_lines(decision, knowledge, wording)]
    return "\n\n".join(
        (
            section(headings["seen"], _seen(decision) or [lines["nothing_seen"]]),
            section(headings["assessment"], _assessment(decision, reasons, cohort, phrases)),
            section(headings["options"], _options(decision, phrases)),
            *([section(headings["forecast"], foreseen)] if foreseen else []),
            section(headings["doubts"], doubts or [lines["no_doubts"]]),
            section(headings["sources"], _sources(decision, cohort, phrases) or [lines["no_sources"]]),
            phrases.footer(decision.rule, decision.knowledge_version, decision.local_policy),
        )
    )


def section(heading: str, lines: Sequence[str]) -> str:
    """Return a heading in bold with its lines as a bullet list."""
    return f"**{heading}**\n- " + "\n- ".join(lines)


def _seen(decision: Decision) -> list[str]:
    """Return one line per name of a fact: several values of one name (a trend) stand on one line."""
    if decision.assessment is None:
        return []
    shown: dict[str, list[str]] = {}
    for fact in decision.assessment.facts:
        day = fact.day
        value = with_unit_set(fact.value)
        if day and day != value:
            value = f"{value} ({day})"
        values = shown.get(fact.name)
        if values is None:
            shown[fact.name] = [value]
        else:
            values.append(value)
    return [escape(_fact_line(name, values)) for name, values in shown.items()]


def _fact_line(name: str, values: list[str]) -> str:
    if len(values) > _VALUES_PER_FACT:
        values = [*values[:_VALUES_PER_FACT], ELLIPSIS]
    return f"{name[:1].upper()}{name[1:]}: {', '.join(values)}"


def _assessment(
    decision: Decision, reasons: list[str], cohort: Sequence[CohortFinding], phrases: Phrases
) -> list[str]:
    # The deciding gate first, then the rule, then what else fired: the reason for the answer leads.
    lines = [_gate(gate, phrases) for gate in decision.gates if gate.deciding]
    lines += reasons
    lines += [_gate(gate, phrases) for gate in decision.gates if not gate.deciding]
    assessment = decision.assessment
    if assessment is not None:
        if decision.verdict is not Verdict.HOLD:
            lines += _targets(decision, assessment, phrases)
            lines += [phrases.cohort(finding) for finding in cohort]
        if any(situation.activity in _ACTIVE for situation in assessment.situations):
            lines.append(phrases.wording.lines["exclude"])
    if decision.certainty is not None:
        lines.append(phrases.certainties[decision.certainty])
    return lines or [escape(decision.rule)]


def _targets(decision: Decision, assessment: Assessment, phrases: Phrases) -> list[str]:
    """Return the target of the level; of a course that only starts, those of the troughs to plan."""
    planned = planned_of(decision, phrases.knowledge)
    if planned:
        words = phrases.wording.lines["target_week"]
        return [
            f"{words.format(week=week)} {phrases.target(target)}"
            for week, target in zip(_PLANNED_WEEKS, planned, strict=True)
        ]
    return [] if assessment.target is None else [phrases.target(assessment.target)]


def _gate(gate: FiredGate, phrases: Phrases) -> str:
    sentence = _sentence(phrases.knowledge.gates.get(gate.gate), gate.gate, gate.parameters)
    return f"**{phrases.wording.lines['safety']} ({gate.gate}):** {sentence}"


def _sentences(decision: Decision, knowledge: Knowledge, wording: Wording) -> tuple[list[str], list[str]]:
    """Return the sentences of the rationale, each once: the reasons, and those on missing data."""
    reasons: dict[str, None] = {}
    missing: dict[str, None] = {}
    for message_id, parameters in decision.rationale:
        if message_id.startswith(_MISSING):
            words = [(name, wording.shortfalls.get(value, value)) for name, value in parameters]
            missing[_sentence(knowledge.rules.get(message_id), message_id, words)] = None
        else:
            reasons[_sentence(knowledge.rules.get(message_id), message_id, parameters)] = None
    return list(reasons), list(missing)


def _sentence(message: Message | None, fallback: str, parameters: Sequence[tuple[str, str]]) -> str:
    """Return the filled sentence; its bare id where the knowledge has none, rather than nothing."""
    return escape(fallback) if message is None else fill_markdown(message.text, parameters)


def _options(decision: Decision, phrases: Phrases) -> list[str]:
    wording = phrases.wording
    target = None if decision.assessment is None else decision.assessment.target
    ceiling = None if target is None else target.ceiling_ug_ml
    options = [_option(option, ceiling, phrases) for option in decision.options]
    declined = no_choice_text(decision, phrases.knowledge.policy, wording)
    if declined:
        options.insert(0, escape_sentence(declined))
    if decision.options and is_not_to_give(decision):
        options.insert(0, wording.lines["not_to_give"])
    if decision.draft_already_does_it:
        already = "already_open" if is_safety_open(decision) else "already"
        return [wording.lines[already], *options]
    if decision.verdict is Verdict.HOLD:
        return [wording.lines["hold"], *options]
    return options if decision.options else [wording.lines["no_options"], *options]


def _option(option: Option, ceiling_ug_ml: float | None, phrases: Phrases) -> str:
    policy = phrases.knowledge.policy
    line = phrases.option(option, regimen_text(option, phrases.wording))
    if at_even_odds(option, policy):
        line = f"{phrases.not_recommended}{line}"
    foreseen = option_forecast(option, ceiling_ug_ml, policy, phrases.wording)
    return f"{line}. {escape_sentence(foreseen)}" if foreseen else line


def _issues(decision: Decision, knowledge: Knowledge) -> Iterable[str]:
    """Return the sentences on the issues of the data, each once."""
    known = knowledge.issues
    return dict.fromkeys(
        [
            _sentence(known.get(issue.code), issue.code, _with_units_set(issue.parameters))
            for issue in decision.issues
        ]
    )


def _with_units_set(parameters: Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    return [(name, with_unit_set(text) if name in _REPORTED else text) for name, text in parameters]


def _not_evaluated(decision: Decision, wording: Wording) -> list[str]:
    """Return one line for each reason why gates were not evaluated; what to do about it differs by reason."""
    lines = []
    for reason in dict.fromkeys([reason for gate in decision.not_evaluated for reason in gate.reasons]):
        gates = [
            wording.gates.get(unread.gate, unread.gate)
            for unread in decision.not_evaluated
            if reason in unread.reasons
        ]
        lines.append(wording.not_evaluated[reason.value].format(gates=", ".join(gates)))
    return lines


def _sources(decision: Decision, cohort: Sequence[CohortFinding], phrases: Phrases) -> list[str]:
    """Return the evidence of the decision and, for a child, of what the cohort showed at that level.

    Rows that are unverified or site policy are left out: a default is never shown as published fact.
    """
    rows = dict.fromkeys((*decision.evidence, *(finding.evidence_id for finding in cohort)))
    return [phrases.sources[name] for name in rows if name in phrases.sources]


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
