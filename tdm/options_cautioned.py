"""What the gates that only caution leave of the options."""

from __future__ import annotations

from dataclasses import replace

from tdm.awaited import awaited_results, with_awaited
from tdm.class_limits import out_of_class_only
from tdm.decision import LESS_DRUG, Assessment, Option, OptionKind
from tdm.draft_review import order_to_give
from tdm.gates import GateReport
from tdm.gates_context import GateContext
from tdm.issues import IssueCode
from tdm.options_weekly import Kept, keeping_their_word


def as_gates_leave(
    options: tuple[Option, ...], report: GateReport, context: GateContext
) -> tuple[Option, ...]:
    """Return the options that the gates which only caution leave, and those that wait for a result."""
    if report.class_unsuited:
        options = out_of_class_only(options, immunomodulator=not report.immunomodulator_unsuited)
    if report.pregnant:
        options = tuple(option for option in options if option.kind not in LESS_DRUG)
    options = _as_doubted(options, report, context.assessment)
    awaited = awaited_results(context.course.issues, context.assessment, context.now, context.policy)
    return with_awaited(options, awaited)


def _as_doubted(
    options: tuple[Option, ...], report: GateReport, assessment: Assessment
) -> tuple[Option, ...]:
    """Return the options as far as the dose that they start from can be believed."""
    if report.dose_slip:
        # Weight or order is wrong by a factor: dose per kg stays true, what it comes to in mg may not.
        options = tuple(one if one.dose_mg_per_kg is None else replace(one, dose_mg=None) for one in options)
    if assessment.regimen.dose_doubtful or assessment.regimen.interval_doubtful:
        # What a dose or an interval that may not be in force leads to is shown for review; an issue names it.
        options = tuple(
            replace(one, recommended=False) if one.recommended and raises_exposure(one) else one
            for one in options
        )
    return options


def as_named(options: tuple[Option, ...], report: GateReport, context: GateContext) -> Kept:
    """Return the options that are as much drug as their names say; heart failure has a limit instead."""
    if report.interval_only:
        return Kept(options)
    assessment = context.assessment
    unclear = order_to_give(context.course) is None or assessment.draft_changes_route
    unfit = IssueCode.WEIGHT_CONTRADICTED in [issue.code for issue in assessment.issues]
    draft = None if unclear else assessment.draft_regimen
    return keeping_their_word(options, assessment.regimen, draft, doses_unfit=unfit)


def raises_exposure(option: Option) -> bool:
    """Return whether an option raises exposure to the drug."""
    return option.kind in {
        OptionKind.SHORTEN_INTERVAL_2_WEEKS,
        OptionKind.SHORTEN_INTERVAL_4_WEEKS,
        OptionKind.RAISE_DOSE,
        OptionKind.RAISE_DOSE_AND_SHORTEN_INTERVAL,
        OptionKind.BRING_NEXT_DOSE_FORWARD,
        OptionKind.REINDUCTION,
        OptionKind.SUBCUTANEOUS_DOUBLE_DOSE,
        OptionKind.RETURN_TO_INTRAVENOUS,
        OptionKind.ONE_OPTIMISATION,
    }
