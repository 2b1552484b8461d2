"""Runs mutmut's mutants, each in a fork of one collected session: `mutation_run.py [--failed] [PATTERN ...]`.

mutmut makes the mutants, records which test reaches which function, and keeps the outcomes; it also runs
them, but collects every test anew for each one, which costs seconds where the tests cost milliseconds. Here
the tests are collected once. Each mutant then has a process of its own, in which nothing is remembered from
another run: the caches of the packages are empty, except for the knowledge where the mutant is in no part of
its loading. Without patterns it goes on where it stopped; a pattern ("tdm.gates*") runs its mutants again,
`--failed` what was not noticed.
"""

import argparse
import fnmatch
import gc
import os
import resource
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from mutmut import __main__ as mutmut
from mutmut.configuration import config
from mutmut.mutation import trampoline
from mutmut.mutation.data import SourceFileMutationData
from mutmut.state import state
from mutmut.stats import load_stats
from mutmut.utils.file_utils import walk_mutatable_files
from mutmut.utils.format_utils import mangled_name_from_mutant_name

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("tdm", "fhir_mappings", "tests")
# Warm in every fork unless the mutant is in the loading itself: it takes longer than most tests.
KNOWLEDGE = "tdm.knowledge."
KEPT_WARM = frozenset({"load_knowledge", "shipped_knowledge"})
EDGES = "tests/tdm/test_edges.py"
TABLE_TESTS = (
    "tests/tdm/test_rules.py",
    "tests/tdm/test_table.py",
    "tests/tdm/test_enumeration.py",
    "tests/tdm/test_decision_table_page.py",
    EDGES,
)
# What is built once and then remembered is reached by one test only in the record; these tests all use it.
BEHIND_CACHES = {
    "tdm.rules": TABLE_TESTS,
    "tdm.table": TABLE_TESTS,
    "tdm.knowledge": ("tests/tdm/knowledge/",),
}
# Slow, and yet the first to notice most changes of the table.
RESTATED = "tests/tdm/test_enumeration.py::test_every_combination_is_answered_as_the_restated_protocol_says"
SECONDS_AT_LEAST = 10
TIMES_THE_USUAL = 10

Mutant = tuple[SourceFileMutationData, str]
# By function: where it stands (the namespace of a module and the name there), and its mutants.
Places = dict[str, list[tuple[dict[str, Any], str, dict[str, Any]]]]


def prepared(children: int) -> None:
    """Make the mutants and the record of which test reaches which function, as `mutmut run` does."""
    Path("mutants").mkdir(exist_ok=True)
    mutmut.set_mutant_under_test("mutant_generation")
    mutmut.copy_src_dir()
    mutmut.copy_also_copy_files()
    mutmut.setup_source_paths()
    mutmut.store_lines_covered_by_tests()
    mutmut.create_mutants(children)
    # In a process of its own: the record is made by running every test, which fills every cache.
    pid = os.fork()
    if pid == 0:
        mutmut.collect_or_load_stats(mutmut.get_mutant_runner(children), apply_config_invalidation=True)
        sys.stdout.flush()
        os._exit(0)
    if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]):
        sys.exit("the tests of the mutants do not pass without a mutant")
    load_stats()


def chosen(patterns: Sequence[str], *, failed: bool, only_open: bool) -> list[Mutant]:
    """The mutants to run, in the order of the patterns, then of the files."""
    found = []
    for path in sorted(walk_mutatable_files()):
        data = SourceFileMutationData(path=path)
        data.load()
        for name, code in data.exit_code_by_key.items():
            if patterns and not any(fnmatch.fnmatch(name, pattern) for pattern in patterns):
                continue
            if (failed and code in (None, 1)) or (only_open and code is not None):
                continue
            if code is None or patterns or failed:
                found.append((data, name))

    def place(mutant: Mutant) -> int:
        return next((i for i, one in enumerate(patterns) if fnmatch.fnmatch(mutant[1], one)), 0)

    return sorted(found, key=place)


class Campaign:
    """A pytest plugin that replaces the run of the collected tests by one fork for each mutant."""

    def __init__(self, mutants: Sequence[Mutant], children: int) -> None:
        self.mutants = mutants
        self.children = children
        self.running: dict[int, tuple[Mutant, float]] = {}
        self.places: Places = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run every mutant; tells pytest that the loop is done."""
        order = {item.nodeid: place for place, item in enumerate(session.items)}
        caches = caches_of_packages()
        for cache in caches.values():
            cache.cache_clear()
        for name in KEPT_WARM & set(caches):
            caches[name]()
        self.places = places_of_functions()
        gc.freeze()
        for done, mutant in enumerate(self.mutants):
            while len(self.running) >= self.children:
                self.finish_one()
            tests = self.tests_for(mutant[1], order, session.items)
            if not tests:
                record(mutant, 33, 0.0)
                continue
            pid = os.fork()
            if pid == 0:
                run_in_child(mutant[1], tests, session, caches, self.places)
            self.running[pid] = (mutant, time.monotonic())
            if done % 100 == 0:
                sys.stderr.write(f"{done} of {len(self.mutants)}: {mutant[1]}\n")
        while self.running:
            self.finish_one()
        return True

    def finish_one(self) -> None:
        """Wait for a child and keep the outcome of its mutant."""
        pid, status = os.wait()
        mutant, started = self.running.pop(pid)
        record(mutant, os.waitstatus_to_exitcode(status), time.monotonic() - started)

    def tests_for(self, name: str, order: dict[str, int], items: Sequence[pytest.Item]) -> list[pytest.Item]:
        """The tests that reach a mutant's function: those of its own module, then the quickest first."""
        module, _, _ = name.rpartition(".")
        own = module.rpartition(".")[2]
        behind = next((files for part, files in BEHIND_CACHES.items() if module.startswith(part)), (EDGES,))
        reaching = state().tests_by_mangled_function_name.get(mangled_name_from_mutant_name(name), set())
        mine = f"/test_{own}.py::"
        tests = {test for test in order if test in reaching or mine in test or test.startswith(behind)}
        durations = state().duration_by_test

        def rank(test: str) -> tuple[int, float, int]:
            seconds = round(durations.get(test, 0), 3)
            if mine in test and seconds < 1:
                return 0, 0, order[test]
            if test.startswith(behind) and (seconds < 1 or test == RESTATED):
                return 1, 0 if test != RESTATED else 1, order[test]
            return 2, seconds, order[test]

        return [items[order[test]] for test in sorted(tests, key=rank)]


