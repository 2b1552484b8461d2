"""`infliximab-cds forecast`: what a regimen would give the patient of a request, asked by hand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import orjson
from rich.console import Console
from rich.markup import escape

from cards.forecast import lines_of, trough_text
from cards.wording import load_wording
from cds_service.cli.common import (
    CommandError,
    Exit,
    as_of_option,
    json_option,
    read_input,
    request_argument,
    services_for_command,
    site_option,
)
from cds_service.cli.explain import evaluated_of, moment_of, request_of
from cds_service.cli.regimen_text import WrittenRegimen, read_regimen
from cds_service.evaluate import Evaluated
from cds_service.explanation import forecast_document, trough_document
from cds_service.render import visible
from tdm.facts import Moment, Route
from tdm.forecast.asking import Answered, WhatIf, ask
from tdm.knowledge.model import Knowledge, Policy

_TOLERANCE = 1.0001  # a dose of exactly the limit, worked out by way of the weight, is not above it


@click.command(
    epilog="""\b
Examples:
  infliximab-cds forecast request.json --option "5 mg/kg q6w"
  infliximab-cds forecast request.json --option "350 mg every 6 weeks" --option "10 mg/kg q8w"
  infliximab-cds forecast request.json --option "120 mg q2w sc" --as-of 2026-03-09 --json
  infliximab-cds forecast request.json
\b
A dose in mg/kg is taken of the weight on record. Without a route the option has that of the course.
Exits with 5 where there is no forecast, and says why."""
)
@request_argument
@click.option(
    "--option",
    "options",
    metavar="REGIMEN",
    multiple=True,
    help='Dose and interval to ask about, such as "5 mg/kg q6w"; may be given several times.',
)
@as_of_option
@json_option
@site_option
def forecast(
    request_file: str,
    options: tuple[str, ...],
    as_of: str | None,
    as_json: bool,  # noqa: FBT001 (a command-line flag)
    site_path: Path | None,
) -> None:
    """Show the predicted trough of the regimen in force and of others, with interval and chances.

    REQUEST.json is the body that a client posts to one of the services; "-" reads standard input. What is
    shown is no advice: the card of the request is, and it is named beside the numbers.
    """
    asked = [_regimen(text) for text in options]
    services = services_for_command(site_path)
    now = moment_of(as_of, services)
    evaluated = evaluated_of(request_of(read_input(request_file)), services, now)
    found = [(entry, _answers(entry, asked, now, services.knowledge)) for entry in evaluated]
    if as_json:
        document = {
            "asOf": now.at.isoformat(),
            "knowledge": {"version": services.knowledge.version},
            "evaluated": [_document(entry, answers, services.knowledge) for entry, answers in found],
        }
        click.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode())
    else:
        _print(found, now, services.knowledge)
    if not all(_is_whole(answers) for _, answers in found) or not found:
        raise SystemExit(int(Exit.NOT_COMPLETED))


def _regimen(text: str) -> WrittenRegimen:
    try:
        return read_regimen(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--option") from None


Answers = Sequence[tuple[Answered, Sequence[tuple[WrittenRegimen, WhatIf]]]]


def _answers(entry: Evaluated, asked: Sequence[WrittenRegimen], now: Moment, knowledge: Knowledge) -> Answers:
    decision, course = entry.decision, entry.course
    if decision is None or course is None or decision.assessment is None:
        return ()
    own = decision.assessment.regimen.route
    pairs = [
        (one, WhatIf(one.interval_days, one.amount_mg, one.amount_mg_per_kg, one.route or own))
        for one in asked
    ]
    wrong = [one.text for one, what in pairs if what.route is Route.SUBCUTANEOUS and what.amount_mg is None]
    if wrong:
        raise CommandError(
            f'{wrong[0]!r}: this course is of injections, which are given in mg; write "120 mg q2w", '
            'or add "iv" for infusions',
            Exit.USAGE,
        )
    answered = ask(course, decision, [what for _, what in pairs], now=now, knowledge=knowledge)
    return [(one, [pair for pair in pairs if pair[1].route is one.route]) for one in answered]


def _is_whole(answers: Answers) -> bool:
    return bool(answers) and all(
        answered.forecast.absent is None and None not in answered.troughs for answered, _ in answers
    )


def outside_limits(what: WhatIf, weight_kg: float | None, policy: Policy) -> bool:
    """Return whether a regimen is stronger than any that this service would offer."""
    if what.route is Route.SUBCUTANEOUS:
        highest = policy.subcutaneous_doubled_dose_mg / policy.subcutaneous_interval_days
        return (what.amount_mg or 0.0) / what.interval_days > highest * _TOLERANCE
    per_kg = what.amount_mg_per_kg
    if per_kg is None and what.amount_mg is not None and weight_kg:
        per_kg = what.amount_mg / weight_kg
    above = per_kg is not None and per_kg > policy.maximum_dose_mg_per_kg * _TOLERANCE
    return above or what.interval_days < policy.minimum_interval_days


def _weight(entry: Evaluated) -> float | None:
    assessment = None if entry.decision is None else entry.decision.assessment
    return None if assessment is None else assessment.regimen.weight_kg


def _document(entry: Evaluated, answers: Answers, knowledge: Knowledge) -> dict[str, Any]:
    decision = entry.decision
    return {
        "order": entry.draft.label if entry.draft is not None else None,
        "notCompleted": entry.reason,
        "verdict": decision.verdict.value if decision is not None else None,
        "rule": decision.rule if decision is not None else None,
        "forecasts": [
            {
                "forecast": forecast_document(answered.forecast),
                "options": [
                    {
                        "asked": written.text,
                        "route": what.route.value,
                        "intervalDays": what.interval_days,
                        "outsideLimits": outside_limits(what, _weight(entry), knowledge.policy),
                        "predicted": trough_document(trough),
                    }
                    for (written, what), trough in zip(asked, answered.troughs, strict=True)
                ],
            }
            for answered, asked in answers
        ],
    }


def _print(found: Sequence[tuple[Evaluated, Answers]], now: Moment, knowledge: Knowledge) -> None:
    console, wording = Console(), load_wording()
    console.print(f"Forecast as of {now.day.isoformat()} with knowledge {knowledge.version}.")
    if not found:
        console.print("No infliximab order among the draft orders: nothing to forecast.")
    for number, (entry, answers) in enumerate(found, start=1):
        name = entry.draft.label if entry.draft is not None else "the chart"
        console.rule(f"{number}. {escape(visible(name or 'infliximab order'))}")
        console.print(_card_line(entry), highlight=False)
        for answered, asked in answers:
            console.print()
            for (written, what), trough in zip(asked, answered.troughs, strict=True):
                said = "no forecast" if trough is None else trough_text(trough, wording, knowledge.policy)
                console.print(f"  {written.text}: {said}.", highlight=False, markup=False)
                if outside_limits(what, _weight(entry), knowledge.policy):
                    console.print("    Outside the limits of this service: it never offers this.")
            for line in lines_of(answered.forecast, knowledge, wording, in_full=True):
                console.print(f"  - {line}", highlight=False, markup=False)


def _card_line(entry: Evaluated) -> str:
    if entry.reason is not None:
        return f"The check was not completed: {escape(entry.reason)}."
    if entry.decision is None or entry.decision.assessment is None:
        return "Nothing to forecast: no course of infliximab for Crohn's disease."
    return f"The card of this request says: {entry.decision.verdict.value} ({entry.decision.rule})."
