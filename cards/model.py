"""The CDS Hooks card as frozen records; `to_json` leaves out everything that is empty."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeAlias

import msgspec

from tdm.decision import Certainty, Indicator, Verdict

Json: TypeAlias = dict[str, Any]

DECISION_EXTENSION: Final = "org.infliximab-cds.decision"
"""Key of the card extension that carries verdict, rule, certainty and knowledge version."""

SELECTION_BEHAVIOR: Final = "any"
"""The only selection behaviour that every known client supports; sent only beside suggestions."""


class ActionType(StrEnum):
    """What an action does. There is deliberately no `delete`: this service never removes an order."""

    CREATE = "create"
    UPDATE = "update"


class LinkType(StrEnum):
    """How a link opens."""

    ABSOLUTE = "absolute"
    SMART = "smart"


@dataclass(frozen=True, slots=True)
class Coding:
    """A code with its system and the words a clinician sees."""

    code: str
    system: str
    display: str = ""

    def to_json(self) -> Json:
        """Return the coding as JSON."""
        coding: Json = {"code": self.code, "system": self.system}
        if self.display:
            coding["display"] = self.display
        return coding


@dataclass(frozen=True, slots=True)
class Source:
    """Who speaks, and about what: `topic` is stable per verdict, so that an override is remembered."""

    label: str
    topic: Coding
    url: str = ""

    def to_json(self) -> Json:
        """Return the source as JSON."""
        source: Json = {"label": self.label, "topic": self.topic.to_json()}
        if self.url:
            source["url"] = self.url
        return source


class Action(msgspec.Struct, frozen=True):
    """One change that the clinician may accept. `resource` is whole: the new draft or the changed one."""

    type: ActionType
    description: str
    resource: Json

    def to_json(self) -> Json:
        """Return the action as JSON."""
        return {"type": self.type.value, "description": self.description, "resource": self.resource}


class Suggestion(msgspec.Struct, frozen=True):
    """One button: a label and exactly one action (a client of large reach accepts only one)."""

    label: str
    uuid: str
    action: Action
    recommended: bool = False

    def to_json(self) -> Json:
        """Return the suggestion as JSON; `isRecommended` only where it is true."""
        suggestion: Json = {"label": self.label, "uuid": self.uuid}
        if self.recommended:
            suggestion["isRecommended"] = True
        suggestion["actions"] = [self.action.to_json()]
        return suggestion


@dataclass(frozen=True, slots=True)
class Link:
    """A link below the card. `app_context` goes only with a SMART link, as the specification demands."""

    label: str
    url: str
    type: LinkType = LinkType.ABSOLUTE
    app_context: str = ""

    def to_json(self) -> Json:
        """Return the link as JSON."""
        link: Json = {"label": self.label, "url": self.url, "type": self.type.value}
        if self.app_context and self.type is LinkType.SMART:
            link["appContext"] = self.app_context
        return link


class DecisionStamp(msgspec.Struct, frozen=True):
    """What every card says of its decision to machines: the contract ids, never a clinical value."""

    verdict: Verdict
    rule: str
    knowledge: str
    certainty: Certainty | None = None

    def to_json(self) -> Json:
        """Return the stamp as JSON; certainty is left out where there is none."""
        stamp: Json = {"verdict": self.verdict.value, "rule": self.rule}
        if self.certainty is not None:
            stamp["certainty"] = self.certainty.value
        stamp["knowledge"] = self.knowledge
        return stamp


class Card(msgspec.Struct, frozen=True):
    """One card. `override_reasons` are ready JSON codings, shared between cards and never changed."""

    uuid: str
    summary: str
    detail: str
    indicator: Indicator
    source: Source
    stamp: DecisionStamp
    suggestions: tuple[Suggestion, ...] = ()
    override_reasons: tuple[Mapping[str, str], ...] = ()
    links: tuple[Link, ...] = ()

    def to_json(self) -> Json:
        """Return the card as JSON for a CDS Hooks response, without nulls or empties."""
        card: Json = {
            "uuid": self.uuid,
            "summary": self.summary,
            "indicator": self.indicator.value,
            "detail": self.detail,
            "source": self.source.to_json(),
        }
        if self.suggestions:
            card["suggestions"] = [suggestion.to_json() for suggestion in self.suggestions]
            card["selectionBehavior"] = SELECTION_BEHAVIOR
        if self.override_reasons:
            card["overrideReasons"] = list(self.override_reasons)
        if self.links:
            card["links"] = [link.to_json() for link in self.links]
        card["extension"] = {DECISION_EXTENSION: self.stamp.to_json()}
        return card
