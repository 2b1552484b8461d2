"""A chart of thousands of antibody results is read in a time that grows with their number, not its square."""

import pytest

from tdm import immunogenicity
from tdm.facts import ResultStatus
from tdm.immunogenicity import usable_results
from tdm.knowledge.loader import load_knowledge
from tests.support.course_builder import NOW, ati


@pytest.mark.parametrize("named", [True, False], ids=["each with its name", "none with a name"])
def test_a_result_is_compared_with_later_states_of_its_own_only(
    monkeypatch: pytest.MonkeyPatch, *, named: bool
) -> None:
    compared = 0
    is_replaced = immunogenicity.is_replaced

    def counting(one: immunogenicity.DatedAti, other: immunogenicity.DatedAti) -> bool:
        nonlocal compared
        compared += 1
        return is_replaced(one, other)

    monkeypatch.setattr(immunogenicity, "is_replaced", counting)
    readings = [
        ati(value=float(number % 7), days_ago=number, reference=f"o{number}") for number in range(500)
    ]
    found = usable_results(readings, NOW, load_knowledge(), [])
    assert len(found) == 500
    assert compared == 0


def test_states_of_one_result_cost_one_comparison_for_each_later_state(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[str] = []
    is_replaced = immunogenicity.is_replaced

    def noting(one: immunogenicity.DatedAti, other: immunogenicity.DatedAti) -> bool:
        seen.append(other.reading.status.value)
        return is_replaced(one, other)

    monkeypatch.setattr(immunogenicity, "is_replaced", noting)
    first = ati(value=1.0, days_ago=1, reference="a", status=ResultStatus.PRELIMINARY)
    then = ati(value=2.0, days_ago=1, reference="a", status=ResultStatus.CORRECTED)
    other = ati(value=3.0, days_ago=1, reference="b")
    found = usable_results([first, then, other], NOW, load_knowledge(), [])
    assert [one.reading.value for one in found] == [2.0, 3.0]
    assert set(seen) == {ResultStatus.CORRECTED.value}
