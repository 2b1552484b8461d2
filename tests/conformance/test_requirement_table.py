"""The table of requirements agrees with the tests and with the official list."""

import csv

import pytest

from tests.conformance.requirement_table import (
    COVERED,
    NOT_APPLICABLE,
    OPEN,
    Requirement,
    Verification,
    complaints,
    find_verifications,
    read_requirements,
)


def row(number: str = "1", status: str = COVERED, reason: str = "", summary: str = "a duty") -> Requirement:
    return Requirement("set", number, "SHALL", summary, status, reason)


A_TEST = Verification("set@1", "tests/test_x.py", "test_y")


def test_the_table_and_the_tests_agree():
    assert complaints(read_requirements(), find_verifications()) == ()


@pytest.mark.parametrize(
    ("rows", "marks", "complaint"),
    [
        pytest.param([row()], [], "set@1 is called covered, but no test names it", id="covered by nothing"),
        pytest.param(
            [], [A_TEST], "tests/test_x.py::test_y names set@1, which is not in the table", id="unknown"
        ),
        pytest.param([row(status=OPEN)], [], "set@1 is open without a reason", id="open, nobody knows why"),
        pytest.param(
            [row(status=NOT_APPLICABLE)], [], "set@1 is not-applicable without a reason", id="excused"
        ),
        pytest.param([row(status="done")], [], "set@1 has the unknown status 'done'", id="unknown status"),
        pytest.param(
            [row(status=OPEN, reason="later")],
            [A_TEST],
            "set@1 is called open, but a test names it",
            id="done",
        ),
        pytest.param([row(), row()], [A_TEST], "a requirement stands in the table twice", id="twice"),
        pytest.param([row(summary=" ")], [A_TEST], "set@1 has no summary", id="nothing said"),
    ],
)
def test_each_way_of_drifting_apart_is_noticed(rows, marks, complaint):
    assert complaints(tuple(rows), tuple(marks)) == (complaint,)


def test_marks_are_found_on_functions_classes_and_modules(tmp_path):
    (tmp_path / "test_marks.py").write_text(
        "import pytest\n"
        "pytestmark = [pytest.mark.requirement('a@1')]\n"
        "@pytest.mark.requirement('a@2', 'a@3')\n"
        "def test_one(): ...\n"
        "@pytest.mark.requirement('a@4')\n"
        "class TestGroup:\n"
        "    pytestmark = pytest.mark.requirement('a@5')\n"
        "    def test_two(self): ...\n"
        "    def helper(self): ...\n"
    )
    found = [(verification.identifier, verification.test) for verification in find_verifications(tmp_path)]
    assert found == [
        ("a@1", "test_one"),
        ("a@2", "test_one"),
        ("a@3", "test_one"),
        ("a@1", "test_two"),
        ("a@4", "test_two"),
        ("a@5", "test_two"),
    ]


@pytest.mark.shared
def test_every_official_requirement_of_a_service_is_in_the_table_and_no_other(shared_material):
    with (shared_material / "cds-hooks" / "requirements.csv").open(encoding="utf-8", newline="") as stream:
        official = {
            (row["Req Set"], row["ID"], row["Conformance"])
            for row in csv.DictReader(stream)
            if {"Service", "Server"} & {actor.strip() for actor in row["Actors"].split(",")}
        }
    ours = {(one.set_name, one.number, one.conformance) for one in read_requirements()}
    assert ours == official
