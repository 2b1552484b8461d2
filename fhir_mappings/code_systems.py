"""Code systems and codes in one spelling: aliases of system URIs, trimmed and normalised codes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

_ATC_LENGTH = 7
_NDC_LABELER, _NDC_PRODUCT, _NDC_PACKAGE = 5, 4, 2


def _spelling(system: str) -> str:
    """Return a system in lower case, without blanks, trailing slash, version or https."""
    text = system.strip().lower().split("|", 1)[0].rstrip("/")
    return "http://" + text[8:] if text.startswith("https://") else text


class SystemNames:
    """Alias table of code systems. Immutable after construction."""

    __slots__ = ("_aliases", "canonical")

    def __init__(self, systems: Mapping[str, list[str] | tuple[str, ...]]) -> None:
        self._aliases = {
            _spelling(alias): name for name in sorted(systems) for alias in (name, *systems[name])
        }
        self.canonical = lru_cache(maxsize=1024)(self._canonical)

    def _canonical(self, system: str) -> str:
        """Return the short name of a system ("loinc"), or its own spelling when it is not known."""
        spelled = _spelling(system)
        known = self._aliases.get(spelled)
        if known is not None:
            return known
        if spelled.startswith("http://snomed.info/sct/"):  # an edition or a version of it
            return "snomed"
        return spelled


def normal_code(system: str, code: str) -> str:
    """Return a code as it is looked up: trimmed; ICD and ATC without dots and case; NDC as its product.

    `system` is canonical. A code that cannot be normalised is returned as it was, trimmed.
    """
    trimmed = code.strip()
    if system in {"icd10", "icd9"}:
        return trimmed.upper().replace(".", "").rstrip("+*!-")
    if system == "ndc":
        return _ndc_product(trimmed)
    if system in {"atc", "hcpcs", "unii", "loinc"}:
        return trimmed.upper()
    return trimmed


def _ndc_product(code: str) -> str:
    """Return labeler and product of a National Drug Code as nine digits (5-4), or the code itself.

    With hyphens any of the ten-digit forms is clear; without them only eleven digits are.
    """
    parts = code.split("-")
    if len(parts) in {2, 3}:
        labeler, product = parts[0], parts[1]
        package = parts[2] if len(parts) == 3 else "00"  # noqa: PLR2004 - labeler-product-package
        sizes_fit = (
            len(labeler) <= _NDC_LABELER and len(product) <= _NDC_PRODUCT and len(package) <= _NDC_PACKAGE
        )
        if sizes_fit and all(part.isascii() and part.isdigit() for part in (labeler, product, package)):
            return labeler.zfill(_NDC_LABELER) + product.zfill(_NDC_PRODUCT)
    elif len(code) == _NDC_LABELER + _NDC_PRODUCT + _NDC_PACKAGE and code.isascii() and code.isdigit():
        return code[: _NDC_LABELER + _NDC_PRODUCT]
    return code


def system_of_bare_code(code: str) -> str:
    """Return the system of a code that came without one, where its shape leaves no doubt, else "".

    LOINC codes (digits, hyphen, check digit) and seven-character ATC codes are recognisable; plain
    numbers (RxNorm, SNOMED CT) are not.
    """
    trimmed = code.strip().upper()
    number, hyphen, check = trimmed.partition("-")
    if hyphen and len(check) == 1 and trimmed.isascii() and number.isdigit() and check.isdigit():
        return "loinc" if 3 <= len(number) <= 7 else ""  # noqa: PLR2004 - LOINC numbers have 3 to 7 digits
    if len(trimmed) == _ATC_LENGTH and trimmed.isascii():
        shape = "".join("A" if c.isalpha() else "9" if c.isdigit() else "?" for c in trimmed)
        return "atc" if shape == "A99AA99" else ""
    return ""
