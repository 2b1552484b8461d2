"""The knowledge as one page: targets, policies, assays, every evidence row, and what was left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tdm.knowledge.loader import load_knowledge
from tdm.knowledge.model import Assay, Bound, EvidenceRow, Knowledge, Verification

HEAD = """---
audience: clinicians and reviewers
type: reference
---

# Evidence

Every number that can decide or be cited, with its source. Made from `tdm/knowledge/*.toml` by `make docs`;
change the files, not this page.

- **verified**: read in the source that is cited.
- **secondary**: read in a digest, review or paper that quotes the source.
- **unverified**: remembered or not found. Kept to be honest about it; never cited as published fact.
- **policy**: a default that a site owns. Never cited as published fact.
"""

TARGETS = """
## Targets

Trough in µg/mL. Below *act below* the level is low; *aim* is what an option is judged against; above the
*ceiling* more drug stops helping; from there to the *grey limit* the answer is uncertain. A number in
*italics* is policy. "Site" says how far a site may move a number.
"""

POLICIES = """
## Policies

Scalars of the protocol. Where a study used or supports the very number, its rows are named; all else is a
convention. Values that no site may change are marked "fixed".
"""

ASSAYS = """
## Antibody assays

Assays and units are never converted into each other. A laboratory that is not listed is an unknown assay:
its own reference limit, word or flag decides.
"""

ROWS = """
## Evidence rows

Values with their interval; "against" is the same measure in the comparison group. Accuracy is
sensitivity / specificity / PPV / NPV. A figure marked † is contradicted by its source's own counts: it is
kept as printed and never shown on a card.
"""

LEDGER = """
## Ledger

