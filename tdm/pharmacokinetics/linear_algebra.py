"""Symmetric positive definite systems of a handful of unknowns; written out, as numpy costs more here."""

from __future__ import annotations

import math
from collections.abc import Sequence

Matrix = Sequence[Sequence[float]]


def cholesky(matrix: Matrix) -> list[list[float]]:
    """The lower triangle L with L L' = matrix. Raises `ValueError` where it is not positive definite."""
    size = len(matrix)
    lower = [[0.0] * size for _ in range(size)]
    for row in range(size):
        for column in range(row + 1):
            rest = matrix[row][column]
            for k in range(column):
                rest -= lower[row][k] * lower[column][k]
            if row > column:
                lower[row][column] = rest / lower[column][column]
            elif rest > 0.0:  # false for nan, too
                lower[row][row] = math.sqrt(rest)
            else:
                raise ValueError("the matrix is not positive definite")
    return lower


def solve(lower: Matrix, right: Sequence[float]) -> list[float]:
    """The solution of L L' x = right."""
    size = len(lower)
    found = list(right)
    for row in range(size):
        for k in range(row):
            found[row] -= lower[row][k] * found[k]
        found[row] /= lower[row][row]
    for row in reversed(range(size)):
        for k in range(row + 1, size):
            found[row] -= lower[k][row] * found[k]
        found[row] /= lower[row][row]
    return found


def inverse(lower: Matrix) -> list[list[float]]:
    """The inverse of L L', symmetric to the last digit."""
    size = len(lower)
    columns = [solve(lower, [float(row == column) for row in range(size)]) for column in range(size)]
    return [[0.5 * (columns[i][j] + columns[j][i]) for j in range(size)] for i in range(size)]


def times(matrix: Matrix, vector: Sequence[float]) -> list[float]:
    """Matrix times vector."""
    return [sum(map(_product, row, vector)) for row in matrix]


def dot(left: Sequence[float], right: Sequence[float]) -> float:
    """Sum of products."""
    return sum(map(_product, left, right))


_product = float.__mul__
