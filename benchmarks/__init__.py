"""Benchmarks: every figure in the documentation has its command here. Never part of the test suite."""
