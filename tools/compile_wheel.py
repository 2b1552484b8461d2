"""Compiles the pharmacokinetics of a wheel: the same source and the same answers, in half the time.

`python tools/compile_wheel.py WHEEL --into FOLDER` writes a second wheel, for one Python and platform. With
`--tree FOLDER` its contents stay there, too, for tests and timings. A C compiler and Python's headers must be
there; requirements/compile.lock has the rest. The source tree is never touched: a compiled module beside its
source would hide every later change of it.
"""

import argparse
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from pathlib import Path

COMPILED = Path("tdm", "pharmacokinetics")
"""Arithmetic in many small steps. Other parts of a decision gain little (docs/performance.md)."""

SETUP = """
import sys
from mypyc.build import mypycify
from setuptools import setup

modules = mypycify(["--strict", *sys.argv[1:]], group_name="infliximab_cds", opt_level="3")
setup(name="infliximab-cds-compiled", ext_modules=modules, script_args=["--quiet", "build_ext", "--inplace"])
"""
"""The compiler as its makers want it to be called; its shared code becomes a module of the given name."""

# The answers shall not depend on whether a processor can multiply and add with one rounding.
FLAGS = "-ffp-contract=off"


class CompileError(Exception):
    """No wheel was made; the sentence says why."""


def run(*command: str | Path, cwd: Path) -> None:
    """Run a command of this environment; what it says is shown only where it fails."""
    arguments = [str(part) for part in command]
    environment = {**os.environ, "CFLAGS": f"{os.environ.get('CFLAGS', '')} {FLAGS}".strip()}
    done = subprocess.run(arguments, cwd=cwd, check=False, capture_output=True, text=True, env=environment)
    if done.returncode != 0:
        raise CompileError(
            f"{Path(arguments[0]).name} ended with {done.returncode}\n{done.stdout}{done.stderr}"
        )


def unpack(wheel: Path, tree: Path) -> None:
    """The contents of a wheel that fits every platform, in a folder that is made anew."""
    if not wheel.name.endswith("-none-any.whl"):
        raise CompileError(f"{wheel.name} fits one platform only: it may be compiled already")
    shutil.rmtree(tree, ignore_errors=True)
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(tree)


def compile_in(tree: Path) -> int:
    """Compile in an unpacked wheel; returns how many modules were compiled."""
    found = sorted((tree / COMPILED).glob("*.py"))
    modules = [path.relative_to(tree) for path in found if path.name != "__init__.py"]
    run(sys.executable, "-c", SETUP, *modules, cwd=tree)
    shutil.rmtree(tree / "build")
    shutil.rmtree(tree / ".mypy_cache", ignore_errors=True)
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    if missing := [path.name for path in modules if not (tree / path).with_suffix(suffix).exists()]:
        raise CompileError(f"not compiled: {', '.join(missing)}")
    return len(modules)


def pack(tree: Path, into: Path) -> Path:
    """The wheel of a tree with compiled modules, named for the Python and the platform it was made on."""
    (metadata,) = tree.glob("*.dist-info/WHEEL")
    lines = metadata.read_text(encoding="utf-8").splitlines()
    python = f"cp{sys.version_info.major}{sys.version_info.minor}"
    platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
    kept = [line for line in lines if not line.startswith(("Tag:", "Root-Is-Purelib:")) and line]
    marked = [*kept, "Root-Is-Purelib: false", f"Tag: {python}-{python}-{platform}", ""]
    metadata.write_text("\n".join(marked), encoding="utf-8")
    into.mkdir(parents=True, exist_ok=True)
    before = set(into.glob("*.whl"))
    run(sys.executable, "-m", "wheel", "pack", tree, "--dest-dir", into, cwd=tree.parent)
    made = set(into.glob(f"*-{python}-{python}-{platform}.whl"))
    (wheel,) = made - before or made
    return wheel


def main() -> int:
    """Compile one wheel; 0 when the second one is made."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("wheel", type=Path, help="a built wheel of this project")
    parser.add_argument(
        "--into", type=Path, required=True, metavar="FOLDER", help="where to put the new wheel"
    )
    parser.add_argument("--tree", type=Path, metavar="FOLDER", help="leave its contents here, too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="infliximab-cds-compile-") as folder:
        tree = (options.tree or Path(folder, "tree")).resolve()
        try:
            unpack(options.wheel, tree)
            count = compile_in(tree)
            made = pack(tree, options.into.resolve())
        except CompileError as error:
            sys.stderr.write(f"compiled wheel: {error}\n")
            return 1
    sys.stdout.write(f"compiled wheel: {made.name}, {count} modules compiled\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
