"""The whole reasoning of an evaluation as one document: what `explain` shows, as text or as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any

from cards.amounts import with_unit_set
from cards.model import ActionType
from cards.sentences import fill_plain
from cds_service.evaluate import Evaluated
from fhir_mappings.proof import is_valid
from tdm.decision import Assessment, Decision, Option
from tdm.facts import Moment
from tdm.forecast.asking import ask
from tdm.forecast.result import Forecast, TroughForecast
from tdm.issues import DataIssue
from tdm.knowledge.model import Knowledge, Message
from tdm.neighbours import neighbouring_rules

Document = dict[str, Any]


def explanation_document(evaluated: tuple[Evaluated, ...], now: Moment, knowledge: Knowledge) -> Document:
    """Return everything that is known of the orders (or the chart) of one request."""
    return {
        "asOf": now.at.isoformat(),
        "day": now.day.isoformat(),
        "knowledge": {"version": knowledge.version, "contentHash": knowledge.content_hash},
        "evaluated": [_one(entry, now, knowledge) for entry in evaluated],
    }


def _one(entry: Evaluated, now: Moment, knowledge: Knowledge) -> Document:
    document: Document = {"order": entry.draft.label if entry.draft is not None else None}
    if entry.reason is not None:
        document |= {"notCompleted": entry.reason, "failedAt": entry.failed_at}
    decision = entry.decision
    if decision is not None:
        document |= {
            "verdict": decision.verdict.value,
            "rule": {"id": decision.rule, "text": rule_text(decision, knowledge)},
            "certainty": decision.certainty.value if decision.certainty is not None else None,
            "gates": [
                {
                    "id": gate.gate,
                    "deciding": gate.deciding,
                    "text": _text(knowledge.gates, gate.gate, gate.parameters),
                }
                for gate in decision.gates
            ],
            "gatesNotEvaluated": [plain(unread) for unread in decision.not_evaluated],
            "options": [option_document(option) for option in decision.options],
            "draftAlreadyDoesIt": decision.draft_already_does_it,
            "issues": [issue_document(issue, knowledge) for issue in decision.issues],
            "neighbours": neighbours_of(decision, knowledge),
            "evidence": list(decision.evidence),
            "localPolicy": decision.local_policy,
            "forecast": forecast_document(explained_forecast(entry, now, knowledge)),
            "assessment": assessment_document(decision.assessment),
        }
    if entry.course is not None:
        document["facts"] = plain(entry.course)
    document["card"] = entry.card.to_json() if entry.card is not None else None
    document["proofs"] = proofs_of(entry)
    return document


def assessment_document(assessment: Assessment | None) -> Document | None:
    """Return an assessment without the doses and orders it was read from: they stand among the facts."""
    if assessment is None:
        return None
    document: Document = plain(assessment)
    del document["history"]
    return document


def option_document(option: Option) -> Document:
    """Return an option with what it is predicted to give."""
    document: Document = plain(option)
    return document | {"predicted": trough_document(option.predicted)}


def forecast_document(forecast: Forecast | None) -> Document | None:
    """Return a forecast with its troughs summed up over the models; None where there was nothing to ask."""
    if forecast is None:
        return None
    document: Document = plain(forecast)
    document["in_force"] = trough_document(forecast.in_force)
    document["opinion"] = trough_document(forecast.opinion)
    document["of_order"] = trough_document(forecast.of_order)
    if forecast.at_cap is not None:
        document["at_cap"]["trough"] = trough_document(forecast.at_cap.trough)
    if forecast.projection is not None:
        document["projection"]["trough"] = trough_document(forecast.projection.trough)
    for name in ("inputs", "assumptions", "left_out", "counted"):
        document[name] = [{"id": note, **dict(values)} for note, values in document[name]]
    return document


def trough_document(predicted: TroughForecast | None) -> Document | None:
    """Return a predicted trough with its bracket, its interval and the more cautious chances."""
    if predicted is None:
        return None
    document: Document = plain(predicted)
    return document | {
        "medians_ug_ml": list(predicted.medians_ug_ml),
        "interval_80_ug_ml": list(predicted.interval_ug_ml),
        "reaches": predicted.reaches,
        "exceeds": predicted.exceeds,
    }


def explained_forecast(entry: Evaluated, now: Moment, knowledge: Knowledge) -> Forecast | None:
    """Return the forecast of the decision, else that of the regimen in force, which no card needed.

    None where there is no course or nothing to assess: another disease, or a check that was not completed.
    """
    if entry.course is None or entry.decision is None:
        return None
    if entry.decision.forecast is not None:
        return entry.decision.forecast
    answered = ask(entry.course, entry.decision, (), now=now, knowledge=knowledge)
    return answered[0].forecast if answered else None


def proofs_of(entry: Evaluated) -> list[Document]:
    """Return for each suggestion whether the official models accept the resource it carries.

    An order that was not valid as it came may stay so: only its dose and timing are ours to change.
    """
    proofs: list[Document] = []
    for suggestion in entry.card.suggestions if entry.card is not None else ():
        resource, valid_before = suggestion.action.resource, None
        if suggestion.action.type is ActionType.UPDATE and entry.draft is not None:
            valid_before = is_valid(entry.draft.raw)
        proofs.append(
            {"suggestion": suggestion.label, "validR4B": is_valid(resource), "orderWasValid": valid_before}
        )
    return proofs


def rule_text(decision: Decision, knowledge: Knowledge) -> str:
    """Return the sentence of the rule (or gate) that decided, its placeholders filled."""
    for gate in decision.gates:
        if gate.gate == decision.rule:
            return _text(knowledge.gates, gate.gate, gate.parameters)
    parameters = dict(decision.rationale).get(decision.rule, ())
    return _text(knowledge.rules, decision.rule, parameters)


def issue_document(issue: DataIssue, knowledge: Knowledge) -> Document:
    """Return an issue with its sentence and the record it was found in."""
    return {
        "code": issue.code.value,
        "subject": issue.subject,
        "text": _text(knowledge.issues, issue.code.value, issue.parameters),
        "source": issue.source.reference if issue.source is not None else None,
    }


def neighbours_of(decision: Decision, knowledge: Knowledge) -> list[Document]:
    """Return which rule would have fired, had one thing been different, for each reading of the data."""
    if decision.assessment is None:
        return []
    found: list[Document] = []
    for situation in decision.assessment.situations:
        for neighbour in neighbouring_rules(situation, knowledge):
            document: Document = plain(neighbour)
            if document not in found:
                found.append(document)
    return found


def _text(messages: Mapping[str, Message], key: str, parameters: tuple[tuple[str, str], ...]) -> str:
    message = messages.get(key)
    if message is None:
        return ""
    return fill_plain(message.text, [(name, with_unit_set(value)) for name, value in parameters])


def plain(value: Any) -> Any:
    """Return facts as JSON values: dataclasses as objects, dates as ISO texts, sets in a fixed order."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(child) for key, child in value.items()}
    if isinstance(value, frozenset | set):
        return sorted(plain(child) for child in value)
    if isinstance(value, list | tuple):
        return [plain(child) for child in value]
    return value
