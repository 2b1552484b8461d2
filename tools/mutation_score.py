"""Reads what `mutmut run` left behind: the score of each module and part, and every survivor by name.

`--table` prints the modules as the table of docs/mutation.md. A module that has not run whole is marked with
the interval that its score lies in with 95 % confidence: what ran of it is a sample in the order of a seed.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterable
from math import sqrt
from pathlib import Path

from mutmut.stats import status_by_exit_code

ROOT = Path(__file__).resolve().parent.parent
MUTANTS = ROOT / "mutants"
# The part of the tree, and the share of mutants in per cent that its tests must notice.
BARS = {"tdm": 95, "fhir_mappings": 90}
NOTICED = frozenset({"killed", "timeout", "segfault", "caught by type check"})
# What a first pass left open ("interrupted") counts as not noticed until the other tests have been asked.
NOT_JUDGED = frozenset({"skipped", "not checked"})
NORMAL_QUANTILE = 1.96
HEAD = (
    "| Module | Mutants | Run | Noticed | Survived | Timeout | Score |",
    "|---|---:|---:|---:|---:|---:|---:|",
)


def modules(part: str) -> dict[str, dict[str, str]]:
    """Return the outcomes of a part's mutants by their names, for each module that has any."""
    found = {}
    for path in sorted((MUTANTS / part).rglob("*.meta")):
        codes = json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"]
        if codes:
            name = path.relative_to(MUTANTS).as_posix().removesuffix(".meta")
            found[name] = {mutant: status_by_exit_code[code] for mutant, code in codes.items()}
    return found


def outcomes(part: str) -> dict[str, str]:
    """Return the outcome of every mutant of a part, by the mutant's name."""
    return {mutant: status for found in modules(part).values() for mutant, status in found.items()}


def judged(statuses: Iterable[str]) -> list[str]:
    """Return the outcomes of the mutants that ran."""
    return [status for status in statuses if status not in NOT_JUDGED]


def score(statuses: Iterable[str]) -> float:
    """Return the noticed share of the judged mutants, in per cent; 0 when none was judged."""
    ran = judged(statuses)
    return 100 * sum(status in NOTICED for status in ran) / len(ran) if ran else 0.0


def interval(noticed: int, ran: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share, in per cent."""
    if not ran:
        return 0.0, 100.0
    share, z = noticed / ran, NORMAL_QUANTILE
    middle = (share + z * z / (2 * ran)) / (1 + z * z / ran)
    reach = z * sqrt(share * (1 - share) / ran + z * z / (4 * ran * ran)) / (1 + z * z / ran)
    return 100 * max(0.0, middle - reach), 100 * min(1.0, middle + reach)


def row(name: str, statuses: Iterable[str]) -> str:
    """Return the row of a module, or of a part."""
    of = list(statuses)
    ran = judged(of)
    noticed = sum(status in NOTICED for status in ran)
    shown = f"{score(of):.1f} %"
    if len(ran) < len(of):
        low, high = interval(noticed, len(ran))
        shown += f" ({low:.1f} to {high:.1f})"
    counts = (len(of), len(ran), noticed, len(ran) - noticed, ran.count("timeout"))
    return f"| {name} | {' | '.join(map(str, counts))} | {shown} |"


def table(part: str) -> list[str]:
    """Return the modules of a part and its sum as a table."""
    rows = [row(f"`{name}`", found.values()) for name, found in modules(part).items()]
    return [*HEAD, *rows, row(f"**{part}**", outcomes(part).values())]


def main() -> int:
    """Print scores and survivors; 1 when a part stays below its bar."""
    if sys.argv[1:] == ["--table"]:
        sys.stdout.write("\n\n".join("\n".join(table(part)) for part in BARS) + "\n")
        return 0
    below = 0
    for part, bar in BARS.items():
        found = outcomes(part)
        reached = score(found.values())
        counts = ", ".join(f"{count} {status}" for status, count in sorted(Counter(found.values()).items()))
        ran = len(judged(found.values()))
        sys.stdout.write(f"{part}: {reached:.1f} % of {ran} judged mutants noticed (bar {bar} %); {counts}\n")
        for name, status in sorted(found.items()):
            if status not in NOTICED | NOT_JUDGED:
                sys.stdout.write(f"  {status}: {name}\n")
        below += reached < bar
    return 1 if below else 0


if __name__ == "__main__":
    sys.exit(main())
