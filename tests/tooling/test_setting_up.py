"""Setting up on a machine that lacks something: one line says what, before anything is half done."""

import re
import shutil
import subprocess
import tomllib

import pytest

BASH = shutil.which("bash")


@pytest.fixture
def find_python(repository, tmp_path):
    """Run the search with nothing on the path but the interpreters that a test makes up."""

    def search(**environment):
        return subprocess.run(
            [BASH, str(repository / "tools" / "find-python")],
            env={"PATH": str(tmp_path), **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    return search


@pytest.fixture
def interpreter(tmp_path):
    """Make up an interpreter that answers the three questions it is asked."""

    def make(name, *, new_enough=True, complete=True, version="3.12"):
        path = tmp_path / name
        path.write_text(
            "#!/bin/sh\n"
            'case "$2" in\n'
            f"  *version_info*'<'*) exit {0 if new_enough else 1} ;;\n"
            f"  *ensurepip*) exit {0 if complete else 1} ;;\n"
            f"  *) echo {version} ;;\n"
            "esac\n"
        )
        path.chmod(0o755)
        return str(path)

    return make


def normalised(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def test_without_any_python_it_says_which_is_needed(find_python):
    found = find_python()
    assert found.returncode == 1
    assert "Python 3.11 or newer is needed" in found.stderr
    assert found.stdout == ""


def test_a_python_that_is_too_old_is_passed_over(find_python, interpreter):
    interpreter("python3", new_enough=False)
    newer = interpreter("python3.12")
    found = find_python()
    assert (found.returncode, found.stdout.strip()) == (0, newer)


def test_only_old_ones_are_as_good_as_none(find_python, interpreter):
    interpreter("python3", new_enough=False)
    assert "Python 3.11 or newer is needed" in find_python().stderr


def test_a_python_without_venv_is_named_with_the_package_that_mends_it(find_python, interpreter):
    interpreter("python3", complete=False, version="3.11")
    found = find_python()
    assert found.returncode == 1
    assert "apt-get install python3-venv (or python3.11-venv)" in found.stderr


def test_the_caller_may_name_one(find_python, interpreter):
    interpreter("python3")
    named = interpreter("mine")
    assert find_python(PYTHON=named).stdout.strip() == named


def test_every_direct_dependency_is_locked_with_hashes(repository):
    project = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))
    locks = {
        "runtime": project["project"]["dependencies"],
        "build": project["dependency-groups"]["build"],
        "dev": [
            *project["project"]["dependencies"],
            *project["dependency-groups"]["build"],
            *project["dependency-groups"]["dev"],
        ],
    }
    for name, wanted in locks.items():
        text = (repository / "requirements" / f"{name}.lock").read_text(encoding="utf-8")
        locked = dict(re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", text, re.MULTILINE))
        assert {normalised(re.split(r"[<>=!~\[ ]", one)[0]) for one in wanted} <= {
            normalised(one) for one in locked
        }
        entries = re.split(r"\n(?=[A-Za-z0-9])", text.strip())
        assert all("--hash=sha256:" in entry for entry in entries)


def test_the_locks_agree_on_every_version(repository):
    versions = {}
    for path in sorted((repository / "requirements").glob("*.lock")):
        for name, version in re.findall(
            r"^([A-Za-z0-9._-]+)==(\S+)", path.read_text(encoding="utf-8"), re.MULTILINE
        ):
            versions.setdefault(name, set()).add(version)
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}


def test_every_lint_rule_left_out_has_its_reason_beside_it(repository):
    text = (repository / "pyproject.toml").read_text(encoding="utf-8")
    lint = text.partition("[tool.ruff.lint]")[2].partition("[tool.ruff.lint.flake8")[0]
    rules = re.findall(r'^\s+"[A-Z]+[0-9]*",(.*)$', lint, re.MULTILINE)
    assert len(rules) > 20
    assert all(re.match(r"\s+# \S", reason) for reason in rules)
