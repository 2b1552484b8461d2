"""Reads what `mutmut run` left behind: the score of each part against its bar, and every survivor by name."""

import json
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from mutmut.stats import status_by_exit_code

ROOT = Path(__file__).resolve().parent.parent
MUTANTS = ROOT / "mutants"
# The part of the tree, and the share of mutants in per cent that its tests must notice.
BARS = {"tdm": 95, "fhir_mappings": 90}
NOTICED = frozenset({"killed", "timeout", "segfault", "caught by type check"})
NOT_JUDGED = frozenset({"skipped", "not checked", "check was interrupted by user"})


def outcomes(part: str) -> dict[str, str]:
    """Return the outcome of every mutant of a part, by the mutant's name."""
    found: dict[str, str] = {}
    for path in sorted((MUTANTS / part).rglob("*.meta")):
        codes = json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"]
        found.update({name: status_by_exit_code[code] for name, code in codes.items()})
    return found


def score(statuses: Iterable[str]) -> float:
    """Return the noticed share of the judged mutants, in per cent; 0 when none was judged."""
    judged = [status for status in statuses if status not in NOT_JUDGED]
    return 100 * sum(status in NOTICED for status in judged) / len(judged) if judged else 0.0


def main() -> int:
    """Print scores and survivors; 1 when a part stays below its bar."""
    below = 0
    for part, bar in BARS.items():
        found = outcomes(part)
        reached = score(found.values())
        counts = ", ".join(f"{count} {status}" for status, count in sorted(Counter(found.values()).items()))
        judged = sum(status not in NOT_JUDGED for status in found.values())
        sys.stdout.write(
            f"{part}: {reached:.1f} % of {judged} judged mutants noticed (bar {bar} %); {counts}\n"
        )
        for name, status in sorted(found.items()):
            if status not in NOTICED | NOT_JUDGED:
                sys.stdout.write(f"  {status}: {name}\n")
        below += reached < bar
    return 1 if below else 0


if __name__ == "__main__":
    sys.exit(main())
