"""Builds the wheel with compiled arithmetic and proves it: every digit as from the source, and alone in use.

`python tools/compiled_smoke.py --into dist --tree .make/compiled`. The tree stays behind for timings:
`PYTHONSAFEPATH=1 PYTHONPATH=.make/compiled:. python -m benchmarks.forecast`.
"""

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

from wheel_smoke import ROOT, SmokeError, build, install, run

ANSWERS = "tests.tdm.pharmacokinetics.answers"
STORIES = ROOT / "tests" / "vignettes"


def answers_of(*places: Path) -> list[str]:
    """What the invented patients are answered when modules are looked for in these places."""
    path = os.pathsep.join(str(place) for place in (*places, ROOT))
    return run(
        "env", "PYTHONSAFEPATH=1", f"PYTHONPATH={path}", sys.executable, "-m", ANSWERS, cwd=ROOT
    ).splitlines()


def compare_answers(tree: Path) -> int:
    """Compare the compiled tree with the source, to the last digit; returns the number of models."""
    (source, *plain), (machine, *compiled) = answers_of(), answers_of(tree)
    if (source, machine) != ("py", "so"):
        raise SmokeError(f"compared were {source} and {machine}, not the source with what was compiled")
    if plain != compiled:
        raise SmokeError("\n".join(["other answers than from the source:", *plain, "but", *compiled]))
    return len(plain)


def compare_cards(source: Path, compiled: Path) -> int:
    """Compare what both command lines explain of every fourth story with a forecast; returns how many.

    Every digit was compared before; here only what an installed service makes of it.
    """
    stories = sorted(STORIES.glob("forecast-*/request.json"))[::4]
    for story in stories:
        told = [run(command, "explain", story, cwd=ROOT) for command in (source, compiled)]
        if told[0] != told[1]:
            raise SmokeError(f"{story.parent.name} is explained in other words than from the source")
    return len(stories)


def main() -> int:
    """Build, compare, test, install; 0 when all is as it should be."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--into", type=Path, required=True, metavar="FOLDER", help="where to put the wheel")
    parser.add_argument(
        "--tree", type=Path, required=True, metavar="FOLDER", help="where to leave its contents"
    )
    options = parser.parse_args()
    tree, into = options.tree.resolve(), options.into.resolve()
    with tempfile.TemporaryDirectory(prefix="infliximab-cds-compiled-") as folder:
        place = Path(folder)
        try:
            script = ROOT / "tools" / "compile_wheel.py"
            told = run(
                sys.executable, script, build(place), "--into", place / "made", "--tree", tree, cwd=place
            )
            sys.stdout.write(told)
            models = compare_answers(tree)
            (wheel,) = (place / "made").glob("*.whl")
            commands = install(wheel, place / "env")
            plain = Path(sys.executable).with_name("infliximab-cds")
            stories = compare_cards(plain, commands / "infliximab-cds")
        except SmokeError as error:
            sys.stderr.write(f"compiled wheel: {error}\n")
            return 1
        into.mkdir(parents=True, exist_ok=True)
        shutil.copy(wheel, into)
    sys.stdout.write(f"compiled wheel: {models} models answer as from the source, to the last digit;\n")
    sys.stdout.write(f"compiled wheel: installed alone it explains {stories} stories in the same words\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
