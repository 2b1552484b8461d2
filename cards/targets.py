"""A row of the target table in words."""

from __future__ import annotations

from cards.amounts import number
from cards.wording import Wording
from tdm.decision import Target


def target_text(target: Target, wording: Wording) -> str:
    """Return the target row in words: where to act, what to aim for, where more drug stops helping."""
    lines = wording.lines
    aim = "" if target.aim_ug_ml is None else number(target.aim_ug_ml)
    if aim and target.aim_upper_ug_ml is not None and target.aim_upper_ug_ml != target.aim_ug_ml:
        aim = f"{aim}–{number(target.aim_upper_ug_ml)}"
    if target.act_below_ug_ml is not None:
        text = lines["target"].format(act_below=number(target.act_below_ug_ml), aim=aim)
    elif aim:
        text = lines["target_detectable"].format(aim=aim)
    else:
        text = lines["target_no_aim"]
    if target.ceiling_ug_ml is not None:
        text += lines["ceiling"].format(ceiling=number(target.ceiling_ug_ml))
    if target.local:
        text += lines["target_local"]
    elif target.policy:
        text += lines["target_policy"]
    return f"{text}."
