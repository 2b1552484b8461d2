"""The decision table once more, written from the protocol alone and in another style, to compare with.

One line per row: id, verdict, and what each dimension may be. Letters stand for classes:

    route      I intravenous, S subcutaneous
    level      0 none, U undetectable, L low, W window, G grey, H high
    ati        - not measured, n negative, l positive-low, h positive-high, q positive without titre,
               ? inconclusive
    activity   C confirmed, A active but unconfirmed, R remission, X unknown
    phase      2 week 2, 6 week 6, P week 14, M maintenance
    who        c child, a adult
    proactive  + on, - off, * either

`extra` names a further test of `EXTRA`, written as arithmetic on the numbers of the protocol.
"""

from collections.abc import Callable

from tdm.decision import Activity, AgeGroup, AtiClass, Certainty, LevelClass, Phase, Situation, Verdict
from tdm.facts import Route

LETTER = {
    Route.INTRAVENOUS: "I",
    Route.SUBCUTANEOUS: "S",
    LevelClass.NONE: "0",
    LevelClass.UNDETECTABLE: "U",
    LevelClass.LOW: "L",
    LevelClass.WINDOW: "W",
    LevelClass.GREY: "G",
    LevelClass.HIGH: "H",
    AtiClass.NOT_MEASURED: "-",
    AtiClass.NEGATIVE: "n",
    AtiClass.POSITIVE_LOW: "l",
    AtiClass.POSITIVE_HIGH: "h",
    AtiClass.POSITIVE_UNQUANTIFIED: "q",
    AtiClass.INCONCLUSIVE: "?",
    Activity.ACTIVE_CONFIRMED: "C",
    Activity.ACTIVE_UNCONFIRMED: "A",
    Activity.REMISSION: "R",
    Activity.UNKNOWN: "X",
    Phase.INDUCTION_WEEK_2: "2",
    Phase.INDUCTION_WEEK_6: "6",
    Phase.POST_INDUCTION: "P",
    Phase.MAINTENANCE: "M",
    AgeGroup.CHILD: "c",
    AgeGroup.ADULT: "a",
}

ANY_ATI, ANY_ACTIVITY, ANY_PHASE = "-nlhq?", "CARX", "26PM"

#        id           verdict      route level  ati       activity phase   who  proactive extra
ROWS = (
    ("R-START-1", "assess", "IS", "0", ANY_ATI, ANY_ACTIVITY, "26", "ca", "*", ""),
    ("R-DATA-1", "assess", "IS", "0", ANY_ATI, ANY_ACTIVITY, ANY_PHASE, "ca", "*", ""),
    ("R-SC-2", "continue", "S", "LWGH", "-nlq?", "RX", ANY_PHASE, "ca", "*", ""),
    ("R-SC-4", "assess", "S", "U", "n", "RX", ANY_PHASE, "ca", "*", ""),
    ("R-IMM-1", "switch", "IS", "U", "hq", "CA", ANY_PHASE, "ca", "*", ""),
    ("R-IMM-1", "switch", "I", "L", "h", "CA", ANY_PHASE, "ca", "*", "below 5"),
    ("R-IMM-2", "assess", "IS", "U", "hq", "RX", ANY_PHASE, "ca", "*", ""),
    ("R-IMM-2", "assess", "I", "L", "h", "RX", ANY_PHASE, "ca", "*", "below 5"),
    ("R-IMM-8", "assess", "I", "L", "h", ANY_ACTIVITY, ANY_PHASE, "ca", "*", ""),
    ("R-IMM-8", "assess", "IS", "LWGH", "h", ANY_ACTIVITY, "26", "ca", "*", ""),
    ("R-IMM-8", "assess", "S", "LWGH", "h", ANY_ACTIVITY, ANY_PHASE, "ca", "*", "below 17.5"),
    ("R-IMM-7", "assess", "IS", "L", "q", ANY_ACTIVITY, ANY_PHASE, "ca", "*", ""),
    ("R-IND-1", "intensify", "I", "L", "-nl?", ANY_ACTIVITY, "26", "c", "*", ""),
    ("R-IND-1", "intensify", "I", "L", "-nl?", "CA", "26", "a", "*", ""),
    ("R-IND-4", "continue", "I", "L", "-nl?", "RX", "26", "a", "*", ""),
    ("R-IND-2", "continue", "I", "WGH", "-nlq?", ANY_ACTIVITY, "26", "ca", "*", ""),
    ("R-IND-3", "intensify", "I", "U", "n", "C", "P", "ca", "*", ""),
    ("R-IMM-3", "continue", "IS", "WGH", "lhq", "RX", ANY_PHASE, "ca", "*", ""),
    ("R-IMM-4", "switch", "IS", "WGH", "h", "C", ANY_PHASE, "ca", "*", ""),
    ("R-SC-5", "assess", "S", "ULWGH", "nl", "A", ANY_PHASE, "ca", "*", "below 17.5"),
    ("R-IMM-5", "intensify", "IS", "UL", "l", "CA", ANY_PHASE, "ca", "*", ""),
    ("R-IMM-6", "intensify", "IS", "L", "l", "RX", ANY_PHASE, "ca", "+", ""),
    ("R-IMM-9", "assess", "IS", "U", "l", "RX", ANY_PHASE, "ca", "*", ""),
    ("R-ATI-1", "assess", "IS", "U", "-?", ANY_ACTIVITY, ANY_PHASE, "ca", "*", ""),
    ("R-ATI-1", "assess", "IS", "L", "-?", "CAX", ANY_PHASE, "ca", "*", ""),
    ("R-ATI-2", "intensify", "I", "L", "-?", "R", ANY_PHASE, "ca", "+", ""),
    ("R-SC-1", "intensify", "S", "UL", "n", "C", ANY_PHASE, "ca", "*", ""),
    ("R-SC-3", "assess", "S", "LWGH", "-nlq?", "C", ANY_PHASE, "ca", "*", "from 17.5, fistula"),
    ("R-SC-3", "switch", "S", "LWGH", "-nlq?", "C", ANY_PHASE, "ca", "*", "from 17.5"),
    ("R-PK-1", "intensify", "I", "UL", "n", "CA", ANY_PHASE, "ca", "*", ""),
    ("R-PK-2", "intensify", "I", "UL", "n", "RX", ANY_PHASE, "ca", "+", ""),
    ("R-PK-4", "assess", "I", "U", "n", "RX", ANY_PHASE, "ca", "-", ""),
    ("R-PK-3", "continue", "I", "L", "n-?l", "RX", ANY_PHASE, "ca", "-", ""),
    ("R-LOR-2", "assess", "IS", "WGH", ANY_ATI, "A", ANY_PHASE, "ca", "*", ""),
    ("R-FIST-1", "assess", "I", "LWGH", "-nlq?", "C", "PM", "ca", "*", "fistula row from 12.7"),
    ("R-LOR-1", "intensify", "I", "W", "nlq-?", "C", ANY_PHASE, "ca", "*", ""),
    ("R-MECH-1", "switch", "I", "G", "-nlq?", "C", ANY_PHASE, "ca", "*", ""),
    ("R-MECH-2", "switch", "I", "H", "-nlq?", "C", ANY_PHASE, "ca", "*", ""),
    ("R-OK-1", "continue", "I", "W", "n-?", "RX", ANY_PHASE, "ca", "*", ""),
    ("R-OK-2", "continue", "I", "GH", "n-?", "RX", ANY_PHASE, "ca", "*", ""),
)


