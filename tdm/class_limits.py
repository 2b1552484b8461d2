"""Where no TNF blocker suits the patient, a switch leads out of the class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tdm.decision import Option, OptionKind


def out_of_class_only(options: Sequence[Option], *, immunomodulator: bool) -> tuple[Option, ...]:
    """Return the options with a switch within the class led out of it, the recommended one first.

    The immunomodulator goes with the anti-TNF that it was to protect, and always where it is not wanted.
    """
    within = next((one for one in options if one.kind is OptionKind.SWITCH_WITHIN_CLASS), None)
    dropped = {OptionKind.SWITCH_WITHIN_CLASS, OptionKind.SWITCH_OUT_OF_CLASS}
    if within is not None or not immunomodulator:
        dropped.add(OptionKind.ADD_IMMUNOMODULATOR)
    if within is None:
        return tuple(
            one for one in options if one.kind not in dropped or one.kind is OptionKind.SWITCH_OUT_OF_CLASS
        )
    switch = replace(within, kind=OptionKind.SWITCH_OUT_OF_CLASS)
    rest = [one for one in options if one.kind not in dropped]
    return (switch, *rest) if switch.recommended else (*rest, switch)
