"""Runs mutmut's mutants, each in a fork of one session: `python -m tools.mutation_run [--failed] [PATTERN]`.

mutmut makes the mutants, records which test reaches which function, and keeps the outcomes; it also runs
them, but collects every test anew for each one, which costs seconds where the tests cost milliseconds. Here
the tests are collected once, and each mutant then has a process of its own (`mutation_forks`), which meets
the tests that are likeliest to notice it first (`mutation_choosing`). Functions under `lru_cache` are mutated
too, which mutmut alone does not do. Without patterns it goes on where it stopped; a pattern ("tdm.gates*")
runs its mutants again, `--failed` those that were not noticed.
"""

import argparse
import fnmatch
import os
import random
import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import libcst
import pytest
from mutmut import __main__ as mutmut
from mutmut.configuration import config
from mutmut.mutation import trampoline
from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.file_mutation import MutationVisitor
from mutmut.stats import load_stats
from mutmut.utils.file_utils import walk_mutatable_files

from tools.mutation_forks import INTERRUPTED, KEPT_WARM, Campaign, Mutant, caches_of_packages, name_of

ROOT = Path(__file__).resolve().parent.parent
UNNOTICED = frozenset({0, 33, 35})  # survived, without a test, suspicious


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
