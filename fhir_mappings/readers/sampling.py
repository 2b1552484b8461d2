"""What the name of a level says of when it was drawn: "Infliximab peak", "2 h post infusion", "random"."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from fhir_mappings.codes import codings_of
from fhir_mappings.naming import name_pattern

_MAX_NAME = 80
_OTHER_THAN_TROUGH = name_pattern(
    names=(
        "peak", "piek*", "topspiegel", "spitzenspiegel", "spitze", "pic", "pico", "picco", "cmax",
        "post infusion", "postinfusion", "after infusion", "after the infusion", "post dose", "postdose",
        "na infuus", "na infusie", "na het infuus", "nach infusion", "nach der infusion", "apres perfusion",
        "post perfusion", "tras infusion", "dopo infusione",
        "1h", "1 h", "2h", "2 h", "4h", "4 h", "1 hour", "2 hour", "2 hours", "2 uur", "2 stunden",
        "2 heures",
        "random", "willekeurig*", "zufall*", "aleatoire", "aleatorio", "mid interval", "midinterval",
        "mid cycle", "midcycle", "mid dose", "tussentijds*", "intervallmitte", "mi intervalle",
    ),
    names_with=(),
    # A name that says trough is believed: "Infliximab trough, 1 h before infusion".
    names_without=("trough", "dal", "dalspiegel*", "talspiegel*", "residuel*", "valle", "predose",
                   "pre dose"),
    ignored=(),
)  # fmt: skip


def other_than_trough(codeable: Any) -> str | None:
    """Return the name (cut to 80 characters) that says that a level is no trough, None where none does."""
    codings, text = codings_of(codeable)
    names = [text, *(display for _, _, display in codings)]
    return next((name[:_MAX_NAME] for name in names if name and _says_so(name)), None)


@lru_cache(maxsize=1024)
def _says_so(name: str) -> bool:
    return _OTHER_THAN_TROUGH.names_in(name)
