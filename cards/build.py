"""From a decision to a card."""

from __future__ import annotations

from cards.amounts import order_regimen_text
from cards.detail import Shortfalls, detail
from cards.identity import IdSource, random_id
from cards.markdown import plain
from cards.model import Card, DecisionStamp
from cards.override_reasons import load_override_reasons
from cards.suggestions import suggestions
from cards.summary import PRODUCT_CAP, summary
from cards.wording import load_wording
from fhir_mappings.acquired import Resource
from fhir_mappings.drafts import DraftOrder
from tdm.decision import Decision
from tdm.knowledge.model import Knowledge


def build_card(  # noqa: PLR0913 (each thing that a card shows, by its name)
    decision: Decision,
    *,
    knowledge: Knowledge,
    draft: DraftOrder | None = None,
    order_label: str | None = None,
    order_count: int = 0,
    lab_order: Resource | None = None,
    shortfalls: Shortfalls = (),
    source_url: str = "",
    new_id: IdSource = random_id,
) -> Card:
    """Return the card of a decision.

    `draft` is the order in front of the clinician; only it can be changed by a suggestion. `order_label`
    names it in the summary, with what it asks for, and is given only where there are several. `order_count`
    is how many infliximab orders the request holds. `lab_order` is a ready draft of a laboratory order, None
    where there is none to add. `shortfalls` are the fact groups that did not arrive whole. `source_url` is an
    absolute address about the service, never about the patient.

    Raises `ValueError` for a decision that has no card (not applicable, or not completed, which has its own).
    """
    reasons = load_override_reasons().get(decision.verdict)
    if reasons is None:
        raise ValueError(f"no card for the verdict {decision.verdict.value}")
    wording = load_wording()
    offered, remark = suggestions(decision, draft=draft, lab_order=lab_order, wording=wording, new_id=new_id)
    name = order_label
    if name and draft is not None:
        # Two orders for the same product differ in what they ask for, if in anything a reader can see.
        name = ", ".join(filter(None, (plain(name, PRODUCT_CAP), order_regimen_text(draft.order, wording))))
    return Card(
        uuid=new_id(),
        summary=summary(decision, knowledge=knowledge, wording=wording, order_label=name),
        detail=detail(
            decision,
            knowledge=knowledge,
            wording=wording,
            remark=remark,
            shortfalls=shortfalls,
            order_count=order_count,
        ),
        indicator=decision.indicator,
        source=wording.source(decision.verdict, source_url),
        stamp=DecisionStamp(
            verdict=decision.verdict,
            rule=decision.rule,
            knowledge=decision.knowledge_version,
            certainty=decision.certainty,
        ),
        suggestions=offered,
        override_reasons=reasons,
    )
