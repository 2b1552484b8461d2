"""Symmetric positive definite systems of a handful of unknowns; written out, as numpy costs more here."""

from __future__ import annotations

from collections.abc import Sequence
from operator import mul

Matrix = Sequence[Sequence[float]]
INDEFINITE = "the matrix is not positive definite"


def solve(matrix: Matrix, right: Sequence[float]) -> list[float]:
    """The solution x of matrix x = right. Raises `ValueError` where the matrix is not positive definite.

    Elimination without pivoting, which is stable for such a matrix; what is left to do stays symmetric, so
    that the upper triangle is enough.
    """
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    size = len(rows)
    for place, upper in enumerate(rows):
        pivot = upper[place]
        if not pivot > 0.0:  # false for nan, too
            raise ValueError(INDEFINITE)
        for below in range(place + 1, size):
            row, factor = rows[below], upper[below] / pivot
            for column in range(below, size + 1):
                row[column] -= factor * upper[column]
    found = [0.0] * size
    for place in range(size - 1, -1, -1):
        row = rows[place]
        rest = row[size]
        for later in range(place + 1, size):
            rest -= row[later] * found[later]
        found[place] = rest / row[place]
    return found


def inverse(matrix: Matrix) -> list[list[float]]:
    """The inverse, symmetric to the last digit. Raises `ValueError` as `solve`.

    The sweep operator on the lower triangle: each unknown in turn trades places with its equation. Once all
    have, the negative of the inverse is left.
    """
    rows = [list(row[: place + 1]) for place, row in enumerate(matrix)]
    for place in range(len(rows)):
        pivot = rows[place][place]
        if not pivot > 0.0:
            raise ValueError(INDEFINITE)
        column = rows[place]
        column[place] = -1.0
        rows[place] = [0.0] * (place + 1)
        for row in rows[place + 1 :]:
            column.append(row[place])
            row[place] = 0.0
        for row, entry in zip(rows, column, strict=True):
            factor = entry / pivot
            for other in range(len(row)):
                row[other] -= factor * column[other]
    found: list[list[float]] = []
    for row in rows:
        negated = [-entry for entry in row]
        for known, entry in zip(found, negated, strict=False):
            known.append(entry)
        found.append(negated)
    return found


def times(matrix: Matrix, vector: Sequence[float]) -> list[float]:
    """Matrix times vector."""
    return [sum(map(mul, row, vector)) for row in matrix]


def dot(left: Sequence[float], right: Sequence[float]) -> float:
    """Sum of products."""
    total: float = sum(map(mul, left, right))
    return total
