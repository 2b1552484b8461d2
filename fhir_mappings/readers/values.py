"""value[x] of an Observation or of a component, whatever shape it came in."""

from __future__ import annotations

from typing import Any, NamedTuple

from fhir_mappings.codes import Codings, codings_of
from fhir_mappings.numbers import json_comparator, json_number, text_number, value_number
from fhir_mappings.references import text_of
from fhir_mappings.text import ResultWord, closing_word, interpretation_word, opening_word, result_word
from tdm.facts import Comparator

_MAX_ORIGINAL = 80
_PENDING_REASONS = frozenset({"temp-unknown", "registered"})
_NOT_DONE_REASONS = frozenset({"not-performed", "not-permitted", "error", "unsupported", "not-applicable"})

# Answers that public value sets give with the same meaning.
_ANSWER_CODES: dict[str, ResultWord] = {
    "LA15173-0": ResultWord.POSITIVE,  # pregnant
    "LA26683-5": ResultWord.NEGATIVE,  # not pregnant
    "77386006": ResultWord.POSITIVE,  # pregnancy
    "60001007": ResultWord.NEGATIVE,  # not pregnant
    "260385009": ResultWord.NEGATIVE,
}


class ResultValue(NamedTuple):
    """A result as read. `present` is False when there is no value[x] and no reason for its absence.

    `unit` and `code` are the two unit fields as sent; `original` is the result for display.
    """

    present: bool = False
    number: float | None = None
    comparator: Comparator = Comparator.EXACT
    unit: str = ""
    code: str = ""
    titre: bool = False
    word: ResultWord | None = None
    flag: ResultWord | None = None
    flag_code: str = ""
    original: str = ""


def read_value(element: dict[str, Any]) -> ResultValue:
    """Return the value of an Observation or component. What is not understood has no number and no word."""
    value = _read_shape(element)
    said = element.get("interpretation")
    flag, flag_code = read_interpretation(said) if said else (None, "")
    if not value.present and element.get("dataAbsentReason") is not None:
        value = _read_absence(element["dataAbsentReason"])
    if flag is None and not flag_code:
        return value
    return value._replace(present=value.present or flag is not None, flag=flag, flag_code=flag_code)


def _read_shape(element: dict[str, Any]) -> ResultValue:
    if isinstance(element.get("valueQuantity"), dict):
        return _read_quantity(element["valueQuantity"])
    if isinstance(element.get("valueString"), str):
        return read_text(element["valueString"])
    if element.get("valueCodeableConcept") is not None:
        return _read_concept(element["valueCodeableConcept"])
    if element.get("valueInteger") is not None:
        return _read_bare_number(element["valueInteger"])
    if isinstance(element.get("valueBoolean"), bool):
        word = ResultWord.POSITIVE if element["valueBoolean"] else ResultWord.NEGATIVE
        return ResultValue(present=True, word=word, original="yes" if element["valueBoolean"] else "no")
    if isinstance(element.get("valueRatio"), dict):
        return _read_ratio(element["valueRatio"])
    other = any(key.startswith("value") and element[key] is not None for key in element)
    return ResultValue(present=other)


def _read_quantity(quantity: dict[str, Any]) -> ResultValue:
    unit, code = text_of(quantity.get("unit")), text_of(quantity.get("code"))
    raw = quantity.get("value")
    if raw is None:
        return ResultValue(present=bool(unit or code) or "comparator" in quantity, unit=unit, code=code)
    number, comparator = value_number(raw), json_comparator(quantity.get("comparator"))
    if number is None and isinstance(raw, str) and quantity.get("comparator") is None:
        return _read_text_quantity(raw, unit, code)
    if number is None or comparator is None:
        return ResultValue(present=True, unit=unit, code=code, original=text_of(raw)[:_MAX_ORIGINAL])
    original = shown_quantity(number, comparator, unit or code)
    return ResultValue(
        present=True, number=number, comparator=comparator, unit=unit, code=code, original=original
    )


def shown_quantity(number: float, comparator: Comparator, unit: str) -> str:
    """Return a number as reported, for display: "< 0.4 ug/mL"."""
    sign = "" if comparator is Comparator.EXACT else f"{comparator.value} "
    return f"{sign}{number:g} {unit}".strip()[:_MAX_ORIGINAL]


def _read_text_quantity(raw: str, unit: str, code: str) -> ResultValue:
    """Return "< 0.4" or "not detected" that stands where a number should; a unit in it must be the unit."""
    read = read_text(raw)
    if read.unit and not unit:
        unit = read.unit
    elif read.unit and read.unit != unit:
        return ResultValue(present=True, unit=unit, code=code, original=read.original)
    original = f"{read.original} {unit or code}".strip()[:_MAX_ORIGINAL] if not read.unit else read.original
    return ResultValue(
        read.present, read.number, read.comparator, unit, code, read.titre, read.word, original=original
    )


