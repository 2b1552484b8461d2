"""Small systems against numpy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tdm.pharmacokinetics.linear_algebra import dot, inverse, solve, times


def assert_as_numpy(size, seed):
    random = np.random.default_rng(seed)
    root = random.normal(size=(size, size))
    matrix = root @ root.T + 0.1 * np.eye(size)
    right = random.normal(size=size)
    rows = matrix.tolist()
    assert solve(rows, right.tolist()) == pytest.approx(np.linalg.solve(matrix, right).tolist(), rel=1e-8)
    found = inverse(rows)
    assert found == [list(column) for column in zip(*found, strict=True)]
    assert np.allclose(found, np.linalg.inv(matrix), rtol=1e-8, atol=1e-10)
    assert rows == matrix.tolist()
    assert times(rows, right.tolist()) == pytest.approx((matrix @ right).tolist())
    assert dot(right.tolist(), right.tolist()) == pytest.approx(float(right @ right))


@given(st.integers(1, 6), st.integers(0, 10_000))
def test_solution_and_inverse_are_those_of_numpy(size, seed):
    assert_as_numpy(size, seed)


@pytest.mark.parametrize("size", range(1, 7))
def test_solution_and_inverse_of_one_system_of_each_size_are_those_of_numpy(size):
    assert_as_numpy(size, size)


def test_sides_of_another_length_than_the_matrix_are_refused():
    with pytest.raises(ValueError, match="zip"):
        solve([[1.0, 0.0], [0.0, 1.0]], [1.0])


@pytest.mark.parametrize(
    "matrix", [[[0.0]], [[-1.0]], [[1.0, 2.0], [2.0, 1.0]], [[float("nan")]], [[1.0, 1.0], [1.0, 1.0]]]
)
def test_what_is_not_positive_definite_is_refused(matrix):
    for one in (lambda: solve(matrix, [1.0] * len(matrix)), lambda: inverse(matrix)):
        with pytest.raises(ValueError, match="not positive definite"):
            one()
