"""The figures and plots of `docs/forecast.md`: complete, as promised, and the same bytes each time."""

from __future__ import annotations

import ast
import json
from typing import Any

import pytest

from tests.campaigns.pharmacokinetics import cohort, decision_value, recovery, study
from tests.campaigns.pharmacokinetics.forecaster import foretell
from tests.campaigns.pharmacokinetics.plots import draw
from tests.campaigns.pharmacokinetics.published import COMBINED, PASSOT, REACH


@pytest.fixture(scope="module")
def figures() -> dict[str, Any]:
    return json.loads(study.FIGURES.read_text(encoding="utf-8"))


def test_the_figures_are_those_of_a_full_run(figures):
    assert figures["seed"] == study.SEED
    assert figures["patients"] == {"recovery": 1_000, "decision": 2_000, "cohort": 20_000}
    assert list(figures["recovery"]) == [arm[1] for arm in recovery.arms()]
    assert all(arm["patients"] == 1_000 for arm in figures["recovery"].values())
    for scenario in decision_value.SCENARIOS:
        sizes = [group["forecast"]["patients"] for group in figures["decision"][scenario].values()]
        assert sum(sizes) == 2_000


def test_the_interval_of_every_model_covers_75_to_85_percent_in_the_full_run(figures):
    assert recovery.complaints(figures["recovery"]) == []


def test_the_figures_are_those_of_this_code(figures):
    """One arm in full; a change of the numerics that moves it asks for `make forecast-study`."""
    place, arm = next((place, arm) for place, arm in enumerate(recovery.arms()) if arm[0] == PASSOT)
    fresh = recovery.summary(recovery.run(arm, study.RECOVERY_PATIENTS, study.SEED + place, foretell))
    written = figures["recovery"][arm[1]]
    for what in ("before", "after", "option"):
        assert fresh[what] == pytest.approx(written[what], rel=0.02, abs=0.3)


def test_what_is_said_to_be_likely_comes_true_as_often_in_the_full_run(figures):
    assert [row["from_percent"] for row in figures["calibration"]] == [0, 20, 40, 60, 80]
    assert sum(row["cases"] for row in figures["calibration"]) == 2 * 7_000
    assert recovery.astray(figures["calibration"]) == []


def test_the_bracket_holds_also_where_bodies_follow_another_model(figures):
    brackets = [row for row in figures["other_bodies"] if len(row["asked"]) == 2]
    assert len(brackets) == 3
    for row in brackets:
        assert min(row[what]["coverage_percent"] for what in ("before", "after", "option")) >= 75


def test_the_plots_are_drawn_from_the_figures_and_are_the_same_bytes_each_time(figures, tmp_path):
    for path in draw(figures, tmp_path):
        text = path.read_text(encoding="utf-8")
        assert text == (study.IMAGES / path.name).read_text(encoding="utf-8"), path.name
        assert "dc:date" not in text


def test_the_page_is_made_without_drawing(repository):
    tree = ast.parse((repository / "docs" / "_generate" / "forecast.py").read_text(encoding="utf-8"))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported.isdisjoint({"matplotlib", "numpy", "scipy", "tests"})


def test_a_small_study_gives_the_same_figures_twice_and_every_part_of_them():
    first, second = (study.rounded(study.study(3, 4, 100, 5)) for _ in range(2))
    assert first == second
    assert set(first) == set(json.loads(study.FIGURES.read_text(encoding="utf-8")))
    assert json.loads(json.dumps(first)) == first


def test_the_models_are_near_the_medians_that_were_simulated_elsewhere_where_covariates_are_stated():
    """Weights are assumed, so near means within a fifth."""
    for anchor in cohort.ANCHORS:
        if anchor.population == "children" and anchor.model in {REACH, COMBINED}:
            true, _ = cohort.troughs(anchor, 4_000, 3)
            assert sorted(true)[2_000] == pytest.approx(anchor.elsewhere_median, rel=0.2)