def _level(situation: Situation) -> float:
    return -1.0 if situation.level_ug_ml is None else situation.level_ug_ml


EXTRA: dict[str, Callable[[Situation], bool]] = {
    "": lambda situation: True,
    "below 5": lambda situation: _level(situation) < 5,
    "below 17.5": lambda situation: _level(situation) < 17.5,
    "from 17.5": lambda situation: _level(situation) >= 17.5,
    "from 17.5, fistula": lambda situation: _level(situation) >= 17.5 and situation.active_fistula,
    "fistula row from 12.7": lambda situation: situation.active_fistula and _level(situation) >= 12.7,
}


def restated(situation: Situation) -> tuple[str, str]:
    """Id and verdict of the first row that fits."""
    for name, verdict, routes, levels, atis, activities, phases, who, proactive, extra in ROWS:
        if (
            LETTER[situation.route] in routes
            and LETTER[situation.level] in levels
            and LETTER[situation.ati] in atis
            and LETTER[situation.activity] in activities
            and LETTER[situation.phase] in phases
            and LETTER[situation.age_group] in who
            and proactive in {"*", "+" if situation.proactive else "-"}
            and EXTRA[extra](situation)
        ):
            return name, verdict
    return "R-TOTAL-1", Verdict.ASSESS.value


def restated_certainty(name: str, situation: Situation) -> str:
    """The certainty that the protocol gives, or "" where it gives none."""
    child = situation.age_group is AgeGroup.CHILD
    confirmed = situation.activity is Activity.ACTIVE_CONFIRMED
    negative = situation.ati is AtiClass.NEGATIVE
    below_aim = situation.aim_ug_ml is not None and _level(situation) < situation.aim_ug_ml
    on_fistula_row = situation.perianal_row
    strong, moderate, weak = Certainty.STRONG.value, Certainty.MODERATE.value, Certainty.WEAK.value
    quantified = situation.ati is AtiClass.POSITIVE_HIGH
    given = {
        "R-IMM-1": strong if quantified and confirmed else moderate,
        "R-IMM-4": weak if situation.level is LevelClass.WINDOW else moderate,
        "R-IMM-5": weak if on_fistula_row else moderate,
        "R-IMM-6": weak,
        "R-IND-1": weak,
        "R-IND-3": weak,
        "R-ATI-2": weak,
        "R-SC-1": weak,
        "R-SC-3": weak,
        "R-PK-1": weak if on_fistula_row else moderate,
        "R-PK-2": moderate if child else weak,
        "R-LOR-1": moderate if below_aim and negative and not on_fistula_row else weak,
        "R-MECH-1": Certainty.CONFLICTING.value,
        "R-MECH-2": moderate,
        "R-OK-1": moderate,
    }
    return given.get(name, "")