What the five founding documents say and the knowledge leaves out or corrects, with the reason.
"""

DOCUMENTS = {
    "S0": "Bossuyt 2021 and Singer 2021, in a digest",
    "S1": "Ungar 2019, abstract",
    "S2": "Kang/Choi 2019",
    "S3": "guideline digest",
    "S4": "Kang 2026, in a digest",
}

TARGET_COLUMNS = {
    "act_below": "act_below_ug_ml",
    "aim": "aim_ug_ml",
    "aim_upper": "aim_upper_ug_ml",
    "ceiling": "ceiling_ug_ml",
    "grey_limit": "grey_limit_ug_ml",
}


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; a bar in a cell is escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def number(value: float | None) -> str:
    """Return a number as a person writes it, or a dash."""
    return "–" if value is None else f"{value:.10g}"


def value_of(value: object) -> str:
    """Return a policy value as a person writes it."""
    if value is None or value == frozenset():
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(number(part) for part in value)
    return number(value) if isinstance(value, int | float) else str(value)


def bound_of(bound: Bound | None) -> str:
    """Return a bound as "2 to 8" or its choices."""
    if bound is None:
        return "–"
    if bound.choices:
        return ", ".join(value_of(choice) for choice in bound.choices)
    return f"{number(bound.minimum)} to {number(bound.maximum)}"


def targets(knowledge: Knowledge) -> str:
    """Return the target table and the treatment goals."""
    rows = []
    for name, target in knowledge.targets.items():
        cells = [f"`{name}`"]
        for column, field in TARGET_COLUMNS.items():
            value = getattr(target, field)
            if column == "grey_limit" and target.ceiling_ug_ml is None:
                cells.append("–")
                continue
            text = number(value)
            cells.append(
                f"*{text}*" if value is not None and column in knowledge.target_policy[name] else text
            )
        bounds = knowledge.bounds.rows.get(name, {})
        cells.append("; ".join(f"{column} {bound_of(bound)}" for column, bound in bounds.items()) or "–")
        cells.append(" ".join(f"`{evidence}`" for evidence in target.evidence) or "–")
        rows.append(cells)
    goals = [
        [
            goal.value,
            number(knowledge.goal_values[goal, "adult"]),
            number(knowledge.goal_values[goal, "child"]),
            " ".join(f"`{evidence}`" for evidence in ids),
        ]
        for goal, ids in knowledge.goal_evidence.items()
    ]
    head = ["row", "act below", "aim", "upper aim", "ceiling", "grey limit", "site", "evidence"]
    return (
        f"{TARGETS}\n{table(head, rows)}\n\n### Treatment goals\n\n"
        "A site may set one. The aim becomes the larger of *act below* and this value, never above the "
        "ceiling.\n\n"
        f"{table(['goal', 'adult', 'child', 'evidence'], goals)}\n"
    )


def policies(knowledge: Knowledge) -> str:
    """Return every scalar with its basis and bound."""
    rows = []
    names = sorted({*knowledge.bounds.policy, *knowledge.bounds.fixed})
    for name in names:
        evidence = knowledge.policy_evidence.get(name, ())
        bound = knowledge.bounds.policy.get(name)
        rows.append(
            [
                f"`{name}`",
                value_of(getattr(knowledge.policy, name)),
                " ".join(f"`{row}`" for row in evidence) or "policy",
                f"fixed: {knowledge.bounds.fixed[name]}" if bound is None else bound_of(bound),
                "–" if bound is None else bound.why,
            ]
        )
    never = ", ".join(f"`{rule}`" for rule in knowledge.bounds.never_off)
    return (
        f"{POLICIES}\n{table(['value', 'default', 'basis', 'site', 'why there'], rows)}\n\n"
        "A site may switch off rows of the decision table (`rules_off`), except the safety gates and the "
        f"rows that answer missing or doubtful data or keep advice within limits: {never}.\n"
    )


def assays(knowledge: Knowledge) -> str:
    """Return the assay table."""
    rows = [assay_cells(assay) for assay in knowledge.assays]
    head = [
        "assay",
        "unit",
        "positive from",
        "high above",
        "beside drug",
        "reflex",
        "verification",
        "evidence",
    ]
    return f"{ASSAYS}\n{table(head, rows)}\n"


def assay_cells(assay: Assay) -> list[str]:
    """Return one line of the assay table."""
    drug = "disturbed" if assay.drug_sensitive else "tolerant" if assay.drug_tolerant else "not known"
    reflex = assay.reflex_level_below_ug_ml
    return [
        assay.name,
        assay.unit,
        "–" if assay.positive_from is None else f"{assay.positive_from:.6g}",
        "–" if assay.high_above is None else f"{assay.high_above:.6g}",
        drug,
        "–" if reflex is None else f"below {number(reflex)} µg/mL",
        assay.verification.value,
        " ".join(f"`{row}`" for row in assay.evidence) or "–",
    ]


def evidence(knowledge: Knowledge) -> str:
    """Return the evidence rows by publication, in the order of year and name."""
    parts = [ROWS]
    for citation in sorted(knowledge.citations.values(), key=lambda entry: (entry.year, entry.id)):
        rows = [row for row in knowledge.evidence.values() if row.citation == citation.id]
        link = f" <{citation.url}>" if citation.url else ""
        parts.append(f"\n### {citation.short}\n\n{citation.reference}{link}\n")
        models = [
            model.id
            for model in knowledge.models.values()
            if citation.id in (*model.sources, *model.accuracy_sources)
        ]
        if models:
            names = ", ".join(f"`{name}`" for name in models)
            parts.append(f"Behind [population models](pharmacokinetics.md): {names}.\n")
        if not rows:
            continue
        head = ["row", "statement", "who, when", "value", "accuracy, %", "p", "n", "certainty"]
        parts.append(table(head, [evidence_cells(row) for row in rows]) + "\n")
    return "\n".join(parts)


def evidence_cells(row: EvidenceRow) -> list[str]:
    """Return one line of an evidence table."""
    who = f"{row.population}; {row.route}, {row.phase}"
    statement = row.statement
    if row.printed:
        statement += f" (Printed: {row.printed}.)"
    if row.note:
        statement += f" {row.note}"
    p = (
        "–"
        if row.p_value is None
        else f"{'' if row.p_comparator == '=' else row.p_comparator} {row.p_value:g}"
    )
    certainty = row.certainty
    if row.verification is not Verification.VERIFIED:
        certainty += f", {row.verification}"
    return [
        f"`{row.id}`",
        statement,
        who,
        figure(row),
        accuracy(row),
        p.strip(),
        count(row),
        certainty,
    ]


def figure(row: EvidenceRow) -> str:
    """Return the value of a row with its measure, interval and comparison."""
    if row.value is None:
        return "–"
    sign = f"{row.comparator} " if row.comparator else ""
    upper = f" to {number(row.value_upper)}" if row.value_upper is not None else ""
    text = f"{row.measure} {sign}{number(row.value)}{upper} {row.unit}".strip()
    if row.interval:
        text += f" ({row.interval} {number(row.lower)} to {number(row.upper)})"
    if row.versus is not None:
        spread = (
            "" if row.versus_lower is None else f" ({number(row.versus_lower)} to {number(row.versus_upper)})"
        )
        text += f", against {number(row.versus)}{spread}: {row.versus_group}"
    return text


def accuracy(row: EvidenceRow) -> str:
    """Return sensitivity, specificity, PPV and NPV, and the AUC where given."""
    figures = []
    for name in ("sensitivity", "specificity", "ppv", "npv"):
        value = getattr(row, name)
        figures.append(number(value) + ("†" if name in row.disputed else ""))
    text = "" if set(figures) == {"–"} else " / ".join(figures)
    if row.auc is not None:
        text = f"{text}; AUC {number(row.auc)}" if text else f"AUC {number(row.auc)}"
    return text or "–"


def count(row: EvidenceRow) -> str:
    """Return "51 of 105", "105", with the size of the comparison group where given."""
    if row.n is None:
        return "–"
    text = f"{row.count} of {row.n}" if row.count is not None else str(row.n)
    return f"{text}, against {row.versus_n}" if row.versus_n is not None else text


def ledger(knowledge: Knowledge) -> str:
    """Return what was left out or corrected, by founding document."""
    parts = [LEDGER]
    for document, name in DOCUMENTS.items():
        rows = [
            [entry.item, entry.kind, entry.reason, " ".join(f"`{row}`" for row in entry.evidence) or "–"]
            for entry in knowledge.ledger
            if entry.document == document
        ]
        parts.append(f"\n### {document}: {name}\n\n{table(['what', 'kind', 'reason', 'rows'], rows)}\n")
    return "\n".join(parts)


def generate() -> dict[str, str]:
    """Return the page by its path from the project's root."""
    knowledge = load_knowledge()
    counts = {
        kind: sum(row.verification is kind for row in knowledge.evidence.values()) for kind in Verification
    }
    summary = (
        f"\nKnowledge of {knowledge.version}: {len(knowledge.evidence)} evidence rows "
        f"({counts[Verification.VERIFIED]} verified, {counts[Verification.SECONDARY]} secondary, "
        f"{counts[Verification.UNVERIFIED]} unverified) from {len(knowledge.citations)} publications.\n"
    )
    sections = (targets, policies, assays, evidence, ledger)
    return {"docs/evidence.md": HEAD + summary + "".join(section(knowledge) for section in sections)}
