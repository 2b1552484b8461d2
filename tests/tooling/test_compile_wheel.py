"""The step that compiles a wheel's arithmetic: what it refuses, and how it names what it makes."""

import importlib.util
import sys
import zipfile
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def tool(request) -> ModuleType:
    path = request.config.rootpath / "tools" / "compile_wheel.py"
    spec = importlib.util.spec_from_file_location("compile_wheel", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def wheel(tmp_path):
    path = tmp_path / "infliximab_cds-9.9-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("tdm/pharmacokinetics/__init__.py", "")
        made.writestr("tdm/pharmacokinetics/minimum.py", "")
        made.writestr(
            "infliximab_cds-9.9.dist-info/WHEEL",
            "Wheel-Version: 1.0\nGenerator: hatchling\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        made.writestr(
            "infliximab_cds-9.9.dist-info/METADATA", "Metadata-Version: 2.4\nName: x\nVersion: 9.9\n"
        )
        made.writestr("infliximab_cds-9.9.dist-info/RECORD", "")
    return path


def test_a_wheel_that_fits_one_platform_is_not_compiled_again(tool, tmp_path):
    with pytest.raises(tool.CompileError, match="may be compiled already"):
        tool.unpack(tmp_path / "infliximab_cds-9.9-cp311-cp311-linux_x86_64.whl", tmp_path / "tree")


def test_a_folder_that_is_in_the_way_is_made_anew(tool, wheel, tmp_path):
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "minimum.cpython-311-x86_64-linux-gnu.so").touch()
    tool.unpack(wheel, tree)
    assert sorted(path.name for path in tree.iterdir()) == ["infliximab_cds-9.9.dist-info", "tdm"]


def test_the_wheel_made_says_which_python_and_platform_it_fits(tool, wheel, tmp_path):
    tree = tmp_path / "tree"
    tool.unpack(wheel, tree)
    made = tool.pack(tree, tmp_path / "made")
    python = f"cp{sys.version_info.major}{sys.version_info.minor}"
    assert made.name.startswith(f"infliximab_cds-9.9-{python}-{python}-")
    with zipfile.ZipFile(made) as packed:
        told = packed.read("infliximab_cds-9.9.dist-info/WHEEL").decode().splitlines()
        record = packed.read("infliximab_cds-9.9.dist-info/RECORD").decode()
    assert "Root-Is-Purelib: false" in told
    assert f"Tag: {made.stem.removeprefix('infliximab_cds-9.9-')}" in told
    assert "tdm/pharmacokinetics/minimum.py,sha256=" in record


def test_a_module_that_was_not_compiled_is_named(tool, wheel, tmp_path, monkeypatch):
    tree = tmp_path / "tree"
    tool.unpack(wheel, tree)
    (tree / "build").mkdir()
    monkeypatch.setattr(tool, "run", lambda *_, **__: None)
    with pytest.raises(tool.CompileError, match=r"not compiled: minimum\.py"):
        tool.compile_in(tree)


def test_a_compiler_that_fails_is_quoted(tool, tmp_path):
    with pytest.raises(tool.CompileError, match="ended with 3\nno C compiler"):
        tool.run(
            sys.executable, "-c", "import sys; sys.stderr.write('no C compiler'); sys.exit(3)", cwd=tmp_path
        )
