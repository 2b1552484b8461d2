"""Symmetric positive definite systems of a handful of unknowns; written out, as numpy costs more here."""

from __future__ import annotations

from collections.abc import Sequence
from operator import mul

Matrix = Sequence[Sequence[float]]
INDEFINITE = "the matrix is not positive definite"


def solve(matrix: Matrix, right: Sequence[float]) -> list[float]:
    """The solution x of matrix x = right. Raises `ValueError` where the matrix is not positive definite."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    size = len(rows)
    for place, upper in enumerate(rows):
        pivot = upper[place]
        if not pivot > 0.0:  # false for nan, too
            raise ValueError(INDEFINITE)
        for below in range(place + 1, size):
            factor = rows[below][place] / pivot
            rows[below] = [value - factor * other for value, other in zip(rows[below], upper, strict=True)]
    found = [0.0] * size
    for place in range(size - 1, -1, -1):
        row = rows[place]
        rest = row[size]
        for later in range(place + 1, size):
            rest -= row[later] * found[later]
        found[place] = rest / row[place]
    return found


def inverse(matrix: Matrix) -> list[list[float]]:
    """The inverse, symmetric to the last digit. Raises `ValueError` as `solve`."""
    size = len(matrix)
    places = range(size)
    rows = [[*row, *map(float, map(place.__eq__, places))] for place, row in enumerate(matrix)]
    for place in places:
        pivot = rows[place][place]
        if not pivot > 0.0:
            raise ValueError(INDEFINITE)
        own = rows[place] = [value / pivot for value in rows[place]]
        for other in places:
            if other != place:
                factor = rows[other][place]
                rows[other] = [value - factor * part for value, part in zip(rows[other], own, strict=True)]
    return [[0.5 * (rows[i][size + j] + rows[j][size + i]) for j in places] for i in places]


def times(matrix: Matrix, vector: Sequence[float]) -> list[float]:
    """Matrix times vector."""
    return [sum(map(mul, row, vector)) for row in matrix]


def dot(left: Sequence[float], right: Sequence[float]) -> float:
    """Sum of products."""
    return sum(map(mul, left, right))
