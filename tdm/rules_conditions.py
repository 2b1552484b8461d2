"""The conditions that rows of the decision table are built from, each with its words."""

from __future__ import annotations

from tdm.decision import Activity, AgeGroup, AtiClass, LevelClass, Phase, Situation
from tdm.facts import Route
from tdm.rules import Condition


def is_induction(situation: Situation) -> bool:
    """Return whether the sample was drawn in induction (before week 12)."""
    return situation.phase in (Phase.INDUCTION_WEEK_2, Phase.INDUCTION_WEEK_6)


def _route(words: str, route: Route) -> Condition:
    return Condition(words, lambda situation: situation.route is route, "route", (route,))


def _level(words: str, *classes: LevelClass) -> Condition:
    return Condition(words, lambda situation: situation.level in classes, "level", classes)


def _ati(words: str, *classes: AtiClass) -> Condition:
    return Condition(words, lambda situation: situation.ati in classes, "ati", classes)


def _activity(words: str, *wanted: Activity) -> Condition:
    return Condition(words, lambda situation: situation.activity in wanted, "activity", wanted)


def intravenous() -> Condition:
    """Hold for intravenous courses."""
    return _route("intravenous", Route.INTRAVENOUS)


def subcutaneous() -> Condition:
    """Hold for subcutaneous courses."""
    return _route("subcutaneous", Route.SUBCUTANEOUS)


def in_induction() -> Condition:
    """Hold for samples drawn in induction."""
    return Condition("in induction", is_induction)


def at_week_14() -> Condition:
    """Hold for samples drawn after induction and before maintenance."""
    return Condition("at week 14", lambda situation: situation.phase is Phase.POST_INDUCTION)


def no_level() -> Condition:
    """Hold where no level can be used."""
    return _level("no usable level", LevelClass.NONE)


def undetectable() -> Condition:
    """Hold for an undetectable level."""
    return _level("level undetectable", LevelClass.UNDETECTABLE)


def low() -> Condition:
    """Hold below the act-below limit, undetectable included."""
    return _level("level low or undetectable", LevelClass.UNDETECTABLE, LevelClass.LOW)


def low_detectable() -> Condition:
    """Hold below the act-below limit where the level is detectable."""
    return _level("level low, detectable", LevelClass.LOW)


def detectable() -> Condition:
    """Hold for any detectable level."""
    return _level("level detectable", LevelClass.LOW, LevelClass.WINDOW, LevelClass.GREY, LevelClass.HIGH)


def not_low() -> Condition:
    """Hold in the window or above."""
    return _level("level in the window or above", LevelClass.WINDOW, LevelClass.GREY, LevelClass.HIGH)


def in_window() -> Condition:
    """Hold in the window."""
    return _level("level in the window", LevelClass.WINDOW)


def grey() -> Condition:
    """Hold between the ceiling and the grey limit."""
    return _level("level grey (above the ceiling)", LevelClass.GREY)


def high() -> Condition:
    """Hold above the grey limit."""
    return _level("level high (above the grey limit)", LevelClass.HIGH)


def above_ceiling() -> Condition:
    """Hold above the ceiling."""
    return _level("level above the ceiling", LevelClass.GREY, LevelClass.HIGH)


def level_below(limit_ug_ml: float) -> Condition:
    """Hold below a number, undetectable included."""
    return Condition(
        f"level below {limit_ug_ml:g} µg/mL",
        lambda situation: situation.level_ug_ml is not None and situation.level_ug_ml < limit_ug_ml,
    )


def level_from(limit_ug_ml: float) -> Condition:
    """Hold at a number and above it."""
    return Condition(
        f"level {limit_ug_ml:g} µg/mL or above",
        lambda situation: situation.level_ug_ml is not None and situation.level_ug_ml >= limit_ug_ml,
    )


def ati(*classes: AtiClass) -> Condition:
    """Hold for the antibody classes named."""
    return _ati("ATI " + " or ".join(classes), *classes)


def ati_not(*classes: AtiClass) -> Condition:
    """Hold for every antibody class but those named."""
    others = (found for found in AtiClass if found not in classes)
    return _ati("ATI not " + ", not ".join(classes), *others)


def ati_any_positive() -> Condition:
    """Hold for antibodies of any titre."""
    return _ati(
        "ATI positive of any titre",
        AtiClass.POSITIVE_LOW,
        AtiClass.POSITIVE_HIGH,
        AtiClass.POSITIVE_UNQUANTIFIED,
    )


def ati_unknown() -> Condition:
    """Hold where antibodies were not measured or the result says nothing."""
    return ati(AtiClass.NOT_MEASURED, AtiClass.INCONCLUSIVE)


def ati_negative_or_unknown() -> Condition:
    """Hold where no antibodies are known."""
    return ati(AtiClass.NEGATIVE, AtiClass.NOT_MEASURED, AtiClass.INCONCLUSIVE)


def active() -> Condition:
    """Hold for active disease, confirmed or not."""
    return _activity(
        "disease active, confirmed or not", Activity.ACTIVE_CONFIRMED, Activity.ACTIVE_UNCONFIRMED
    )


def active_confirmed() -> Condition:
    """Hold for active disease shown by an objective marker."""
    return _activity("active disease confirmed", Activity.ACTIVE_CONFIRMED)


def active_unconfirmed() -> Condition:
    """Hold for active disease without an objective marker."""
    return _activity("active disease unconfirmed", Activity.ACTIVE_UNCONFIRMED)


def remission() -> Condition:
    """Hold for remission."""
    return _activity("remission", Activity.REMISSION)


def quiet_or_unknown() -> Condition:
    """Hold for remission and for unknown activity."""
    return _activity("remission or activity unknown", Activity.REMISSION, Activity.UNKNOWN)


def adult() -> Condition:
    """Hold for adults."""
    return Condition("adult", lambda situation: situation.age_group is AgeGroup.ADULT)


def perianal() -> Condition:
    """Hold where the perianal fistula row gives the target."""
    return Condition("active perianal fistula", lambda situation: situation.perianal_row)


def proactive(*, wanted: bool) -> Condition:
    """Hold where the site treats low levels proactively, or does not."""
    words = "proactive treatment on" if wanted else "proactive treatment off"
    return Condition(words, lambda situation: situation.proactive is wanted)
