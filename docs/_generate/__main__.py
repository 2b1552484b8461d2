"""Writes the documents that are made from code and data, or checks that they are in step (`--check`).

Each module beside this one offers `generate() -> dict[str, str]`: paths from the root of the repository, and
the text of each. Nothing is registered anywhere: a new module takes part by being here.
"""

import argparse
import difflib
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def generators() -> Iterator[Path]:
    """Return the modules beside this one, by name; a leading underscore marks what only serves others."""
    return (path for path in sorted(HERE.glob("*.py")) if not path.name.startswith("_"))


def documents(module_path: Path) -> dict[Path, str]:
    """Import one module and ask it for its documents, each ended by one line feed."""
    spec = importlib.util.spec_from_file_location(f"docs_generate_{module_path.stem}", module_path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{module_path.name} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    made: dict[Path, str] = {}
    for name, text in module.generate().items():
        path = (ROOT / name).resolve()
        if not path.is_relative_to(ROOT):
            raise ValueError(f"{module_path.name} writes outside of the repository")
        made[path] = text.rstrip("\n") + "\n"
    return made


def difference(path: Path, text: str) -> list[str]:
    """Return a unified diff from the file as it is to the text as it should be; empty when they agree."""
    now = path.read_text(encoding="utf-8") if path.exists() else None
    if now == text:
        return []
    name = path.relative_to(ROOT).as_posix()
    before = (now or "").splitlines()
    lines = difflib.unified_diff(
        before, text.splitlines(), f"{name} (as it is)", f"{name} (as made)", lineterm=""
    )
    return list(lines) or [f"{name}: differs only in how it ends"]


def main() -> int:
    """Write or check all documents; 1 when `--check` finds one out of step."""
    parser = argparse.ArgumentParser(
        prog="docs/_generate", description=__doc__.splitlines()[0] if __doc__ else None
    )
    parser.add_argument(
        "--check", action="store_true", help="change nothing; fail with a diff when out of step"
    )
    check = parser.parse_args().check
    sys.path.insert(0, str(ROOT))

    out_of_step = 0
    for module_path in generators():
        for path, text in documents(module_path).items():
            changed = difference(path, text)
            if not changed:
                continue
            out_of_step += 1
            if check:
                sys.stdout.write("\n".join(changed) + "\n")
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
                sys.stdout.write(f"written: {path.relative_to(ROOT).as_posix()}\n")
    if check and out_of_step:
        sys.stdout.write(f"{out_of_step} documents out of step with the code; run: make docs\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
