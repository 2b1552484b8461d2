"""A predicted level as a distribution: its interval and its probabilities are one and the same."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from tdm.pharmacokinetics.posterior import Z_80
from tdm.pharmacokinetics.predicted import NOTHING, spread_about

WIDTHS = st.floats(0.05, 3.0)
MEDIANS = st.floats(0.05, 60.0)


@given(MEDIANS, WIDTHS, WIDTHS)
def test_the_interval_holds_eighty_of_a_hundred(median, below, above):
    found = spread_about(median, below, above)
    assert found.lower_ug_ml == pytest.approx(median * math.exp(-below))
    assert found.upper_ug_ml == pytest.approx(median * math.exp(above))
    assert found.probability_at_least(found.lower_ug_ml) == pytest.approx(0.9, abs=1e-6)
    assert found.probability_at_least(found.median_ug_ml) == pytest.approx(0.5, abs=1e-6)
    assert found.probability_above(found.upper_ug_ml) == pytest.approx(0.1, abs=1e-6)


@given(MEDIANS, WIDTHS, WIDTHS, st.lists(st.floats(0.001, 500.0), min_size=2, max_size=6).map(sorted))
def test_a_higher_level_is_never_likelier(median, below, above, levels):
    found = spread_about(median, below, above)
    chances = [found.probability_at_least(level) for level in levels]
    assert chances == sorted(chances, reverse=True)
    assert all(0.0 <= chance <= 1.0 for chance in chances)


@given(MEDIANS, WIDTHS, st.floats(0.1, 200.0))
def test_without_skew_it_is_log_normal(median, width, level):
    expected = norm.sf(math.log(level / median) * Z_80 / width)
    assert spread_about(median, width, width).probability_at_least(level) == pytest.approx(expected, abs=1e-9)


def test_a_normal_logarithm_of_clearance_gives_the_skew_of_its_trough():
    """ln C = a - k * exp(s z): the shape is exact for it at every level, not only at the interval's ends."""
    k, s = 3.0, 0.3
    log_level = lambda z: 4.0 - k * math.exp(-s * z)  # noqa: E731 (one line, twice used)
    median = math.exp(log_level(0.0))
    found = spread_about(median, log_level(0.0) - log_level(-Z_80), log_level(Z_80) - log_level(0.0))
    for z in (-2.5, -1.0, 0.3, 2.0, 3.0):
        assert found.probability_at_least(math.exp(log_level(z))) == pytest.approx(norm.sf(z), rel=1e-9)
    assert found.probability_at_least(math.exp(4.1)) == 0.0  # beyond what no clearance at all would give


def test_a_distribution_that_ends_below_is_certain_to_lie_above_its_end():
    found = spread_about(5.0, 0.1, 2.0)
    assert found.skew < 0.0
    assert found.probability_at_least(0.5) == 1.0


def test_of_another_dose_everything_is_in_proportion():
    one = spread_about(0.01, 0.5, 0.4)
    many = one.of_amount(350.0)
    assert many.median_ug_ml == pytest.approx(3.5)
    assert many.probability_at_least(3.5 * 1.2) == pytest.approx(one.probability_at_least(0.012))
    assert many.upper_ug_ml == pytest.approx(one.upper_ug_ml * 350.0)
    assert many.lower_ug_ml == pytest.approx(one.lower_ug_ml * 350.0)


def test_no_drug_reaches_nothing_and_what_is_certain_is_certain():
    assert NOTHING.probability_at_least(0.1) == 0.0
    assert NOTHING.probability_at_least(0.0) == 1.0
    certain = spread_about(4.0, 0.0, 0.0)
    assert (certain.lower_ug_ml, certain.upper_ug_ml) == (4.0, 4.0)
    assert certain.probability_at_least(4.0) == 1.0
    assert certain.probability_at_least(4.1) == 0.0


