"""Runs mutmut's mutants, each in a fork of one collected session: `mutation_run.py [--failed] [PATTERN ...]`.

mutmut makes the mutants, records which test reaches which function, and keeps the outcomes; it also runs
them, but collects every test anew for each one, which costs seconds where the tests cost milliseconds. Here
the tests are collected once. Each mutant then has a process of its own, in which nothing is remembered from
another run: the caches of the packages are empty, except for the data files where the mutant is in no part
of their loading. Functions under `lru_cache` are mutated too, which mutmut alone does not do. Without
patterns it goes on where it stopped; a pattern ("tdm.gates*") runs its mutants again, `--failed` those that
were not noticed.
"""

import argparse
import fnmatch
import gc
import mmap
import os
import random
import resource
import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import _lru_cache_wrapper, partial
from pathlib import Path
from typing import Any

import libcst
import pytest
from mutmut import __main__ as mutmut
from mutmut.configuration import config
from mutmut.mutation import trampoline
from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.file_mutation import MutationVisitor
from mutmut.state import state
from mutmut.stats import load_stats
from mutmut.utils.file_utils import walk_mutatable_files
from mutmut.utils.format_utils import mangled_name_from_mutant_name

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("tdm", "fhir_mappings", "tests")
# The loading of data files takes longer than most tests: it is warm in every fork, unless the mutant is in
# the loading itself, which these modules take part in.
KEPT_WARM = {
    "load_knowledge": ("tdm.knowledge.",),
    "shipped_knowledge": ("tdm.knowledge.",),
    "load_code_sets": (
        "fhir_mappings.code_sets_file.",
        "fhir_mappings.code_systems.",
        "fhir_mappings.codes.",
        "fhir_mappings.naming.",
    ),
    "load_units": ("fhir_mappings.units.",),
    "load_result_words": ("fhir_mappings.text.", "fhir_mappings.naming."),
    "_models": ("fhir_mappings.proof.",),
    "every_situation": ("tdm.targets.", "tdm.knowledge."),
}
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
SECONDS_AT_LEAST = 5
TIMES_THE_USUAL = 10
INTERRUPTED = 2  # mutmut's code of a check that did not come to its end
UNNOTICED = frozenset({0, 33, 35})  # survived, without a test, suspicious
SLOT = 4  # bytes for the number of a test
LATELY = 40  # tests that noticed a mutant of the same module, asked first

Mutant = tuple[SourceFileMutationData, str]
# By function: where it stands (the namespace of a module and the name there), and its mutants.
Places = dict[str, list[tuple[dict[str, Any], str, dict[str, Any]]]]


def prepared(children: int) -> None:
    """Make the mutants and the record of which test reaches which function, as `mutmut run` does."""
    Path("mutants").mkdir(exist_ok=True)
    MutationVisitor._skip_node_and_children = passed_over  # noqa: SLF001 (mutmut has no setting for it)
    mutmut.set_mutant_under_test("mutant_generation")
    mutmut.copy_src_dir()
    for path in config().source_paths:  # mutmut copies a data file once only, and not again when it changes
        shutil.copytree(
            path,
            Path("mutants") / path,
            ignore=shutil.ignore_patterns("*.py", "__pycache__"),
            dirs_exist_ok=True,
        )
    mutmut.copy_also_copy_files()
    mutmut.setup_source_paths()
    mutmut.store_lines_covered_by_tests()
    mutmut.create_mutants(children)
    # In a process of its own: the record is made by running every test, which fills every cache.
    pid = os.fork()
    if pid == 0:
        pytest.main = partial(main_of_pytest_without_memory, pytest.main)
        mutmut.collect_or_load_stats(mutmut.get_mutant_runner(children), apply_config_invalidation=True)
        sys.stdout.flush()
        os._exit(0)
    if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]):
        sys.exit("the tests of the mutants do not pass without a mutant")
    load_stats()


_passed_over = MutationVisitor._skip_node_and_children  # noqa: SLF001 (as above)


def passed_over(visitor: MutationVisitor, node: libcst.CSTNode) -> bool:
    """Say whether mutmut leaves a node alone: as it decides itself, but not for what is merely remembered."""
    if isinstance(node, libcst.FunctionDef) and len(node.decorators) == 1:
        decorator = node.decorators[0].decorator
        if isinstance(decorator, libcst.Call) and isinstance(decorator.func, libcst.Name):
            return bool(decorator.func.value != "lru_cache")
    return bool(_passed_over(visitor, node))


class WithoutMemory:
    """A pytest plugin: no test finds what another left in a cache, so that the record of reach is whole."""

    def __init__(self) -> None:
        self.caches: list[Any] = []

    def pytest_collection_finish(self) -> None:
        """Find the caches once; those that a test makes for itself are its own."""
        self.caches = [cache for cache in caches_of_packages() if name_of(cache) not in KEPT_WARM]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self) -> None:
        """Forget everything but the data files."""
        for cache in self.caches:
            cache.cache_clear()


