"""Ready phrases: one set for each knowledge, never mixed up, and not more than a few."""

import dataclasses

import pytest

from cards import phrases as module
from cards.detail import detail
from cards.phrases import phrases_of
from cards.wording import load_wording
from tdm.decision import Option, OptionKind
from tdm.knowledge.model import Knowledge, Message
from tests.cards.examples import INTENSIFY, KNOWLEDGE

WORDING = load_wording()


def saying(sentence: str) -> Knowledge:
    return dataclasses.replace(KNOWLEDGE, options={"raise-dose": Message(sentence)})


def test_each_knowledge_keeps_phrases_of_its_own() -> None:
    assert phrases_of(KNOWLEDGE, WORDING) is phrases_of(KNOWLEDGE, WORDING)
    shown = [detail(INTENSIFY, knowledge=saying(f"Dose {name}."), wording=WORDING) for name in "abc"]
    for name, text in zip("abc", shown, strict=True):
        assert f"- Dose {name}: 10 mg/kg (700 mg) every 8 weeks" in text


def test_phrases_of_many_knowledges_do_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_known", {})
    kept = [phrases_of(saying("Raise it."), WORDING) for _ in range(20)]
    assert len({id(one) for one in kept}) == 20
    assert 0 < len(module._known) <= module._MAX_KNOWLEDGE


@pytest.mark.parametrize(
    ("option", "regimen", "shown"),
    [
        (Option(OptionKind.RAISE_DOSE), "", "Raise &lt;it&gt;."),
        (Option(OptionKind.RAISE_DOSE), "10 mg/kg", "Raise &lt;it&gt;: 10 mg/kg"),
        (Option(OptionKind.RAISE_DOSE, provisional=True), "", "Raise &lt;it&gt; (provisional)"),
        (
            Option(OptionKind.RAISE_DOSE, off_label=True, provisional=True, recommended=True),
            "10 mg/kg",
            "**Recommended:** Raise &lt;it&gt;: 10 mg/kg (provisional, off-label)",
        ),
        (Option(OptionKind.LOWER_DOSE), "", "lower-dose"),
    ],
)
def test_an_option_reads_as_sentence_regimen_and_marks(option: Option, regimen: str, shown: str) -> None:
    assert phrases_of(saying("Raise <it>."), WORDING).option(option, regimen) == shown
