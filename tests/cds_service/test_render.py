"""JSON out is exact, and what JSON cannot say is refused."""

import math

import orjson
import pytest

from cds_service.render import NotFiniteError, render_json


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_not_finite_is_refused_at_any_depth(value: float) -> None:
    for holder in (value, [value], {"a": ({"b": value},)}):
        with pytest.raises(NotFiniteError):
            render_json(holder)


def test_a_real_null_and_the_word_null_pass() -> None:
    assert render_json({"a": [None, "null", 1.5]}) == b'{"a":[null,"null",1.5]}'


def test_text_that_is_not_unicode_is_refused() -> None:
    with pytest.raises(orjson.JSONEncodeError):
        render_json("\ud800")
