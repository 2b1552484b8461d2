"""What import contracts cannot see: who reads the clock, the disk, the environment, or calls out."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGES = ("tdm", "fhir_mappings", "cards", "cds_service")

CLOCK_CALLS = frozenset(
    {
        "datetime.now",
        "datetime.utcnow",
        "datetime.today",
        "date.today",
        "time.time",
        "time.time_ns",
        "time.localtime",
    }
)
FILE_METHODS = frozenset({"open", "read_text", "read_bytes", "write_text", "write_bytes", "mkdir", "unlink"})
NETWORK_MODULES = frozenset(
    {
        "socket",
        "ssl",
        "http.client",
        "http.server",
        "urllib.request",
        "urllib3",
        "requests",
        "smtplib",
        "ftplib",
    }
)

# A module that is not named here does not do it; each that is has its reason.
MAY_READ_THE_CLOCK = {
    "cds_service/services.py": "the one clock, handed to every call as a parameter",
}
MAY_TOUCH_FILES = {
    "cards/validation.py": "its own schema, packaged",
    "cards/wording.py": "its own sentences, packaged",
    "cds_service/cli/common.py": "the file that the user names on the command line",
    "cds_service/sandbox/patients.py": "the invented patients, packaged",
    "cds_service/checked_toml.py": "the overlay and the trust file that the site names, and their schemas",
    "cds_service/store/sqlite_file.py": "the file of the embedded database, made for its owner only",
    "cds_service/transparency.py": "its own sentences, packaged",
    "cds_service/trust/unsafe.py": "its own sentences, packaged",
    "fhir_mappings/acquisition/dialects.py": "how servers want to be asked, packaged",
    "fhir_mappings/code_sets_file.py": "its own code sets, packaged",
    "fhir_mappings/text.py": "its own words, packaged",
    "fhir_mappings/units.py": "its own units, packaged",
    "tdm/knowledge/files.py": "the knowledge, packaged",
}
MAY_READ_THE_ENVIRONMENT = {
    "cds_service/cli/common.py": "the one place where settings come in",
    "cds_service/metrics_folder.py": "where the workers of a server share their numbers",
}
MAY_CALL_OUT = {
    "cds_service/serving.py": "whether the port to serve on is free",
    "fhir_mappings/acquisition/client.py": "asks FHIR servers that clients may name, and key servers",
    "fhir_mappings/acquisition/names.py": "looks up the names of exactly these",
}


def modules(repository: Path, *packages: str) -> Iterator[tuple[str, ast.Module]]:
    for package in packages or PACKAGES:
        for path in sorted((repository / package).rglob("*.py")):
            yield path.relative_to(repository).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def calls(tree: ast.Module) -> Iterator[str]:
    """The dotted names of everything called, shortened to the last two parts."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            yield ".".join(ast.unparse(node.func).split(".")[-2:])


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def reads_the_clock(tree: ast.Module) -> bool:
    return any(call in CLOCK_CALLS for call in calls(tree))


def touches_files(tree: ast.Module) -> bool:
    return any(
        isinstance(node, ast.Call)
        and (
            (isinstance(node.func, ast.Attribute) and node.func.attr in {*FILE_METHODS, "open_file"})
            or (isinstance(node.func, ast.Name) and node.func.id == "open")
        )
        for node in ast.walk(tree)
    )


def reads_the_environment(tree: ast.Module) -> bool:
    return any(
        isinstance(node, ast.Attribute) and ast.unparse(node) in {"os.environ", "os.getenv"}
        for node in ast.walk(tree)
    )


def calls_out(tree: ast.Module) -> bool:
    return any(
        name == module or name.startswith(f"{module}.")
        for name in imported(tree)
        for module in NETWORK_MODULES
    )


@pytest.mark.parametrize(
    ("does_it", "allowed"),
    [
        pytest.param(reads_the_clock, MAY_READ_THE_CLOCK, id="clock"),
        pytest.param(touches_files, MAY_TOUCH_FILES, id="files"),
        pytest.param(reads_the_environment, MAY_READ_THE_ENVIRONMENT, id="environment"),
        pytest.param(calls_out, MAY_CALL_OUT, id="network"),
    ],
)
def test_only_the_modules_named_here_reach_outside(repository, does_it, allowed):
    assert {name for name, tree in modules(repository) if does_it(tree)} == set(allowed)


@pytest.mark.parametrize(
    ("does_it", "source"),
    [
        (reads_the_clock, "from datetime import datetime, UTC\nnow = datetime.now(UTC)"),
        (reads_the_clock, "import datetime\ntoday = datetime.date.today()"),
        (reads_the_clock, "import time\nat = time.time()"),
        (touches_files, "with open('x') as stream: ..."),
        (touches_files, "text = path.read_text()"),
        (touches_files, "text = files('cards').joinpath('x').read_bytes()"),
        (reads_the_environment, "import os\nzone = os.environ['TZ']"),
        (calls_out, "from urllib.request import urlopen"),
        (calls_out, "from http import client"),
        (calls_out, "def late():\n    import socket"),
        (calls_out, "from requests.adapters import HTTPAdapter"),
        (calls_out, "from urllib3.connection import HTTPConnection"),
    ],
)
def test_each_way_out_is_recognised(does_it, source):
    assert does_it(ast.parse(source))
    assert not does_it(
        ast.parse("from datetime import datetime\nfrom http import HTTPStatus\nnow = given.now")
    )


def test_every_module_says_in_one_line_what_it_is_for(repository):
    without = [
        name
        for name, tree in modules(repository)
        if not (text := ast.get_docstring(tree)) or not text.splitlines()[0].endswith((".", "`", ":", ")"))
    ]
    assert without == []


def test_no_module_has_grown_beyond_reading_in_one_sitting(repository):
    longest = 375
    assert [
        name
        for package in PACKAGES
        for path in sorted((repository / package).rglob("*.py"))
        if len(path.read_text(encoding="utf-8").splitlines()) > longest
        for name in [path.relative_to(repository).as_posix()]
    ] == []
