"""The requirements that bind a CDS Service, and which tests say that they verify them.

Tests are read, not run: a mark counts where it stands in the source, on a function, a class or a module.
"""

import ast
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
TABLE = Path(__file__).resolve().parent / "requirements.csv"

COVERED = "covered"
NOT_APPLICABLE = "not-applicable"
OPEN = "open"
STATUSES = (COVERED, NOT_APPLICABLE, OPEN)


@dataclass(frozen=True, slots=True)
class Requirement:
    """One row: a requirement in our own words, and how we stand to it."""

    set_name: str
    number: str
    conformance: str
    summary: str
    status: str
    reason: str

    @property
    def identifier(self) -> str:
        """The name by which a test refers to it, such as `cds-hooks_2.0@83`."""
        return f"{self.set_name}@{self.number}"


@dataclass(frozen=True, slots=True)
class Verification:
    """One test that says it verifies a requirement."""

    identifier: str
    path: str
    test: str


def read_requirements(table: Path = TABLE) -> tuple[Requirement, ...]:
    """Return all rows in the order of the file."""
    with table.open(encoding="utf-8", newline="") as stream:
        return tuple(
            Requirement(
                row["set"], row["id"], row["conformance"], row["summary"], row["status"], row["reason"]
            )
            for row in csv.DictReader(stream)
        )


def find_verifications(tests: Path = TESTS) -> tuple[Verification, ...]:
    """Return every mark of every test, ordered by file and place."""
    return tuple(found for path in sorted(tests.rglob("test_*.py")) for found in _of_module(path, tests))


def _of_module(path: Path, tests: Path) -> Iterator[Verification]:
    module = ast.parse(path.read_text(encoding="utf-8"))
    name = (Path(tests.name) / path.relative_to(tests)).as_posix()
    yield from _of_body(module.body, _assigned_marks(module.body), name)


def _of_body(body: list[ast.stmt], inherited: tuple[str, ...], name: str) -> Iterator[Verification]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            marks = (*inherited, *_marks(node.decorator_list), *_assigned_marks(node.body))
            yield from _of_body(node.body, marks, name)
        elif isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            for identifier in (*inherited, *_marks(node.decorator_list)):
                yield Verification(identifier, name, node.name)


def _assigned_marks(body: list[ast.stmt]) -> tuple[str, ...]:
    """Return the marks of `pytestmark = ...`."""
    values = [
        node.value
        for node in body
        if isinstance(node, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id == "pytestmark" for target in node.targets)
    ]
    return tuple(mark for value in values for mark in _marks(list(ast.walk(value))))


def _marks(nodes: list[ast.expr] | list[ast.AST]) -> tuple[str, ...]:
    """Return the texts inside `pytest.mark.requirement(...)`."""
    return tuple(
        str(argument.value)
        for node in nodes
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.requirement"
        for argument in node.args
        if isinstance(argument, ast.Constant)
    )


def complaints(
    requirements: tuple[Requirement, ...], verifications: tuple[Verification, ...]
) -> tuple[str, ...]:
    """Return what does not fit together, one sentence each; empty when table and tests agree."""
    known = {requirement.identifier: requirement for requirement in requirements}
    verified = {verification.identifier for verification in verifications}
    found = [
        f"{verification.path}::{verification.test} names {verification.identifier}, which is not in the table"
        for verification in verifications
        if verification.identifier not in known
    ]
    if len(known) != len(requirements):
        found.append("a requirement stands in the table twice")
    for identifier, requirement in known.items():
        if requirement.status not in STATUSES:
            found.append(f"{identifier} has the unknown status {requirement.status!r}")
        elif requirement.status == COVERED and identifier not in verified:
            found.append(f"{identifier} is called covered, but no test names it")
        elif requirement.status != COVERED and identifier in verified:
            found.append(f"{identifier} is called {requirement.status}, but a test names it")
        elif requirement.status != COVERED and not requirement.reason.strip():
            found.append(f"{identifier} is {requirement.status} without a reason")
        if not requirement.summary.strip():
            found.append(f"{identifier} has no summary")
    return tuple(found)
