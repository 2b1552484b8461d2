"""`python -m tests.campaigns.pharmacokinetics.study`: the figures of `docs/forecast.md` and their plots.

The figures go to `docs/forecast-figures.json`, plots to `docs/images`; `make docs` puts them into the page.
`--plots` draws them anew from the figures as they are. All chance is seeded: same code, same figures.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from tdm.knowledge.loader import load_knowledge
from tests.campaigns.pharmacokinetics import cohort, courses, decision_value, recovery
from tests.campaigns.pharmacokinetics.courses import Case
from tests.campaigns.pharmacokinetics.forecaster import deciding, foretell, foretell_together, recommend
from tests.campaigns.pharmacokinetics.published import HANZEL, MODELS, PASSOT, XU
from tests.campaigns.pharmacokinetics.recovery import Answers
from tests.campaigns.pharmacokinetics.strategies import (
    Strategy,
    by_forecast,
    proportional,
    standard,
    stepwise,
)

ROOT = Path(__file__).resolve().parents[3]
FIGURES = ROOT / "docs" / "forecast-figures.json"
IMAGES = ROOT / "docs" / "images"

SEED = 20261126
RECOVERY_PATIENTS = 1_000
DECISION_PATIENTS = 2_000
CEILING_LIMITS = (0.5, 0.6, 0.7, 0.8)
STRATEGIES = {
    "standard": standard,
    "stepwise": stepwise,
    "proportional": proportional,
    "forecast": by_forecast(recommend),
}


def study(recovery_patients: int, decision_patients: int, cohort_patients: int, seed: int) -> dict[str, Any]:
    """Run everything; each arm has chance of its own."""
    arms = recovery.arms()
    recovered = {
        arm[1]: recovery.run(arm, recovery_patients, seed + place, foretell) for place, arm in enumerate(arms)
    }
    by_phase = [arm for arm in arms if MODELS[arm[0]].occasion_variance]
    return {
        "seed": seed,
        "patients": {"recovery": recovery_patients, "decision": decision_patients, "cohort": cohort_patients},
        "recovery": {name: recovery.summary(pairs) for name, pairs in recovered.items()},
        "calibration": recovery.calibration(pair for pairs in recovered.values() for pair in pairs),
        "recovery_by_phase": {
            arm[1]: recovery.summary(
                recovery.run(arm, recovery_patients, seed + place, foretell, by_phase=True)
            )
            for place, arm in enumerate(by_phase)
        },
        "other_bodies": _other_bodies(recovery_patients, seed),
        "decision": {
            scenario: decision_value.summary(
                decision_value.run(scenario, decision_patients, seed, STRATEGIES)
            )
            for scenario in decision_value.SCENARIOS
        },
        "ceiling_limits": {
            f"{limit:.1f}": {
                scenario: decision_value.summary(
                    decision_value.run(scenario, decision_patients, seed, {"forecast": _with_limit(limit)})
                )
                for scenario in decision_value.SCENARIOS
            }
            for limit in CEILING_LIMITS
        },
        "cohort": cohort.summary(cohort_patients, seed),
    }


def _other_bodies(count: int, seed: int) -> list[dict[str, Any]]:
    """Return how the deciding models fare in bodies that follow another one, alone and together."""
    rows = []
    for truth, child in ((XU, True), (PASSOT, False), (HANZEL, False)):
        arm = (truth, MODELS[truth].name, courses.intravenous())
        pair = tuple(one.id for one in deciding(child=child))
        for asked in ((pair[0],), (pair[1],), pair):

            def together(_: str, case: Case, asked: tuple[str, ...] = asked) -> Answers:
                return foretell_together(asked, case)

            found = recovery.summary(recovery.run(arm, count, seed, together, child=child))
            rows.append(
                {
                    "population": "children" if child else "adults",
                    "truth": MODELS[truth].name,
                    "asked": [MODELS[identifier].name for identifier in asked],
                    **{what: found[what] for what in ("before", "after", "option")},
                }
            )
    return rows


def _with_limit(limit: float) -> Strategy:
    """Return (d) with another limit on the chance of passing the ceiling."""
    policy = replace(load_knowledge().policy, forecast_ceiling_chance_limit=limit)
    return by_forecast(partial(recommend, policy=policy))


def rounded(value: Any) -> Any:
    """Round every figure to three decimals, which the last bits of a processor leave alone."""
    if isinstance(value, dict):
        return {key: rounded(part) for key, part in value.items()}
    if isinstance(value, list):
        return [rounded(part) for part in value]
    return round(value, 3) + 0.0 if isinstance(value, float) else value


def main(arguments: Sequence[str]) -> int:
    """Run, write, draw."""
    parser = argparse.ArgumentParser(prog="forecast-study")
    parser.add_argument("--plots", action="store_true", help="draw only, from the figures as they are")
    parser.add_argument(
        "--share", type=float, default=1.0, help="a part of the patients; prints, writes nothing"
    )
    chosen = parser.parse_args(arguments)
    if not chosen.plots:
        began = time.monotonic()
        share = chosen.share
        sizes = [round(share * size) for size in (RECOVERY_PATIENTS, DECISION_PATIENTS, cohort.COUNT)]
        text = json.dumps(rounded(study(*sizes, SEED)), indent=1, ensure_ascii=False) + "\n"
        sys.stderr.write(f"{time.monotonic() - began:.0f} s\n")
        if share != 1.0:
            sys.stdout.write(text)
            return 0
        FIGURES.write_text(text, encoding="utf-8")
    figures = json.loads(FIGURES.read_text(encoding="utf-8"))
    from tests.campaigns.pharmacokinetics.plots import draw  # noqa: PLC0415 (only drawing needs matplotlib)

    for path in draw(figures, IMAGES):
        sys.stdout.write(f"drawn: {path.relative_to(ROOT).as_posix()}\n")
    found = recovery.complaints(figures["recovery"]) + recovery.astray(figures["calibration"])
    sys.stdout.writelines(f"not as promised: {one}\n" for one in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
