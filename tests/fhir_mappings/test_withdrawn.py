"""Records that were taken back, beside another copy of the same record."""

import pytest

from fhir_mappings import withdrawn
from fhir_mappings.withdrawn import without_withdrawn

RELEASED = {"id": "o1", "status": "final", "valueString": "16"}


@pytest.mark.parametrize("status", ["entered-in-error", " Entered-in-Error ", "cancelled"])
def test_a_copy_of_a_record_that_was_taken_back_does_not_count(status):
    taken_back = {"id": "o1", "status": status}
    assert without_withdrawn([RELEASED, taken_back]) == [taken_back]
    assert without_withdrawn([taken_back, RELEASED]) == [taken_back]


@pytest.mark.parametrize(
    "other",
    [
        {"id": "o2", "status": "entered-in-error"},
        {"id": "o1", "status": "amended"},
        {"id": "o1", "status": ["entered-in-error"]},
        {"id": "o1"},
        {"status": "entered-in-error"},
    ],
)
def test_other_records_and_other_statuses_take_nothing_back(other):
    assert without_withdrawn([RELEASED, other]) == [RELEASED, other]


def test_records_without_an_id_are_not_one_record():
    records = [{"status": "final"}, {"status": "entered-in-error", "id": " "}]
    assert without_withdrawn(records) == records


def test_records_of_the_usual_statuses_are_not_looked_at_twice(monkeypatch):
    looked = []

    def counted(resource):
        looked.append(resource["status"])
        return False

    monkeypatch.setattr(withdrawn, "_is_withdrawn", counted)
    usual = [{"id": status, "status": status} for status in ("final", "active", "completed", "registered")]
    assert without_withdrawn(usual) == usual
    assert looked == ["registered"]
