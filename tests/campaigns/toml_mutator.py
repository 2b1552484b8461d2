"""`python -m tests.campaigns.toml_mutator`: slips of the pen in the data files, and who notices them.

The medicine stands in numbers (policy, targets, assays, bounds, evidence), the meaning of a record in codes
and units. mutmut changes neither. Here each number is moved by one step and by a tenth, each figure in a
sentence of the evidence too; each code, spelling and factor is dropped or altered: one thing at a time. A
slip counts as noticed when a test that writes the number or code down once more fails with the changed file,
or when loading refuses it. The tests run in process, with the changed file in place of the packaged one.
"""

from __future__ import annotations

import argparse
import copy
import inspect
import json
import random
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, partial
from importlib import import_module
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

import fhir_mappings
from fhir_mappings import code_sets_file, codes, units
from tdm.knowledge import files as knowledge_files
from tdm.knowledge import loader
from tdm.knowledge.checks import check
from tdm.knowledge.model import Knowledge

NUMBER_FILES = ("policy", "targets", "assays", "bounds", "evidence", "models")
KNOWLEDGE_TESTS = tuple(
    f"tests.tdm.knowledge.{name}"
    for name in (
        "test_protocol_numbers",
        "test_bounds_numbers",
        "test_assays",
        "test_evidence_numbers",
        "test_evidence_statements",
        "test_models",
    )
)
CODE_TESTS = ("tests.fhir_mappings.test_restated_codes", "tests.fhir_mappings.test_codes")
UNIT_TESTS = ("tests.fhir_mappings.test_restated_codes", "tests.fhir_mappings.test_units")
# Share of the slips in per cent that must be noticed.
BARS = {**dict.fromkeys(NUMBER_FILES, 95), "statements": 95, "code_sets": 90, "units": 90}

FOLDER = Path(fhir_mappings.__file__).parent

# Strings, comments and table names are passed over; what is left of digits is a number.
TOKEN = re.compile(
    r"(?P<passed>'''[\s\S]*?'''|\"\"\"[\s\S]*?\"\"\"|\"(?:\\.|[^\"\\\n])*\"|'[^'\n]*'|#[^\n]*|^\[[^\n]*\])"
    r"|(?P<number>(?<![\w.+-])[-+]?\d+(?:\.\d+)?(?![\w.-]))",
    re.MULTILINE,
)
STATEMENT = re.compile(r'^statement = "(?P<text>.*)"$', re.MULTILINE)
FIGURE = re.compile(r"(?<![\w.-])\d+(?:\.\d+)?(?![\w-])(?!\.\d)")


@dataclass(frozen=True)
class Mutant:
    """One slip: the kind of thing, where it stands, and the question whether anything notices it."""

    part: str
    place: str
    noticed_by: Callable[[], str]


# -- numbers of the knowledge --------------------------------------------------------------------------------


def moved(number: str) -> list[str]:
    """A number one step up and down in its last place, and a tenth more and less."""
    value = Decimal(number)
    step = Decimal(1).scaleb(value.as_tuple().exponent if "." in number else 0)
    finer = step if abs(value) >= 10 * step else step / 10  # so that a tenth of a small number is not nothing
    tenth = (value / 10).quantize(finer)
    found = [value + step, value - step, value + tenth, value - tenth]
    return list(dict.fromkeys(f"{each:f}" for each in found if each != value))


def number_slips(text: str) -> Iterator[tuple[int, str, str]]:
    """Every number of a TOML text in every changed form: its place, the number, the changed text."""
    for token in TOKEN.finditer(text):
        if token.lastgroup == "number":
            yield from slips_at(text, token.start(), token.group())


def figure_slips(text: str) -> Iterator[tuple[int, str, str]]:
    """The same for every figure inside a sentence of the evidence."""
    for statement in STATEMENT.finditer(text):
        for figure in FIGURE.finditer(statement.group("text")):
            yield from slips_at(text, statement.start("text") + figure.start(), figure.group())


