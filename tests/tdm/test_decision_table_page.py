"""The page made from the decision table."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from tdm.gates import gate_order
from tdm.table import build_table, numbers_of
from tests.tdm.enumeration import shipped_knowledge

ROOT = Path(__file__).resolve().parents[2]


def generated() -> str:
    spec = spec_from_file_location("decision_table", ROOT / "docs/_generate/decision_table.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.generate()["docs/decision-table.md"]


def test_the_page_is_in_step_with_the_code():
    page = ROOT / "docs/decision-table.md"
    assert page.read_text(encoding="utf-8") == generated(), "run: make docs"


def test_the_page_names_every_gate_and_every_row_in_order():
    text = generated()
    rows = build_table(numbers_of(shipped_knowledge()))
    places = [text.index(f"**{gate}**") for gate in gate_order()]
    places += [text.index(f"\n| {rule.id} |") for rule in rows]
    assert places == sorted(places)
