"""Runs each mutant in a fork of one collected session, in which nothing is remembered from another run.

The caches of the packages are empty there, except for the data files where the mutant is in no part of their
loading.
"""

import gc
import mmap
import os
import resource
import sys
from collections.abc import Callable, Sequence
from functools import _lru_cache_wrapper, partial
from typing import Any

import pytest
from mutmut.mutation import trampoline
from mutmut.mutation.data import SourceFileMutationData
from mutmut.state import state
from mutmut.utils.format_utils import mangled_name_from_mutant_name

from tools.mutation_choosing import Choosing

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
SECONDS_AT_LEAST = 5
TIMES_THE_USUAL = 10
INTERRUPTED = 2  # mutmut's code of a check that did not come to its end
SLOT = 4  # bytes for the number of a test

Mutant = tuple[SourceFileMutationData, str]
# By function: where it stands (the namespace of a module and the name there), and its mutants.
Places = dict[str, list[tuple[dict[str, Any], str, dict[str, Any]]]]


class Campaign:
    """A pytest plugin that replaces the run of the collected tests by one fork for each mutant."""

    def __init__(self, mutants: Sequence[Mutant], children: int, at_most: int | None) -> None:
        self.mutants = mutants
        self.children = children
        self.at_most = at_most
        self.running: dict[int, tuple[Mutant, int, bool]] = {}
        self.places: Places = {}
        # Where each child leaves the number of the test that failed.
        self.slots = mmap.mmap(-1, children * SLOT)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run every mutant; tells pytest that the loop is done."""
        choosing = Choosing(session.items)
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
                self.finish_one(choosing)
            tests = choosing.tests_for(mutant[1])
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
            self.finish_one(choosing)
        return True

    def finish_one(self, choosing: Choosing) -> None:
        """Wait for a child and keep the outcome of its mutant."""
        pid, status, used = os.wait3(0)
        mutant, slot, whole = self.running.pop(pid)
        code = os.waitstatus_to_exitcode(status)
        # What has only passed the first tests is not judged yet: `--interrupted` asks the others.
        record(mutant, code if code or whole else INTERRUPTED, used.ru_utime + used.ru_stime)
        place = int.from_bytes(self.slots[slot * SLOT : (slot + 1) * SLOT], "little") - 1
        if place >= 0:
            choosing.noticed(mutant[1], place)

    def leave(self, slot: int, number: int) -> None:
        """Write down the number of a test, 0 for none, where parent and child both see it."""
        self.slots[slot * SLOT : (slot + 1) * SLOT] = number.to_bytes(SLOT, "little")


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
