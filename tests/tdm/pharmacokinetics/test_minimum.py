"""The way down to an estimate: how many steps it may take, and that it is short where it can be."""

from __future__ import annotations

from unittest.mock import patch

import pytest

from tdm.pharmacokinetics import minimum as search
from tdm.pharmacokinetics.estimate import estimate
from tdm.pharmacokinetics.history import Sample
from tests.tdm.pharmacokinetics.patients import MODELS, covariates, standard_history

WEEKLY = [Sample(42.0, 9.0), Sample(98.0, 2.2), Sample(154.0, 3.1), Sample(170.0, 20.0)]


def test_a_search_may_take_as_many_steps_as_it_is_allowed_and_no_more():
    history = standard_history(covariates(), samples=WEEKLY)
    for model in MODELS.values():
        usual = estimate(model, history)
        assert usual.iterations > 1
        for allowed, converged in ((usual.iterations, True), (usual.iterations - 1, False)):
            with patch.object(search, "MAX_ITERATIONS", allowed):
                found = estimate(model, history)
            assert (found.converged, found.iterations) == (converged, allowed)


@pytest.mark.parametrize("name", list(MODELS))
def test_a_level_as_expected_is_found_at_once(name):
    """The typical patient is the minimum then, or nearly: three steps are enough to find out."""
    model = MODELS[name]
    (usual,) = estimate(model, standard_history(covariates(), samples=[Sample(98.0, 3.0)])).a_priori
    samples = [Sample(98.0, usual.median_ug_ml)]
    found = estimate(model, standard_history(covariates(), samples=samples))
    assert found.converged
    assert found.iterations <= 3
    assert max(map(abs, found.eta)) < 0.1