def slips_at(text: str, start: int, number: str) -> Iterator[tuple[int, str, str]]:
    """The changed forms of one number that stands at `start`."""
    for other in moved(number):
        yield start, f"{number} -> {other}", text[:start] + other + text[start + len(number) :]


def knowledge_mutants() -> Iterator[Mutant]:
    """Every slip in the numbers and in the sentences of the knowledge files."""
    contents = knowledge_files.read_bytes(knowledge_files.packaged())
    for name in NUMBER_FILES:
        text = contents[name].decode()
        parts = [(name, number_slips(text))]
        if name == "evidence":
            parts.append(("statements", figure_slips(text)))
        for part, slips in parts:
            for start, change, changed in slips:
                line = text.count("\n", 0, start) + 1
                yield Mutant(
                    part, f"{name}.toml:{line}: {change}", partial(knowledge_verdict, name, changed.encode())
                )


@cache
def packaged_tables() -> tuple[dict[str, bytes], dict[str, Any]]:
    """The bytes and the tables of the packaged knowledge, parsed and checked once."""
    contents = knowledge_files.read_bytes(knowledge_files.packaged())
    return contents, knowledge_files.parse(contents)


def knowledge_verdict(name: str, body: bytes) -> str:
    """Who notices one changed knowledge file: a test, the loading, or nobody ("")."""
    contents, tables = packaged_tables()
    changed_contents, changed = {**contents, name: body}, tomllib.loads(body.decode())
    # Tests are asked first and schemas last: a schema is slow, and refuses few numbers.
    with patch.object(loader, "parse", lambda _: {**tables, name: changed}):
        try:
            knowledge = loader.build(changed_contents)
        except Exception:  # noqa: BLE001 - any refusal to load is what is looked for
            return "loading"
    if any(fails(case) for case in knowledge_cases(knowledge)):
        return "tests"
    try:
        check(knowledge)
        knowledge_files.check_schema(name, changed)
    except knowledge_files.KnowledgeError:
        return "loading"
    return ""


def knowledge_cases(knowledge: Knowledge) -> Iterator[Callable[[], None]]:
    """The tests that write numbers down once more, asked of this knowledge."""
    for case in knowledge_tests():
        yield partial(case, knowledge=knowledge)


@cache
def knowledge_tests() -> tuple[Callable[..., None], ...]:
    """The cases of the tests that take the knowledge and nothing else from outside."""
    return tuple(
        case for name in KNOWLEDGE_TESTS for case in cases_of(import_module(name), {"knowledge"}, needed=True)
    )


# -- codes and units -----------------------------------------------------------------------------------------


def code_mutants() -> Iterator[Mutant]:
    """Every code dropped, altered, or changed in how it is matched; every name of a system likewise."""
    data, _ = packaged_toml("code_sets")
    for concept, table in data["concepts"].items():
        for index, code in enumerate(table.get("codes", ())):
            for change in code_changes(code):
                path = ("concepts", concept, "codes", index)
                yield code_mutant(f"{concept} {code['system']} {code['code']}", path, change)
    for index, entry in enumerate(data["look_alikes"]):
        for change in (None, {**entry, "code": altered(entry["code"])}):
            yield code_mutant(f"look-alike {entry['code']}", ("look_alikes", index), change)
    for system in data["systems"]:
        for index, alias in enumerate(data["systems"][system][:2]):  # the address and the object identifier
            for change in (None, altered(alias)):
                yield code_mutant(f"system {alias}", ("systems", system, index), change)


def code_mutant(place: str, path: Sequence[str | int], change: Any) -> Mutant:
    """One changed or dropped entry of the code sets."""
    said = "dropped" if change is None else "altered"
    return Mutant("code_sets", f"{place} {said}", partial(code_verdict, path, change))


def code_changes(code: Mapping[str, Any]) -> Iterator[dict[str, Any] | None]:
    """Dropped; one character wrong; matched or not; alone or with all below it; another billing unit."""
    yield None
    yield {**code, "code": altered(code["code"])}
    usable = code["verification"] != "unverified"
    yield {**code, "verification": "unverified" if usable else "verified"}
    yield {**code, "prefix": not code.get("prefix", False)}
    if "unit_mg" in code:
        yield from ({**code, "unit_mg": float(other)} for other in moved(str(code["unit_mg"])))