def main_of_pytest_without_memory(main: Any, arguments: Any = None, plugins: Sequence[Any] = ()) -> Any:
    """Run pytest with `WithoutMemory` beside mutmut's own plugin, which records the reach."""
    return main(arguments, [*plugins, WithoutMemory()])


def chosen(patterns: Sequence[str], wanted: Callable[[int | None], bool], seed: int | None) -> list[Mutant]:
    """The mutants to run, by last outcome, in the order of the patterns, then of files or of a seed."""
    found = []
    for path in sorted(walk_mutatable_files()):
        data = SourceFileMutationData(path=path)
        data.load()
        for name, code in data.exit_code_by_key.items():
            if patterns and not any(fnmatch.fnmatch(name, pattern) for pattern in patterns):
                continue
            if wanted(code):
                found.append((data, name))

    def place(mutant: Mutant) -> tuple[int, bool]:
        data, name = mutant
        pattern = next((i for i, one in enumerate(patterns) if fnmatch.fnmatch(name, one)), 0)
        return pattern, data.exit_code_by_key[name] is None  # what was looked at before comes first

    if seed is not None:
        random.Random(seed).shuffle(found)  # noqa: S311 (an order, no secret)
    return sorted(found, key=place)


def sampled(mutants: Sequence[Mutant], size: int) -> list[Mutant]:
    """So many of each module in their order, with those that were looked at before; module by module."""
    taken: dict[Path, int] = {}
    kept = []
    for data, name in mutants:
        if data.path not in taken:
            taken[data.path] = sum(code is not None for code in data.exit_code_by_key.values())
        if data.exit_code_by_key[name] is not None:
            kept.append((data, name))
        elif taken[data.path] < size:
            taken[data.path] += 1
            kept.append((data, name))
    return sorted(kept, key=lambda mutant: mutant[0].path)


class Campaign:
    """A pytest plugin that replaces the run of the collected tests by one fork for each mutant."""

    def __init__(self, mutants: Sequence[Mutant], children: int, at_most: int | None) -> None:
        self.mutants = mutants
        self.children = children
        self.at_most = at_most
        self.running: dict[int, tuple[Mutant, int, bool]] = {}
        self.places: Places = {}
        # Where each child leaves the number of the test that failed, and what failed lately for a module.
        self.slots = mmap.mmap(-1, children * SLOT)
        self.noticing: dict[str, list[int]] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run every mutant; tells pytest that the loop is done."""
        order = {item.nodeid: place for place, item in enumerate(session.items)}
        self.places = places_of_functions()
        caches = caches_of_packages()
        for cache in caches:
            if name_of(cache) not in KEPT_WARM:
                cache.cache_clear()
        # What modules of the tests keep was loaded by these at their import: it has to be the same object.
        warm = [Warm(cache) for cache in caches if name_of(cache) in KEPT_WARM]
        gc.freeze()
        for done, mutant in enumerate(self.mutants):
            while len(self.running) >= self.children:
                self.finish_one()
            tests = self.tests_for(mutant[1], order, session.items)
            if not tests:
                record(mutant, 33, 0.0)
                continue
            whole = self.at_most is None or len(tests) <= self.at_most
            tests = tests[: self.at_most]
            slot = min(set(range(self.children)) - {taken for _, taken, _ in self.running.values()})
            self.leave(slot, 0)
            pid = os.fork()
            if pid == 0:
                run_in_child(mutant[1], tests, session, warm, self.places, partial(self.leave, slot))
            self.running[pid] = (mutant, slot, whole)
            if done % 100 == 0:
                sys.stderr.write(f"{done} of {len(self.mutants)}: {mutant[1]}\n")
        while self.running:
            self.finish_one()
        return True

    def finish_one(self) -> None:
        """Wait for a child and keep the outcome of its mutant."""
        pid, status, used = os.wait3(0)
        mutant, slot, whole = self.running.pop(pid)
        code = os.waitstatus_to_exitcode(status)
        # What has only passed the first tests is not judged yet: `--interrupted` asks the others.
        record(mutant, code if code or whole else INTERRUPTED, used.ru_utime + used.ru_stime)
        place = int.from_bytes(self.slots[slot * SLOT : (slot + 1) * SLOT], "little") - 1
        if place >= 0:
            lately = self.noticing.setdefault(mutant[1].rpartition(".")[0], [])
            if place in lately:
                lately.remove(place)
            lately.insert(0, place)

    def leave(self, slot: int, number: int) -> None:
        """Write down the number of a test, 0 for none, where parent and child both see it."""
        self.slots[slot * SLOT : (slot + 1) * SLOT] = number.to_bytes(SLOT, "little")

    def tests_for(self, name: str, order: dict[str, int], items: Sequence[pytest.Item]) -> list[pytest.Item]:
        """The tests that reach a mutant's function: those that noticed one lately, then the quickest."""
        module, _, _ = name.rpartition(".")
        own = module.rpartition(".")[2]
        behind = next((files for part, files in BEHIND_CACHES.items() if module.startswith(part)), ())
        reaching = state().tests_by_mangled_function_name.get(mangled_name_from_mutant_name(name), set())
        mine = f"/test_{own}.py::"
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
            return 2, seconds, order[test]

        return [items[order[test]] for test in sorted(tests, key=rank)]


