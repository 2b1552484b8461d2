"""The decision: applicability, safety gates, decision table, filters. Total: every course gets one answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import chain

from tdm.answers import Answer, answer, combine
from tdm.applicability import indication_issue, not_applicable_rule
from tdm.assess import assess
from tdm.awaited import awaited_results, awaiting_remarks, with_awaited
from tdm.certainty import step_down
from tdm.decision import (
    LABORATORY_UNSEEN,
    Activity,
    Assessment,
    Certainty,
    Decision,
    FiredGate,
    Indicator,
    Option,
    OptionKind,
    SwitchDirection,
    Target,
    Verdict,
)
from tdm.draft_review import differing_order, order_to_give, withheld_update
from tdm.facts import FactGroup, Moment, TreatmentCourse
from tdm.forecast.deciding import Doubts, forecasted
from tdm.forecast.result import Absence
from tdm.gate_records import gate_records
from tdm.gates import GateReport, check_gates, with_immunomodulator
from tdm.gates_context import GateContext, gate_context
from tdm.gates_gap import after_the_gap
from tdm.gates_open import open_question
from tdm.issues import DataIssue, IssueCode
from tdm.knowledge.model import Knowledge
from tdm.options import draft_does_it
from tdm.options_cautioned import as_gates_leave, as_named, raises_exposure
from tdm.options_limit import planning_regimen
from tdm.planned import STARTING, planned_targets
from tdm.plausibility import level_text, limit_text
from tdm.rationale import (
    Parameters,
    evidence_for,
    gate_is_local,
    is_local,
    sentence_parameters,
    target_for,
)
from tdm.rules_conditions import is_induction
from tdm.table import rows_for

_QUIET = frozenset({Activity.REMISSION, Activity.UNKNOWN})


def decide(
    course: TreatmentCourse, *, now: Moment, knowledge: Knowledge, no_forecast: Absence | None = None
) -> Decision:
    """Return the one answer for a course at a moment. Never throws on any `TreatmentCourse`.

    `no_forecast` is why the caller wants no forecast; None where there may be one.
    """
    excluded = not_applicable_rule(course)
    if excluded is not None:
        return Decision(Verdict.NOT_APPLICABLE, excluded, Indicator.INFO, knowledge.version)
    assessment = assess(course, now=now, knowledge=knowledge)
    return decide_assessed(course, assessment, now=now, knowledge=knowledge, no_forecast=no_forecast)


def decide_assessed(
    course: TreatmentCourse,
    assessment: Assessment,
    *,
    now: Moment,
    knowledge: Knowledge,
    no_forecast: Absence | None = None,
) -> Decision:
    """Return the answer for a course that has been assessed."""
    context = gate_context(course, assessment, now=now, policy=knowledge.policy)
    report = check_gates(context)
    if report.fired:
        records = gate_records(report.fired, context)
        assessment = replace(assessment, facts=(*assessment.facts, *records))
        context = replace(context, assessment=assessment)
    deciding = report.deciding
    if deciding is not None:
        return _by_gate(deciding, report, context, knowledge)
    interval_only = report.interval_only
    # Options start from here; what the card shows as in force is the assessment's own regimen.
    base = planning_regimen(assessment.regimen, course.draft, knowledge.policy, interval_only=interval_only)
    answers = [
        answer(
            situation,
            rows_for(situation, knowledge),
            base,
            knowledge.policy,
            interval_only=interval_only,
        )
        for situation in assessment.situations
    ]
    chosen = _renamed(combine(answers), assessment)
    return _by_table(chosen, report, context, knowledge, no_forecast)


def _by_gate(gate: FiredGate, report: GateReport, context: GateContext, knowledge: Knowledge) -> Decision:
    """A safety condition comes first. S-GAP asks for antibodies; all others hold the infusion."""
    assessment = context.assessment
    indication = indication_issue(context.course)
    gap = gate.gate == "S-GAP"
    verdict = Verdict.ASSESS if gap else Verdict.HOLD
    awaited = awaited_results(context.course.issues, assessment, context.now, context.policy)
    options: tuple[Option, ...] = ()
    known: tuple[tuple[str, Parameters], ...] = ()
    if gap:
        options, known = after_the_gap(context)
        options = with_awaited(options, awaited)
    return Decision(
        verdict,
        gate.gate,
        _indicator(verdict, report, critical=gate.critical),
        knowledge.version,
        certainty=Certainty.MODERATE if gap else Certainty.STRONG,
        rationale=known + _sentences((*report.remarks, *awaiting_remarks(options)), ()),
        gates=_only_deciding(report.fired, gate),
        not_evaluated=report.not_evaluated,
        options=options,
        evidence=evidence_for((gate.gate,), None, knowledge),
        issues=_merged(assessment.issues, report.issues, () if indication is None else (indication,)),
        local_policy=gate_is_local(gate.gate, knowledge),
        assessment=assessment,
    )


def _by_table(
    chosen: Answer,
    report: GateReport,
    context: GateContext,
    knowledge: Knowledge,
    no_forecast: Absence | None,
) -> Decision:
    """The answer of the table, as the gates that only caution leave it."""
    course, assessment = context.course, context.assessment
    rules_off = knowledge.policy.rules_off
    if rules_off and not rules_off.isdisjoint((chosen.rule, chosen.row)):
        return _switched_off(chosen, report, context, knowledge)
    verdict, rule, options = chosen.outcome.verdict, chosen.rule, chosen.plan.options
    review = report.review_instead_of_intensify
    if review is not None:
        fired = report.fired
        options = tuple(option for option in options if not raises_exposure(option))
        if verdict is Verdict.INTENSIFY:
            verdict, rule = Verdict.ASSESS, review.gate
            fired = _only_deciding(fired, review)
            options = (Option(OptionKind.SPECIALIST_REVIEW, recommended=True),)
        report = replace(report, fired=fired)
    direction, alternatives = chosen.outcome.direction, chosen.outcome.alternatives
    led_out = report.class_unsuited and direction is SwitchDirection.WITHIN_CLASS
    if led_out:
        direction, alternatives = SwitchDirection.OUT_OF_CLASS, ()
    options = as_gates_leave(options, report, context)
    kept = as_named(options, report, context)
    options = kept.options
    # Numbers beside the options, and perhaps another one recommended; nothing else of the decision changes.
    foreseen = forecasted(
        course,
        assessment,
        options,
        verdict,
        Doubts(
            no_forecast, report.pregnant, report.dose_slip or kept.issue is not None, report.interval_only
        ),
        now=context.now,
        knowledge=knowledge,
    )
    options = foreseen.options
    report = with_immunomodulator(report, context, options)
    indication = indication_issue(course)
    steps = assessment.certainty_steps_down + (indication is not None) + led_out
    certainty = step_down(chosen.certainty, steps)
    targets = _targets_behind(rule, chosen, assessment, knowledge)
    switching = verdict is Verdict.SWITCH
    draft = order_to_give(course)
    does_it = (
        draft is not None
        and verdict is Verdict.INTENSIFY
        and not assessment.draft_changes_route
        and not report.dose_in_doubt
        and not foreseen.order_too_strong
        and draft_does_it(draft, foreseen.advised, assessment.regimen)
    )
    comparable = None if assessment.draft_changes_route else draft
    differing = None
    if verdict is Verdict.CONTINUE and not any(is_induction(one) for one in assessment.situations):
        differing = differing_order(comparable, assessment.regimen, knowledge.policy)
    unsettled = open_question(context)
    withheld = withheld_update(
        comparable,
        options,
        assessment.regimen,
        knowledge.policy,
        dose_in_doubt=report.dose_in_doubt,
        interval_only=report.interval_only,
        quiet_pregnancy=report.pregnant and any(one.activity in _QUIET for one in assessment.situations),
        open_safety=unsettled,
    )
    # The forecast may have recommended none; that a question is open is then no less true of the order.
    chose_none = foreseen.forecast is not None and foreseen.forecast.no_choice is not None
    still_open = (unsettled,) if chose_none and comparable is not None and unsettled is not None else ()
    # Where a gate turned `intensify` around, the row's own sentence would still say "raise exposure".
    explained = (chosen.rule,) if verdict is chosen.outcome.verdict else ()
    if led_out:
        explained = ("switch-out-of-class-only",)
    doubt = ("level-unexplained",) if foreseen.level_unexplained else ()
    remarks = [*doubt, *chosen.outcome.remarks, *report.remarks, *awaiting_remarks(options)]
    if rule == "R-DATA-1" and FactGroup.LABORATORY in [group for group, _ in course.shortfalls]:
        remarks.insert(0, LABORATORY_UNSEEN)
    if len(assessment.situations) > 1 and chosen.situation is not None:
        remarks.append("several-readings")
    level = assessment.level
    limit = None if level is None else limit_text(level, knowledge.policy)
    return Decision(
        verdict,
        rule,
        _indicator(verdict, report),
        knowledge.version,
        certainty=certainty,
        switch_direction=direction if switching else None,
        switch_alternatives=alternatives if switching else (),
        rationale=_sentences((*explained, *remarks), sentence_parameters(chosen.situation, certainty, limit))
        + _shortfalls(course),
        gates=report.fired,
        not_evaluated=report.not_evaluated,
        options=options,
        draft_already_does_it=does_it,
        update_withheld=bool(withheld) or foreseen.level_unexplained,
        evidence=_evidence_behind((rule, chosen.rule, chosen.row), targets, chosen, knowledge),
        issues=_merged(
            assessment.issues,
            report.issues,
            chosen.plan.issues,
            () if indication is None else (indication,),
            _decision_issues(chosen, assessment),
            foreseen.issues,
            () if kept.issue is None else (kept.issue,),
            # Of an order that already does it only what is open is said.
            tuple([one for one in withheld if one is unsettled or not does_it]),
            still_open,
            () if differing is None else (differing,),
        ),
        local_policy=any(is_local(chosen, one, knowledge) for one in targets) or foreseen.local_policy,
        assessment=assessment,
        forecast=foreseen.forecast,
    )


def _targets_behind(
    rule: str, chosen: Answer, assessment: Assessment, knowledge: Knowledge
) -> tuple[Target | None, ...]:
    """Return the target row of the answer; of a course that only starts, those of the troughs it plans."""
    planned: tuple[Target, ...] = ()
    if rule == STARTING and chosen.situation is not None:
        planned = planned_targets(chosen.situation, knowledge)
    return planned or (target_for(assessment, chosen.situation),)


def _evidence_behind(
    rules: tuple[str, ...], targets: Iterable[Target | None], chosen: Answer, knowledge: Knowledge
) -> tuple[str, ...]:
    rows = [evidence_for(rules, target, knowledge, chosen.situation) for target in targets]
    return rows[0] if len(rows) == 1 else tuple(dict.fromkeys(chain.from_iterable(rows)))


def _switched_off(chosen: Answer, report: GateReport, context: GateContext, knowledge: Knowledge) -> Decision:
    """R-NA-2: the site switched the row off. A gate that fired still speaks: gates cannot be switched off."""
    if report.fired:
        first = report.fired[0]
        return Decision(
            Verdict.ASSESS,
            first.gate,
            _indicator(Verdict.ASSESS, report),
            knowledge.version,
            certainty=Certainty.MODERATE,
            rationale=_sentences(report.remarks, ()),
            gates=_only_deciding(report.fired, first),
            not_evaluated=report.not_evaluated,
            evidence=evidence_for((first.gate,), None, knowledge),
            issues=_merged(context.assessment.issues, report.issues),
            local_policy=True,
            assessment=context.assessment,
        )
    return Decision(
        Verdict.NOT_APPLICABLE,
        "R-NA-2",
        Indicator.INFO,
        knowledge.version,
        rationale=(("R-NA-2", (("rule", chosen.rule),)),),
        local_policy=True,
        assessment=context.assessment,
    )


def _renamed(chosen: Answer, assessment: Assessment) -> Answer:
    """Two different values at the newest instant are no missing level: R-DATA-2 says what to do."""
    if assessment.level_conflict and chosen.rule in {"R-DATA-1", "R-START-1"}:
        return replace(chosen, rule="R-DATA-2")
    return chosen


def _decision_issues(chosen: Answer, assessment: Assessment) -> tuple[DataIssue, ...]:
    issues = []
    if chosen.rule == "R-CENSOR-1" and assessment.level is not None:
        level = assessment.level
        day = "unknown date" if level.drawn is None else level.drawn.day.isoformat()
        parameters = (("day", day), ("value", level_text(level)))
        code = IssueCode.LEVEL_COMPARATOR_UNDECIDED
        issues.append(DataIssue(code, "level", parameters, level.source))
    if assessment.draft_changes_route:
        issues.append(DataIssue(IssueCode.DRAFT_ROUTE_DIFFERS, "order"))
    return tuple(issues)


def _indicator(verdict: Verdict, report: GateReport, *, critical: bool = False) -> Indicator:
    if critical:
        return Indicator.CRITICAL
    if verdict in (Verdict.INTENSIFY, Verdict.SWITCH, Verdict.HOLD):
        return Indicator.WARNING
    for gate in report.fired:
        if gate.gate in {"S-DOSE", "S-HSTCL"}:
            return Indicator.WARNING
    return Indicator.INFO


def _only_deciding(fired: Iterable[FiredGate], deciding: FiredGate) -> tuple[FiredGate, ...]:
    """Return the gates with the one that decided marked, and no other."""
    return tuple(
        gate if gate.deciding is (gate is deciding) else replace(gate, deciding=gate is deciding)
        for gate in fired
    )


def _sentences(ids: Iterable[str], parameters: Parameters) -> tuple[tuple[str, Parameters], ...]:
    return tuple([(name, parameters) for name in ids])


def _shortfalls(course: TreatmentCourse) -> tuple[tuple[str, Parameters], ...]:
    """Return a sentence for each group of facts that did not arrive complete."""
    if not course.shortfalls:
        return ()
    return tuple(
        (f"missing-{group}", (("state", shortfall.value),)) for group, shortfall in course.shortfalls
    )


def _merged(*groups: tuple[DataIssue, ...]) -> tuple[DataIssue, ...]:
    """Return all issues in order, each once; those of an assessment, which come first, already are."""
    first, *others = groups
    merged = list(first)
    codes = [issue.code for issue in merged]
    for group in others:
        for issue in group:
            # The code alone tells most of them apart, and is compared sooner than the whole issue.
            if issue.code not in codes or issue not in merged:
                merged.append(issue)
                codes.append(issue.code)
    return tuple(merged)