def altered(text: str) -> str:
    """A text with its last letter or digit wrong."""
    at = max(place for place, sign in enumerate(text) if sign.isalnum())
    other = {"9": "0", "z": "a", "Z": "A"}.get(text[at], chr(ord(text[at]) + 1))
    return text[:at] + other + text[at + 1 :]


def unit_mutants() -> Iterator[Mutant]:
    """Every spelling dropped or altered, every factor moved, every canonical unit renamed."""
    data, _ = packaged_toml("units")
    for quantity, table in data["quantities"].items():
        if "canonical" in table:
            yield unit_mutant(quantity, ("quantities", quantity, "canonical"), altered(table["canonical"]))
        for group, key in (("units", "factor"), ("kinds", "unit")):
            for index, unit in enumerate(table.get(group, ())):
                path = ("quantities", quantity, group, index)
                forms = [altered(unit[key])] if key == "unit" else map(float, moved(str(unit[key])))
                for form in forms:
                    yield unit_mutant(f"{quantity} {unit[key]}", (*path, key), form)
                for place, alias in enumerate(unit["aliases"]):
                    for form in (None, altered_or_longer(alias)):
                        yield unit_mutant(f"{quantity} {alias}", (*path, "aliases", place), form)


def altered_or_longer(alias: str) -> str:
    """A spelling with one sign wrong; "{}" has none to alter."""
    return altered(alias) if any(sign.isalnum() for sign in alias) else f"{alias}x"


def unit_mutant(place: str, path: Sequence[str | int], change: Any) -> Mutant:
    """One changed or dropped entry of the units."""
    said = "dropped" if change is None else f"-> {change}"
    return Mutant("units", f"{place} {said}", partial(unit_verdict, path, change))


