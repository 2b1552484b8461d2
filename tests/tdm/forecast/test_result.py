"""A trough by two models: the bracket, the interval that holds both, and the more cautious chances."""

from tdm.forecast.result import ModelTrough, TroughForecast

TWO = TroughForecast(
    (
        ModelTrough("one", 5.9, 3.1, 9.8, reaches=0.64, exceeds=0.12),
        ModelTrough("other", 3.9, 2.0, 7.0, reaches=0.3, exceeds=0.2),
    ),
    5.0,
    9.0,
)


def test_the_bracket_goes_from_the_lowest_to_the_highest_median():
    assert TWO.medians_ug_ml == (3.9, 5.9)


def test_the_interval_holds_those_of_both_models():
    assert TWO.interval_ug_ml == (2.0, 9.8)


def test_the_chances_are_those_of_the_more_cautious_model():
    assert (TWO.reaches, TWO.exceeds) == (0.3, 0.2)


def test_no_chance_is_claimed_where_none_was_asked():
    unasked = TroughForecast((ModelTrough("one", 5.9, 3.1, 9.8),))
    assert (unasked.reaches, unasked.exceeds) == (None, None)
