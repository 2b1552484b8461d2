"""Which tests a mutant meets, and in which order: those that are likeliest to notice it come first."""

from collections.abc import Sequence

import pytest
from mutmut.state import state
from mutmut.utils.format_utils import mangled_name_from_mutant_name

TABLE_TESTS = (
    "tests/tdm/test_rules.py",
    "tests/tdm/test_table.py",
    "tests/tdm/test_enumeration.py",
    "tests/tdm/test_decision_table_page.py",
    "tests/tdm/test_edges.py",
)
CODE_TESTS = ("tests/fhir_mappings/test_codes.py", "tests/fhir_mappings/test_restated_codes.py")
# What is loaded once and then remembered is reached by one test only in the record; these tests all use it.
BEHIND_CACHES = {
    "tdm.rules": TABLE_TESTS,
    "tdm.table": TABLE_TESTS,
    "tdm.knowledge": (
        *(
            f"tests/tdm/knowledge/test_{name}.py"
            for name in ("faults", "overlay", "checks", "files", "cohort")
        ),
        "tests/tdm/knowledge/",
    ),
    "fhir_mappings.code_sets_file": CODE_TESTS,
    "fhir_mappings.code_systems": CODE_TESTS,
    "fhir_mappings.codes": CODE_TESTS,
    "fhir_mappings.naming": CODE_TESTS,
    "fhir_mappings.units": CODE_TESTS,
}
# Slow, and yet the first to notice most changes of the table once the quick ones have passed.
RESTATED = "tests/tdm/test_enumeration.py::test_every_combination_is_answered_as_the_restated_protocol_says"
OUTERMOST = 2  # slashes in the folder of the tests of a package that is in no other
LATELY = 40  # tests that noticed a mutant of the same module, asked first


class Choosing:
    """The collected tests, and which of them noticed something lately."""

    def __init__(self, items: Sequence[pytest.Item]) -> None:
        self.items = items
        self.order = {item.nodeid: place for place, item in enumerate(items)}
        self.noticing: dict[str, list[int]] = {}

    def noticed(self, name: str, place: int) -> None:
        """Remember that the test at a place noticed a mutant."""
        lately = self.noticing.setdefault(name.rpartition(".")[0], [])
        if place in lately:
            lately.remove(place)
        lately.insert(0, place)

    def tests_for(self, name: str) -> list[pytest.Item]:
        """The tests that reach a mutant's function: those that noticed one lately, then the quickest.

        Of a package within a package its own tests come before the others: they ask it directly.
        """
        order = self.order
        module, _, _ = name.rpartition(".")
        own = module.rpartition(".")[2]
        behind = next((files for part, files in BEHIND_CACHES.items() if module.startswith(part)), ())
        reaching = state().tests_by_mangled_function_name.get(mangled_name_from_mutant_name(name), set())
        mine = f"/test_{own}.py::"
        folder = f"tests/{'/'.join(module.split('.')[:-1])}/"
        within = folder.count("/") > OUTERMOST
        tests = {test for test in order if test in reaching or mine in test or test.startswith(behind)}
        durations = state().duration_by_test
        lately = {place: turn for turn, place in enumerate(self.noticing.get(module, ())[:LATELY])}

        def rank(test: str) -> tuple[int, float, int]:
            seconds = round(durations.get(test, 0), 3)
            if order[test] in lately:
                return -1, 0, lately[order[test]]
            if mine in test and seconds < 1:
                return 0, 0, order[test]
            if test.startswith(behind) and (seconds < 1 or test == RESTATED):
                file = next(place for place, file in enumerate(behind) if test.startswith(file))
                return 1, len(behind) if test == RESTATED else file, order[test]
            if within and test.startswith(folder):
                return 2, seconds, order[test]
            return 3, seconds, order[test]

        return [self.items[order[test]] for test in sorted(tests, key=rank)]
