"""The reasoning of an evaluation, printed for a person at a terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cards.amounts import with_unit_set
from cards.forecast import lines_of, trough_text
from cards.terminal import print_card
from cards.wording import load_wording
from cds_service.evaluate import Evaluated
from cds_service.explanation import (
    explained_forecast,
    issue_document,
    neighbours_of,
    proofs_of,
    rule_text,
)
from cds_service.render import visible
from tdm.decision import LESS_DRUG, Decision, Option
from tdm.facts import Moment
from tdm.forecast.choosing import short_name
from tdm.forecast.result import ModelTrough
from tdm.knowledge.model import Knowledge, Policy

_DAYS_PER_WEEK = 7


def print_explanation(
    evaluated: tuple[Evaluated, ...], now: Moment, knowledge: Knowledge, console: Console
) -> None:
    """Print every order of a request in turn: facts, issues, rule, neighbours, options, card."""
    console.print(f"Decided as of {now.day.isoformat()} with knowledge {knowledge.version}.")
    if not evaluated:
        console.print("No infliximab order among the draft orders: no card.")
    for number, entry in enumerate(evaluated, start=1):
        name = entry.draft.label if entry.draft is not None else "the chart"
        console.rule(f"{number}. {escape(visible(name or 'infliximab order'))}")
        if entry.reason is not None:
            console.print(f"[bold]Not completed:[/bold] {escape(entry.reason)} {escape(entry.failed_at)}")
        if entry.decision is not None:
            _print_decision(entry.decision, knowledge, console)
            _print_forecast(entry, now, knowledge, console)
        if entry.card is not None:
            print_card(entry.card.to_json(), console)
            _print_lines(
                "Proof of what the buttons carry", [_proof_line(one) for one in proofs_of(entry)], console
            )
        else:
            console.print("No card: there is nothing to say to the clinician here.")


def _print_decision(decision: Decision, knowledge: Knowledge, console: Console) -> None:
    _print_facts(decision, console)
    _print_situations(decision, console)
    _print_lines(
        "Data issues",
        [
            f"{document['code']}: {document['text']}"
            for document in (issue_document(issue, knowledge) for issue in decision.issues)
        ],
        console,
    )
    _print_lines(
        "Safety gates that fired",
        [f"{gate.gate}{' (decides)' if gate.deciding else ''}" for gate in decision.gates],
        console,
    )
    _print_lines(
        "Safety gates not evaluated",
        [f"{unread.gate}: {', '.join(unread.reasons)}" for unread in decision.not_evaluated],
        console,
    )
    certainty = f", certainty {decision.certainty.value}" if decision.certainty is not None else ""
    _print_lines(
        "Rule that fired",
        [f"{decision.rule}: {decision.verdict.value}{certainty}", rule_text(decision, knowledge)],
        console,
    )
    _print_lines(
        "Neighbouring rules (what would have to differ)",
        [_neighbour_line(document) for document in neighbours_of(decision, knowledge)],
        console,
    )
    _print_lines("Options", [_option_line(option, knowledge.policy) for option in decision.options], console)
    _print_lines("Evidence", list(decision.evidence), console)


def _print_forecast(entry: Evaluated, now: Moment, knowledge: Knowledge, console: Console) -> None:
    wording = load_wording()
    forecast = explained_forecast(entry, now, knowledge)
    lines = [] if forecast is None else lines_of(forecast, knowledge, wording, in_full=True)
    if forecast is not None:
        for trough in filter(None, (forecast.in_force, forecast.opinion)):
            lines += [model_line(one, knowledge) for one in trough.by_model]
    _print_lines("Forecast", lines, console)


def model_line(one: ModelTrough, knowledge: Knowledge) -> str:
    """Return what one model predicts of the regimen in force."""
    name = short_name(knowledge.models[one.model])
    return f"{name}: {one.median_ug_ml:.2f} ({one.lower_ug_ml:.2f} to {one.upper_ug_ml:.2f}) µg/mL"


def _print_facts(decision: Decision, console: Console) -> None:
    if decision.assessment is None or not decision.assessment.facts:
        return
    table = Table("Fact", "Value", "Date", "Record", title="Facts used", title_justify="left", box=None)
    for fact in decision.assessment.facts:
        record = fact.source.reference if fact.source is not None else ""
        table.add_row(
            escape(visible(fact.name)),
            escape(visible(with_unit_set(fact.value))),
            fact.day,
            escape(visible(record)),
        )
    console.print(table)


def _print_situations(decision: Decision, console: Console) -> None:
    if decision.assessment is None:
        return
    lines = [
        f"{situation.route.value}, {situation.age_group.value}, {situation.phase.value}; "
        f"level {situation.level.value}, ATI {situation.ati.value}, {situation.activity.value}; "
        f"act below {_number(situation.act_below_ug_ml)}, aim {_number(situation.aim_ug_ml)}, "
        f"ceiling {_number(situation.ceiling_ug_ml)} µg/mL"
        for situation in decision.assessment.situations
    ]
    title = "How the facts were read" if len(lines) == 1 else "Readings that the data allow"
    _print_lines(title, lines, console)


def _print_lines(title: str, lines: list[str], console: Console) -> None:
    shown = [line for line in dict.fromkeys(lines) if line]  # each sentence once, however often it is found
    if shown:
        console.print(f"\n[bold]{title}[/bold]")
        for line in shown:
            console.print(f"  - {escape(visible(line))}", highlight=False)


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:g}"


def _option_line(option: Option, policy: Policy) -> str:
    parts = [option.kind.value]
    if option.dose_mg_per_kg is not None:
        parts.append(f"{option.dose_mg_per_kg:g} mg/kg")
    if option.dose_mg is not None:
        parts.append(f"{option.dose_mg:g} mg")
    if option.interval_days is not None:
        parts.append(f"every {option.interval_days / _DAYS_PER_WEEK:g} weeks")
    flags = [
        name
        for name, is_set in (
            ("recommended", option.recommended),
            ("provisional", option.provisional),
            ("off-label", option.off_label),
        )
        if is_set
    ]
    line = " ".join(parts) + (f" ({', '.join(flags)})" if flags else "")
    if option.predicted is None:
        return line
    keeping = option.kind in LESS_DRUG
    return f"{line}: {trough_text(option.predicted, load_wording(), policy, keeping=keeping)}"


def _proof_line(document: dict[str, Any]) -> str:
    if document["validR4B"]:
        proof = "proven valid FHIR R4B"
    elif document["orderWasValid"] is False:
        proof = "not valid FHIR R4B, as the order was not when it came"
    else:
        proof = "not valid FHIR R4B"
    return f"{document['suggestion']}: {proof}"


def _neighbour_line(document: dict[str, Any]) -> str:
    named = f"{document['rule']} ({document['verdict']})"
    if document["failing"]:
        return f"{named}, the {document['dimension']}: not met: {', '.join(document['failing'])}"
    if not document["value"]:
        return f"{named}, the {document['dimension']}"
    return f"{named} if {document['dimension']} were {document['value']}"
