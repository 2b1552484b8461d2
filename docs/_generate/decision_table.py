"""Makes `docs/decision-table.md`: the rows in their order, and how all combinations fall on them."""

from collections import Counter

from tdm.decision import OptionKind
from tdm.gates import gate_order
from tdm.knowledge.loader import load_knowledge
from tdm.rules import Outcome, Rule
from tdm.table import build_table, first_match, numbers_of
from tests.tdm.enumeration import all_situations

FRONT_MATTER = """---
audience: clinicians, developers
type: reference
---
<!-- made by `make docs` from the code; do not edit -->

# The decision table

Safety gates come first; all that fire are named, and the first deciding one decides. Then the first row that
matches from the top answers. Then the filters look at the answer. "Low" is below the act-below limit of the
target row and includes undetectable; "low, detectable" does not. The numbers are those of the knowledge as
shipped; a site may replace some of them within bounds.
"""

FILTERS = {
    "R-ATI-3": (
        "before R-CAP-1: an answer to intensify while an antibody result is pending or unusable; assess"
    ),
    "R-CAP-1": (
        "an answer to intensify, but nothing stronger is allowed: switch where activity is confirmed "
        "outside induction, otherwise assess"
    ),
    "R-TIME-1": "after R-CAP-1: a switch on a trough of unverified or untimed timing becomes assess",
    "R-PHASE-1": "after R-CAP-1: a switch in a course whose start is unknown becomes assess",
    "R-DATA-2": "in place of R-DATA-1 or R-START-1: two different values at the newest instant; assess",
    "R-CENSOR-1": "the values that a reported limit may stand for lead to different answers; assess",
    "R-AGE-1": "the birth date is unknown, and child and adult would get different answers; assess",
    "R-TOTAL-1": "the last row: assess where no row matches; nothing in the enumeration below reaches it",
    "R-NA-1": "before the gates: infliximab is for another disease; no card",
    "R-NA-2": "after the filters: the site has switched the row off; no card, unless a gate fired",
    "R-NA-3": "before the gates: a chart without any trace of infliximab; no card",
}

READINGS = """
## How the protocol's silences are read

- The cap is looked at before timing and phase, so that a switch made by the cap cannot escape them.
- A switch at the cap leads out of the class, except where low antibodies explain a low level.
- Heart failure with no interval left to shorten is treated as the cap.
- On the perianal fistula row every intensification is weak, R-IMM-5 and R-LOR-1 included.
- Where the protocol names no certainty, assess and continue are moderate. They are weak where the row rests
  on subcutaneous, fistula or induction evidence, or on a site's choice not to be proactive.
- R-IMM-8 in induction holds for both routes: while drug is measurable, no single result leads to a switch.
- Recommended of an intensification is the labelled step where there is one: 10 mg/kg at an unchanged interval
  of eight weeks or more, for adults with active disease in maintenance. Otherwise it is the first step of the
  ladder: the interval shortened by two weeks, or in induction the next dose brought forward.
- A subcutaneous intensification recommends no step: the specialist chooses.
- A draft already does what is advised when it reaches any step of the ladder that is not provisional.
- R-IND-3 recommends re-induction as a whole; no single change of the order amounts to it.
- A positive tuberculosis test counts even if a later one is negative. Of results for hepatitis B surface
  antigen the newest decides.
- A reaction to infliximab of unreadable status counts as one. Any other gate whose records are all unclear is
  not evaluated.
- Less drug is not named on a trough of unverified or untimed timing, nor beside an antibody result that is
  pending or could not be used; the answer stays continue.
- An antibody result that could not be used may be positive: no reflex limit explains the absence of others,
  and where antibodies are otherwise unknown, or known from an older negative alone, exposure is not raised
  (R-ATI-3).
- A fired gate is shown even where the row that would have answered is switched off.
"""


def generate() -> dict[str, str]:
    """Return the page, by its path."""
    knowledge = load_knowledge()
    table = build_table(numbers_of(knowledge))
    answers: dict[str, Counter[str]] = {rule.id: Counter() for rule in table}
    offered: dict[str, set[str]] = {rule.id: set() for rule in table}
    total = 0
    for situation in all_situations():
        total += 1
        rule = first_match(table, situation)
        outcome = rule.outcome(situation)
        answers[rule.id][answer_words(outcome)] += 1
        offered[rule.id].update(offer.kind.value for offer in outcome.offers)
    parts = [FRONT_MATTER, "## Safety gates, in order\n"]
    limit = f"{knowledge.policy.heart_failure_maximum_dose_mg_per_kg:g} mg/kg"
    weeks = f"more than {knowledge.policy.new_course_gap_days / 7:g}"
    words = {"limit": limit, "weeks": weeks, "finding": "ALT or jaundice", "order": "dose and interval"}
    parts += [f"- **{gate}**: {knowledge.gates[gate].text.format_map(words)}" for gate in gate_order()]
    parts += ["\n## Rows, in order\n", "| row | holds when | answer | options named |", "|---|---|---|---|"]
    parts += [row_line(rule, answers[rule.id], offered[rule.id]) for rule in table]
    parts += ["\n## Answers beside the rows\n", "| id | meaning |", "|---|---|"]
    parts += [f"| {name} | {meaning} |" for name, meaning in FILTERS.items()]
    parts.append(READINGS.rstrip("\n"))
    parts += coverage(answers, total)
    return {"docs/decision-table.md": "\n".join(parts) + "\n"}


def row_line(rule: Rule, answers: Counter[str], offered: set[str]) -> str:
    """Return one row of the table in words."""
    words = "; ".join(condition.words for condition in rule.conditions) or "nothing above matched"
    order = [*(kind.value for kind in OptionKind), "escalation", "de-escalation"]
    options = ", ".join(name for name in order if name in offered)
    return f"| {rule.id} | {words} | {'; '.join(sorted(answers)) or 'assess (weak)'} | {options} |"


def answer_words(outcome: Outcome) -> str:
    """Return verdict, direction and certainty in words."""
    direction = "" if outcome.direction is None else f" {outcome.direction.value}"
    return f"{outcome.verdict.value}{direction} ({outcome.certainty.value})"


def coverage(answers: dict[str, Counter[str]], total: int) -> list[str]:
    """Return how many combinations fall on each row."""
    lines = [
        "\n## Coverage\n",
        f"{total:,} combinations of route, age group, phase, level, antibodies, activity, fistula, policy.",
        "Levels are: none, every edge, and a value to either side. Each is answered by exactly one row.\n",
        "| row | combinations | answers |",
        "|---|---|---|",
    ]
    for name, counted in answers.items():
        split = "; ".join(f"{words}: {count:,}" for words, count in sorted(counted.items()))
        lines.append(f"| {name} | {counted.total():,} | {split} |")
    return lines