class Warm:
    """A loaded data file, and where modules of the tests keep it or an attribute of it under a name."""

    def __init__(self, load: Any) -> None:
        self.load = load
        self.parts = KEPT_WARM[name_of(load)]
        loaded = load()
        fields = getattr(loaded, "__dataclass_fields__", ())
        of = {id(value): field for field in fields if not shared(value := getattr(loaded, field))}
        of[id(loaded)] = ""
        self.names = [
            (vars(module), name, of[id(value)])
            for module in modules_of_packages()
            for name, value in vars(module).items()
            if id(value) in of
        ]

    def forget(self, mutant: str) -> None:
        """Forget the file where the mutant is in its loading."""
        if mutant.startswith(self.parts):
            self.load.cache_clear()

    def renew(self, mutant: str) -> None:
        """Load a forgotten file, and put it where the old one was kept."""
        if mutant.startswith(self.parts):
            for namespace, name, field in self.names:
                namespace[name] = getattr(self.load(), field) if field else self.load()


def shared(value: object) -> bool:
    """Say whether Python may use one object for equal values of this kind, so that identity tells nothing."""
    return value is None or isinstance(value, str | int | float | tuple | frozenset)


def run_in_child(
    name: str,
    tests: Sequence[pytest.Item],
    session: pytest.Session,
    warm: Sequence[Warm],
    places: Places,
    noticed: Callable[[int], None],
) -> None:
    """Run the tests until one fails, and leave with mutmut's exit code."""
    code = 3
    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        allow(SECONDS_AT_LEAST)
        trampoline.set_mutant_under_test(name)
        trampoline.get_mutant_under_test = lambda: name  # asked at every call: the environment is slow to ask
        for namespace, attribute, mutants in places.get(mangled_name_from_mutant_name(name), ()):
            namespace[attribute] = mutants[name.rpartition(".")[2]]
        for file in warm:
            file.forget(name)
        for file in warm:
            file.renew(name)
        for test, following in zip(tests, [*tests[1:], None], strict=True):
            allow(state().duration_by_test.get(test.nodeid, 0) * TIMES_THE_USUAL + SECONDS_AT_LEAST)
            test.config.hook.pytest_runtest_protocol(item=test, nextitem=following)
            if session.testsfailed:
                noticed(session.items.index(test) + 1)
                break
        code = 1 if session.testsfailed else 0
    finally:
        os._exit(code)


def allow(seconds: float) -> None:
    """Let this process work so many seconds more; then the system ends it, which counts as a timeout."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = int(used.ru_utime + used.ru_stime + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (until, resource.RLIM_INFINITY))


def places_of_functions() -> Places:
    """Put the plain functions where mutmut's wrappers stand, and return these places by function.

    A wrapper asks at each call which mutant runs; a situation is enumerated by some hundred thousand calls.
    Where a function is kept in a table or a closure its wrapper stays, and does the same more slowly.
    """
    modules = modules_of_packages()
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


def modules_of_packages() -> list[Any]:
    """Every loaded module of the packages and their tests."""
    return [module for name, module in sys.modules.items() if name.split(".")[0] in PACKAGES]


def caches_of_packages() -> list[Any]:
    """Every remembered function of the packages and their tests, those that belong to an object included."""
    found = [one for one in gc.get_objects() if isinstance(one, _lru_cache_wrapper)]
    return [one for one in found if (one.__module__ or "").split(".")[0] in PACKAGES]


def name_of(cache: Any) -> str:
    """Return the name of a remembered function, whether it stands under mutmut's name or its own."""
    return str(cache.__name__).removeprefix("x_").removesuffix("__mutmut_orig")


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
    parser.add_argument("--interrupted", action="store_true", help="only those that `--at-most` left open")
    parser.add_argument("--seed", type=int, help="a random order: what has run at any time is a fair sample")
    parser.add_argument(
        "--sample", type=int, help="with --seed: so many mutants of each module instead of all"
    )
    parser.add_argument("--at-most", type=int, help="so many tests for each; what they pass over stays open")
    parser.add_argument("patterns", nargs="*")
    options = parser.parse_args(None if arguments is None else list(arguments))
    os.chdir(ROOT)
    os.environ["HYPOTHESIS_PROFILE"] = "ci"
    prepared(options.children)
    outcomes: set[int | None] = set()
    if options.failed:
        outcomes |= UNNOTICED
    if options.interrupted:
        outcomes.add(INTERRUPTED)
    if options.open:
        outcomes.add(None)
    if not outcomes and not options.patterns:
        outcomes |= {None, INTERRUPTED}
    mutants = chosen(options.patterns, lambda code: not outcomes or code in outcomes, options.seed)
    if options.sample:
        mutants = sampled(mutants, options.sample)
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
    campaign = Campaign(mutants, options.children, options.at_most)
    return int(pytest.main(arguments_of_pytest, plugins=[campaign]))


if __name__ == "__main__":
    sys.exit(main())