def read_text(text: str) -> ResultValue:
    """Return a result in text: a number with its unit, a known phrase, or both ("Positive, 350 U/mL")."""
    trimmed = text.strip()
    if not trimmed:
        return ResultValue()
    original = " ".join(trimmed.split())[:_MAX_ORIGINAL]
    number, word = text_number(trimmed), None
    if number is None:
        word = result_word(trimmed)
        if word is None:
            return _read_opening(trimmed, original)
        return ResultValue(present=True, word=word, original=original)
    unit, closing = number.unit, closing_word(number.unit) if number.unit else None
    if closing is not None:
        unit, word = closing
    return ResultValue(
        present=True,
        number=number.value,
        comparator=number.comparator,
        unit=unit,
        titre=number.titre,
        word=word,
        original=original,
    )


def _read_opening(text: str, original: str) -> ResultValue:
    """Return a phrase with more behind it, and the number in that where it is one.

    A positive result stays positive whatever else is said of it. A negative one is taken only where the rest
    is a plain number: "Negative, interference by the drug cannot be excluded" is no negative result.
    """
    opening = opening_word(text)
    if opening is None:
        return ResultValue(present=True, original=original)
    word, rest = opening
    number = text_number(rest)
    if number is None:
        kept = word if word in {ResultWord.POSITIVE, ResultWord.INCONCLUSIVE} else None
        return ResultValue(present=True, word=kept, original=original)
    return ResultValue(
        present=True,
        number=number.value,
        comparator=number.comparator,
        unit=number.unit,
        titre=number.titre,
        word=word,
        original=original,
    )


def _read_concept(codeable: Any) -> ResultValue:
    """Return a coded answer by its text, its displays and its codes; contradictions are inconclusive."""
    codings, text = codings_of(codeable)
    shown = text or next((display for _, _, display in codings if display), "")
    words = {word for word in (_answer_words(codings) | _phrases(codings, text)) if word is not None}
    if len(words) > 1:
        return ResultValue(present=True, word=ResultWord.INCONCLUSIVE, original=shown[:_MAX_ORIGINAL])
    if words:
        return ResultValue(present=True, word=words.pop(), original=shown[:_MAX_ORIGINAL])
    if shown:
        return read_text(shown)
    return ResultValue(present=bool(codings))


def _answer_words(codings: Codings) -> set[ResultWord | None]:
    words: set[ResultWord | None] = set()
    for system, code, _ in codings:
        words.add(_ANSWER_CODES.get(code.strip()))
        if "observationinterpretation" in system.lower().replace("-", ""):
            words.add(interpretation_word(code))
    return words


def _phrases(codings: Codings, text: str) -> set[ResultWord | None]:
    return {result_word(phrase) for phrase in (text, *(display for _, _, display in codings)) if phrase}


def _read_bare_number(value: Any) -> ResultValue:
    number = json_number(value)
    return ResultValue(present=True, number=number, original="" if number is None else f"{number:g}")


def _read_ratio(ratio: dict[str, Any]) -> ResultValue:
    """Return a titre that was sent as a ratio of 1 to n."""
    one, many = ratio.get("numerator"), ratio.get("denominator")
    if not isinstance(one, dict) or not isinstance(many, dict) or value_number(one.get("value")) != 1:
        return ResultValue(present=True)
    number = value_number(many.get("value"))
    if number is None:
        return ResultValue(present=True)
    return ResultValue(present=True, number=number, titre=True, original=f"1:{number:g}")


def _read_absence(reason: Any) -> ResultValue:
    codings, text = codings_of(reason)
    codes = {code.strip().lower() for _, code, _ in codings}
    if codes & _PENDING_REASONS:
        return ResultValue(present=True, word=ResultWord.PENDING)
    if codes & _NOT_DONE_REASONS:
        return ResultValue(present=True, word=ResultWord.NOT_DONE)
    word = result_word(text) if text else None
    return ResultValue(present=True, word=word if word in {ResultWord.PENDING, ResultWord.NOT_DONE} else None)


def read_interpretation(value: Any) -> tuple[ResultWord | None, str]:
    """Return the laboratory's flag as a word and as its code; contradicting flags are inconclusive."""
    concepts = value if isinstance(value, list) else [value]
    words: set[ResultWord] = set()
    codes: list[str] = []
    for concept in concepts:
        codings, text = codings_of(concept)
        for _, code, display in codings:
            codes.append(code.strip().upper())
            word = interpretation_word(code) or result_word(display)
            if word is not None:
                words.add(word)
        word = result_word(text) or interpretation_word(text) if text and not codings else None
        if word is not None:
            words.add(word)
    if len(words) > 1:
        same_side = words <= {ResultWord.NEGATIVE, ResultWord.NOT_DETECTED}
        return (ResultWord.NEGATIVE if same_side else ResultWord.INCONCLUSIVE), ""
    return (words.pop() if words else None), (codes[0] if len(codes) == 1 else "")