@cache
def packaged_toml(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A file of the mappings and its schema."""
    data = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    return data, json.loads((FOLDER / "schema" / f"{name}.json").read_text(encoding="utf-8"))


def changed_at(data: dict[str, Any], path: Sequence[str | int], change: Any) -> dict[str, Any]:
    """The data with one entry changed, or dropped for None."""
    data = copy.deepcopy(data)
    *above, last = path
    place: Any = data
    for part in above:
        place = place[part]
    if change is None:
        del place[last]
    else:
        place[last] = change
    return data


def code_verdict(path: Sequence[str | int], change: Any) -> str:
    """Who notices one changed entry of the code sets."""
    data, schema = packaged_toml("code_sets")
    data = changed_at(data, path, change)
    try:
        file = code_sets_file.parse_code_sets(data, {})
    except Exception:  # noqa: BLE001 - any refusal to load is what is looked for
        return "loading"
    sets = codes.CodeSets(file)
    if failing(CODE_TESTS, {"CODES": sets, "FILE": file}):
        return "tests"
    return refused(code_sets_file.parse_code_sets, data, schema)


def unit_verdict(path: Sequence[str | int], change: Any) -> str:
    """Who notices one changed entry of the units."""
    data, schema = packaged_toml("units")
    data = changed_at(data, path, change)
    try:
        table = units.parse_units(data, {})
    except Exception:  # noqa: BLE001 - any refusal to load is what is looked for
        return "loading"
    units._find.cache_clear()
    try:
        with patch.object(units, "load_units", lambda: table):
            if failing(UNIT_TESTS, {}):
                return "tests"
    finally:
        units._find.cache_clear()
    return refused(units.parse_units, data, schema)


def refused(parse: Callable[[Any, Any], Any], data: Any, schema: Any) -> str:
    """ "loading" if the schema refuses the data, "" if nobody noticed."""
    try:
        parse(data, schema)
    except ValueError:
        return "loading"
    return ""


def failing(modules: Sequence[str], names: Mapping[str, Any]) -> bool:
    """Whether a test of the modules fails while their names stand for something else."""
    for name in modules:
        module = import_module(name)
        with patch.dict(vars(module), {key: value for key, value in names.items() if hasattr(module, key)}):
            if any(fails(case) for case in plain_cases(name)):
                return True
    return False


@cache
def plain_cases(name: str) -> tuple[Callable[..., None], ...]:
    """The cases of a module's tests that need nothing from outside."""
    return tuple(cases_of(import_module(name), set(), needed=False))


# -- tests, called as functions ------------------------------------------------------------------------------


def cases_of(module: ModuleType, fixtures: set[str], *, needed: bool) -> Iterator[Callable[..., None]]:
    """Every test of a module with each of its parametrised values, if it asks for no other fixture."""
    for name, test in vars(module).items():
        if not name.startswith("test_") or not callable(test):
            continue
        parametrised = [mark for mark in getattr(test, "pytestmark", ()) if mark.name == "parametrize"]
        wanted = set(inspect.signature(test).parameters)
        choices = [list(values_of(mark.args[0], mark.args[1])) for mark in parametrised]
        given = {key for choice in choices for key in choice[0]}
        if wanted - given - fixtures or (needed and not wanted & fixtures):
            continue
        for chosen in product(*choices):
            yield partial(test, **{key: value for each in chosen for key, value in each.items()})


def values_of(names: str | Sequence[str], values: Sequence[Any]) -> Iterator[dict[str, Any]]:
    """The rows of one `parametrize` as keyword arguments."""
    keys = [key.strip() for key in names.split(",")] if isinstance(names, str) else list(names)
    for row in values:
        plain = getattr(row, "values", None)
        row_values = plain if isinstance(plain, tuple) else row
        yield dict(zip(keys, (row_values,) if len(keys) == 1 else row_values, strict=True))


def fails(case: Callable[[], None]) -> bool:
    """Whether a test fails, in whatever way."""
    try:
        case()
    except Exception:  # noqa: BLE001 - an assertion, a missing key, a wrong type: the slip was noticed
        return True
    return False


# -- the campaign --------------------------------------------------------------------------------------------


def all_mutants() -> list[Mutant]:
    """Every slip, in the order of the files."""
    return [*knowledge_mutants(), *code_mutants(), *unit_mutants()]


def noticed_unchanged() -> list[str]:
    """The files that are "noticed" without any slip: as long as there is one, no score means anything."""
    contents, _ = packaged_tables()
    verdicts = {f"{name}.toml": knowledge_verdict(name, contents[name]) for name in NUMBER_FILES}
    for name, verdict in (("code_sets", code_verdict), ("units", unit_verdict)):
        data, _ = packaged_toml(name)
        entry = next(iter(data))
        verdicts[f"{name}.toml"] = verdict((entry,), data[entry])
    return [name for name, by in verdicts.items() if by]


def run(mutants: Sequence[Mutant]) -> tuple[dict[str, Counter[str]], list[Mutant]]:
    """Who noticed how many slips of each part ("" is nobody), and the slips that nobody noticed."""
    tally: dict[str, Counter[str]] = {}
    missed = []
    for mutant in mutants:
        by = mutant.noticed_by()
        tally.setdefault(mutant.part, Counter())[by] += 1
        if not by:
            missed.append(mutant)
    return tally, missed


def main() -> int:
    """Print the score of each part and every slip that was missed; 1 when a part stays below its bar."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, help="a seeded sample of this size instead of all")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    if noticed := noticed_unchanged():
        sys.exit(f"a test fails with the file as it is: {', '.join(noticed)}")
    mutants = all_mutants()
    if options.count:
        mutants = random.Random(options.seed).sample(mutants, options.count)
    tally, missed = run(mutants)
    below = 0
    for part, counts in tally.items():
        total = counts.total()
        reached = 100 * (total - counts[""]) / total
        below += reached < BARS[part]
        sys.stdout.write(
            f"{part}: {reached:.1f} % of {total} slips noticed (bar {BARS[part]} %); "
            f"{counts['tests']} by tests, {counts['loading']} by loading, {counts['']} missed\n"
        )
    for mutant in missed:
        sys.stdout.write(f"  missed: {mutant.part}, {mutant.place}\n")
    return 1 if below else 0


if __name__ == "__main__":
    sys.exit(main())