# The same for distributions that stay the same from run to run: with a longer tail below, above, and neither.
SHAPES = pytest.mark.parametrize(
    ("median", "below", "above"),
    [(3.0, 0.9, 0.6), (3.0, 0.6, 0.9), (0.2, 1.0, 1.0), (40.0, 0.05, 0.5), (5.0, 2.5, 0.3)],
)


@SHAPES
def test_each_shape_has_the_interval_that_it_was_made_of(median, below, above):
    found = spread_about(median, below, above)
    assert (found.median_ug_ml, found.lower_ug_ml, found.upper_ug_ml) == pytest.approx(
        (median, median * math.exp(-below), median * math.exp(above))
    )
    for level, chance in (
        (found.lower_ug_ml, 0.9),
        (found.median_ug_ml, 0.5),
        (found.upper_ug_ml, 0.1),
    ):
        assert found.probability_at_least(level) == pytest.approx(chance, abs=1e-9)
        assert found.probability_above(level) == found.probability_at_least(level)


@SHAPES
def test_the_chance_of_a_level_is_that_of_the_deviation_which_leads_to_it(median, below, above):
    """A level is drawn as the description says: scale and skew turn a standard normal into its logarithm."""
    found = spread_about(median, below, above)
    for z in (-3.0, -1.5, -0.2, 0.7, 2.0, 3.5):
        turned = (1.0 - math.exp(-found.skew * z)) / found.skew if found.skew else z
        level = median * math.exp(found.scale * turned)
        assert found.probability_at_least(level) == pytest.approx(norm.sf(z), rel=1e-8)


def test_a_shape_that_is_nearly_symmetric_goes_over_into_the_log_normal():
    even = spread_about(3.0, 0.5, 0.5)
    for apart in (1e-12, 1e-8, 1e-6):
        for below in (0.5 + apart, 0.5 - apart):
            nearly = spread_about(3.0, below, 0.5)
            for level in (1.0, 2.5, 3.0, 4.0, 9.0):
                assert nearly.probability_at_least(level) == pytest.approx(
                    even.probability_at_least(level), abs=1e-5
                )


@pytest.mark.parametrize(("below", "above"), [(0.0, 0.5), (0.5, 0.0), (-0.1, 0.5), (0.5, -0.1)])
def test_where_one_side_has_no_width_nothing_is_left_to_chance(below, above):
    found = spread_about(4.0, below, above)
    assert (found.scale, found.skew) == (0.0, 0.0)
    assert (found.probability_at_least(3.9), found.probability_at_least(4.1)) == (1.0, 0.0)


def test_a_level_of_nothing_is_always_reached_and_a_small_one_is_not():
    found = spread_about(0.3, 3.0, 2.0)
    assert found.probability_at_least(0.0) == 1.0
    assert found.probability_at_least(-1.0) == 1.0
    assert 0.5 < found.probability_at_least(0.01) < 1.0


def test_beyond_its_ends_a_distribution_is_certain():
    """A longer tail below ends above, and the other way round: at scale / skew from the median."""
    ends_above, ends_below = spread_about(5.0, 2.0, 0.3), spread_about(5.0, 0.3, 2.0)
    assert ends_above.skew > 0.0 > ends_below.skew
    for found, before, beyond in ((ends_above, -1e-3, 1e-3), (ends_below, 1e-3, -1e-3)):
        end = found.scale / found.skew
        certain = 0.0 if found.skew > 0.0 else 1.0
        near = found.probability_at_least(5.0 * math.exp(end + before))
        assert near == pytest.approx(certain, abs=0.02)
        assert near != certain
        assert found.probability_at_least(5.0 * math.exp(end + beyond)) == certain
        assert found.probability_at_least(5.0 * math.exp(2.0 * end)) == certain


def test_a_proportion_keeps_the_shape():
    one = spread_about(0.01, 0.5, 0.4)
    assert one.of_amount(2.0)[3:] == one[3:]
    assert one.of_amount(0.0).probability_at_least(0.1) == 0.0