def run_in_child(
    name: str, tests: Sequence[pytest.Item], session: pytest.Session, caches: dict[str, Any], places: Places
) -> None:
    """Run the tests until one fails, and leave with mutmut's exit code."""
    code = 3
    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        if name.startswith(KNOWLEDGE):
            for cached in KEPT_WARM & set(caches):
                caches[cached].cache_clear()
        trampoline.set_mutant_under_test(name)
        trampoline.get_mutant_under_test = lambda: name  # asked at every call: the environment is slow to ask
        for namespace, attribute, mutants in places.get(mangled_name_from_mutant_name(name), ()):
            namespace[attribute] = mutants[name.rpartition(".")[2]]
        usual = sum(state().duration_by_test.get(test.nodeid, 0) for test in tests)
        seconds = int(usual * TIMES_THE_USUAL + SECONDS_AT_LEAST)
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
        for test, following in zip(tests, [*tests[1:], None], strict=True):
            test.config.hook.pytest_runtest_protocol(item=test, nextitem=following)
            if session.testsfailed:
                break
        code = 1 if session.testsfailed else 0
    finally:
        os._exit(code)


def places_of_functions() -> Places:
    """Put the plain functions where mutmut's wrappers stand, and return these places by function.

    A wrapper asks at each call which mutant runs; a situation is enumerated by some hundred thousand calls.
    Where a function is kept in a table or a closure its wrapper stays, and does the same more slowly.
    """
    modules = [module for name, module in sys.modules.items() if name.split(".")[0] in PACKAGES]
    plain = {}
    for module in modules:
        for attribute, mutants in list(vars(module).items()):
            if attribute.startswith("mutants_x_") and isinstance(mutants, dict) and "_mutmut_orig" in mutants:
                function = attribute.removeprefix("mutants_x_").removesuffix("__mutmut")
                wrapper = vars(module)[function]
                plain[id(wrapper)] = (f"{module.__name__}.x_{function}", mutants)
    places: Places = {}
    for module in modules:
        for attribute, value in list(vars(module).items()):
            if id(value) in plain:
                function, mutants = plain[id(value)]
                vars(module)[attribute] = mutants["_mutmut_orig"]
                places.setdefault(function, []).append((vars(module), attribute, mutants))
    return places


def caches_of_packages() -> dict[str, Any]:
    """Every remembered function of the packages and their tests, by its name."""
    found = {}
    for module in [m for name, m in sys.modules.items() if name.split(".")[0] in PACKAGES]:
        for value in vars(module).values():
            if hasattr(value, "cache_clear"):
                found[value.__name__] = value
    return found


def record(mutant: Mutant, code: int, seconds: float) -> None:
    """Keep an outcome where mutmut keeps its own."""
    data, name = mutant
    data.exit_code_by_key[name] = code
    data.durations_by_key[name] = seconds
    data.save()


def main(arguments: Iterable[str] | None = None) -> int:
    """Run what was asked for; the score is told by tools/mutation_score.py."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--children", type=int, default=2)
    parser.add_argument("--failed", action="store_true", help="only the mutants that were not noticed")
    parser.add_argument("--open", action="store_true", help="only the mutants that have not run yet")
    parser.add_argument("patterns", nargs="*")
    options = parser.parse_args(None if arguments is None else list(arguments))
    os.chdir(ROOT)
    os.environ["HYPOTHESIS_PROFILE"] = "ci"
    prepared(options.children)
    mutants = chosen(options.patterns, failed=options.failed, only_open=options.open)
    trampoline.set_mutant_under_test("")
    os.chdir("mutants")
    arguments_of_pytest = [
        "--rootdir=.",
        "-q",
        "-s",
        "--tb=native",
        "--assert=plain",  # which test fails is asked here, not why: no time for differences of long lists
        *config().pytest_add_cli_args,
        *config().pytest_add_cli_args_test_selection,
    ]
    for data, _ in mutants:
        data.meta_path = ROOT / data.meta_path if not data.meta_path.is_absolute() else data.meta_path
    return int(pytest.main(arguments_of_pytest, plugins=[Campaign(mutants, options.children)]))


if __name__ == "__main__":
    sys.exit(main())
