"""The forecast in words: what stands behind an option, and the lines of its own section."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import ceil, floor
from typing import Final

from cards.amounts import number, regimen_text
from cards.wording import Wording
from tdm.decision import LESS_DRUG, Decision, Option, OptionKind
from tdm.forecast.choosing import short_name
from tdm.forecast.ranking import EVEN, Condition, at_even_odds, deciding_conditions, even_odds_below
from tdm.forecast.result import Absence, AtCap, Forecast, Note, Projection, Remark, TroughForecast
from tdm.knowledge.model import Knowledge, Policy

_LEAST_SHOWN_UG_ML: Final = 0.05
_WHOLE_FROM_UG_ML: Final = 10
_LEAST_CHANCE: Final = 0.005
_TWO: Final = 2


def option_forecast(option: Option, ceiling_ug_ml: float | None, policy: Policy, wording: Wording) -> str:
    """Return the sentence on what an option is predicted to give, "" where nothing is predicted.

    Less drug at even odds is called so, and a recommended step that is expected above `ceiling_ug_ml`, which
    the card names: a percentage alone is read past.
    """
    predicted = option.predicted
    if predicted is None:
        return ""
    sentence = trough_text(predicted, wording, policy, keeping=option.kind in LESS_DRUG)
    odds = f" {_even_odds(policy, wording)}" if at_even_odds(option, policy) else ""
    beyond = ""
    if option.recommended and option.kind not in LESS_DRUG and ceiling_ug_ml is not None:
        beyond = _beyond(predicted, ceiling_ug_ml, wording)
    return f"{sentence[:1].upper()}{sentence[1:]}.{odds}{beyond}"


def _even_odds(policy: Policy, wording: Wording) -> str:
    return wording.forecast["even_odds"].format(percent=_limit(even_odds_below(policy), wording))


def _beyond(predicted: TroughForecast, ceiling_ug_ml: float, wording: Wording) -> str:
    """That every median, as shown, is above the ceiling, or above the limit where that is the aim itself."""
    limit = max(ceiling_ug_ml, predicted.above_ug_ml or 0.0)
    if round(predicted.medians_ug_ml[0], 1) <= limit:
        return ""
    return f" {wording.forecast['middle_above'].format(level=number(limit))}"


def forecast_lines(decision: Decision, knowledge: Knowledge, wording: Wording) -> list[str]:
    """Return the lines of the section on the forecast; none where a forecast had nothing to add."""
    forecast = decision.forecast
    if forecast is None:
        return []
    chosen = chosen_text(decision, knowledge, wording)
    return [*([chosen] if chosen else []), *lines_of(forecast, knowledge, wording)]


def lines_of(
    forecast: Forecast, knowledge: Knowledge, wording: Wording, *, in_full: bool = False
) -> list[str]:
    """Return the lines on one forecast: what is predicted, from what, what was assumed, how good it is.

    `in_full`: with all that was read on the accuracy of each model; a card has one figure and its source.
    """
    words = wording.forecast
    left_out = [words["left_out"].format(left_out=notes_text(forecast.left_out, wording))]
    if forecast.absent is not None:
        reason = wording.forecast_absent[forecast.absent]
        return [words["absent"].format(reason=reason), *(left_out if forecast.left_out else [])]
    lines = []
    if forecast.projection is not None:
        lines.append(projection_text(forecast.projection, wording))
    if forecast.in_force is not None:
        in_force = replace(forecast.in_force, above_ug_ml=None)  # whether it is too much is not the question
        trough = trough_text(in_force, wording, knowledge.policy)
        line = words["in_force"].format(trough=trough)
        if forecast.opinion is not None:
            line += opinion_text(forecast.opinion, knowledge, wording)
        if forecast.measured_ug_ml is not None:
            line += _apart_text(forecast.measured_ug_ml, forecast, in_force, wording)
        lines.append(line)
    if forecast.of_order is not None:
        trough = trough_text(forecast.of_order, wording, knowledge.policy)
        lines.append(words["of_order"].format(trough=trough))
    if forecast.counted:
        lines.append(words["counted"].format(counted=notes_text(forecast.counted, wording)))
    lines += [
        _basis(forecast, knowledge, wording),
        words["assumed"].format(assumptions=notes_text(forecast.assumptions, wording))
        if forecast.assumptions
        else "",
        left_out[0] if forecast.left_out else "",
        words["accuracy"].format(accuracy=_accuracy(forecast, knowledge, in_full=in_full)),
        words["caveat"].format(counted=_counted(forecast, knowledge, wording)),
    ]
    return [line for line in lines if line]


def _apart_text(measured: float, forecast: Forecast, in_force: TroughForecast, wording: Wording) -> str:
    """Why what was measured is not what is predicted: drawn between doses, or in part taken for chance."""
    within = forecast.measured_on_day is not None and measured > in_force.medians_ug_ml[1]
    line = wording.forecast["apart_within" if within else "apart"]
    return line.format(level=number(measured), day=forecast.measured_on_day)


def no_choice_text(decision: Decision, policy: Policy, wording: Wording) -> str:
    """Return why the forecast recommends none of the options or took some off, "" where it did neither."""
    forecast = decision.forecast
    if forecast is None:
        return ""
    if forecast.less_withheld:
        unchecked = forecast.absent is Absence.MANY_ORDERS
        return wording.forecast["less_unchecked" if unchecked else "less_withheld"]
    if forecast.no_choice is None:
        return ""
    declined = wording.forecast[forecast.no_choice].format_map(limits_of(decision, policy, wording))
    if forecast.at_cap is None:
        return declined
    return f"{declined} {at_cap_text(forecast.at_cap, policy, wording)}"


def at_cap_text(found: AtCap, policy: Policy, wording: Wording) -> str:
    """Return what the most that the limits allow would give; that nothing is enough only where it is not."""
    most = Option(
        OptionKind.RAISE_DOSE_AND_SHORTEN_INTERVAL, found.dose_mg, found.dose_mg_per_kg, found.interval_days
    )
    line = wording.forecast["cap_enough" if found.enough else "cap_listed" if found.listed else "cap_short"]
    return line.format(regimen=regimen_text(most, wording), trough=trough_text(found.trough, wording, policy))


def _asked(options: Sequence[Option]) -> dict[str, str]:
    """The levels that the chances of the options speak of; options of one decision share them."""
    for option in options:
        if option.predicted is not None:
            asked = option.predicted
            limit = asked.usually_above_ug_ml or asked.above_ug_ml  # a goal of the site lifts no limit
            return {
                "level": number(asked.at_least_ug_ml or 0),
                "ceiling": "" if limit is None else number(limit),
            }
    return {"level": "", "ceiling": ""}


def chosen_text(decision: Decision, knowledge: Knowledge, wording: Wording) -> str:
    """Return how the recommended option was chosen, "" where none that has a forecast is recommended.

    In heart failure the rule's smallest step stays: a reader who sees a better chance has to be told why.
    """
    forecast = decision.forecast
    if forecast is None or not forecast.ranked:
        by_rule = any(one.recommended and one.predicted is not None for one in decision.options)
        return wording.forecast["chosen_by_rule"] if by_rule else ""
    words, policy = wording.forecast, knowledge.policy
    conditions = deciding_conditions(decision.options, policy)
    values = limits_of(decision, policy, wording)
    told = [words[one].format_map(values) for one in Condition if one in conditions]
    among = words["chosen_among"].format(conditions=_joined(told, wording)) if told else ""
    points = policy.forecast_within_points
    near = words["chosen_near" if points else "chosen_best"].format(points=number(points))
    return words["chosen"].format(near=near, among=among)


def limits_of(decision: Decision, policy: Policy, wording: Wording) -> dict[str, str]:
    """Return what an option is judged by, for the words: the levels asked for, and the site's limits.

    An even chance is called so, any other has its number.
    """
    words, least = wording.forecast, policy.forecast_least_chance
    even = words["even_chance"] if least == EVEN else ""
    return {
        **_asked(decision.options),
        "limit": _limit(policy.forecast_ceiling_chance_limit, wording),
        "least": even or words["least_chance"].format(percent=_limit(least, wording)),
    }


def _basis(forecast: Forecast, knowledge: Knowledge, wording: Wording) -> str:
    line = wording.forecast["individual" if forecast.individual else "a_priori"]
    names = [short_name(knowledge.models[model]) for model in forecast.models]
    return line.format(models=_joined(names, wording), inputs=notes_text(forecast.inputs, wording, ", "))


def _counted(forecast: Forecast, knowledge: Knowledge, wording: Wording) -> str:
    """What the chances count: not every publication tells how much clearance differs between occasions."""
    models = [knowledge.models[name] for name in forecast.models]
    knowing = [short_name(model) for model in models if model.iov_cl]
    if len(knowing) == len(models):
        return wording.forecast["occasions"]
    line = wording.forecast["occasions_by" if knowing else "no_occasions"]
    return line.format(models=_joined(knowing, wording))


def _accuracy(forecast: Forecast, knowledge: Knowledge, *, in_full: bool) -> str:
    """What was published on each model; a sentence that two share stands once.

    In short it is the sentence up to its first semicolon, with its source; where two differ only in the
    figure that they begin with, the rest stands once.
    """
    said: dict[str, list[str]] = {}
    for name in forecast.models:
        model = knowledge.models[name]
        sentence, source = model.accuracy, knowledge.citations[model.accuracy_sources[0]].short
        if not in_full:
            sentence = sentence.partition(";")[0]
            sentence = sentence if source == short_name(model) else f"{sentence} ({source})"
        said.setdefault(sentence, []).append(short_name(model))
    names = [" and ".join(models) for models in said.values()]
    told = [_figure(sentence) for sentence in said]
    if len(told) > 1 and len({rest for _, rest in told}) == 1:
        figures = [f"{name} {figure}" for name, (figure, _) in zip(names, told, strict=True)]
        return f"{', '.join(figures)} {told[0][1]}."
    return " ".join(f"{name}: {sentence}." for name, sentence in zip(names, said, strict=True))


def _figure(sentence: str) -> tuple[str, str]:
    """The percentage that a sentence begins with, and the rest of it; without one all of it is rest."""
    figure, percent_sign, rest = sentence.partition(" % ")
    return (f"{figure} %", rest) if percent_sign and figure.isdigit() else ("", sentence)


def _joined(names: list[str], wording: Wording) -> str:
    if len(names) <= 1:
        return "".join(names)
    return wording.forecast["and"].format(first=", ".join(names[:-1]), last=names[-1])


def trough_text(
    predicted: TroughForecast, wording: Wording, policy: Policy | None = None, *, keeping: bool = False
) -> str:
    """Return the trough with its interval and its chances, without capital and full stop.

    With the policy no chance is rounded to the other side of a limit of the site.
    """
    words = wording.forecast
    text = words["trough" if predicted.settled else "trough_next"].format_map(_numbers(predicted, wording))
    chances = _chances(predicted, wording, policy, keeping=keeping)
    return f"{text}; {', '.join(chances)}" if chances else text


def _chances(
    predicted: TroughForecast, wording: Wording, policy: Policy | None, *, keeping: bool
) -> list[str]:
    words, chances = wording.forecast, []
    at_least, above = predicted.at_least_ug_ml, predicted.above_ug_ml
    least, limit = None, None
    if policy is not None:
        least = even_odds_below(policy) if keeping else policy.forecast_least_chance
        limit = policy.forecast_ceiling_chance_limit
    if at_least is not None and predicted.reaches is not None:
        line = words["keeps" if keeping else "reaches"]
        known = [one.reaches for one in predicted.by_model if one.reaches is not None]
        risk = percents([1 - one for one in known], wording, None if least is None else 1 - least)
        chances.append(line.format(chance=percents(known, wording, least), risk=risk, level=number(at_least)))
    if above is not None and predicted.exceeds is not None and (at_least is None or above > at_least):
        chance = percents([one.exceeds for one in predicted.by_model], wording, limit)
        chances.append(words["exceeds"].format(chance=chance, level=number(above)))
    return chances


def _numbers(predicted: TroughForecast, wording: Wording) -> dict[str, str]:
    lowest, highest = (concentration(one, wording) for one in predicted.medians_ug_ml)
    lower, upper = (concentration(one, wording) for one in predicted.interval_ug_ml)
    count = len(predicted.by_model)
    trough = lowest
    if lowest != highest:
        trough = wording.forecast["bracket"].format(lowest=lowest, highest=highest)
    by = ""
    if count >= _TWO:
        by = wording.forecast["by_two" if count == _TWO else "by_many"].format(count=count)
    return {"trough": trough, "by": by, "lower": lower, "upper": upper}


def projection_text(projection: Projection, wording: Wording) -> str:
    """Return the projected trough of a level drawn within the interval, with the reserve that it carries."""
    numbers = _numbers(projection.trough, wording)
    line = wording.forecast["projection_past" if projection.past else "projection"]
    return line.format(drawn=projection.drawn, level=projection.level, due=projection.due, **numbers)


def opinion_text(predicted: TroughForecast, knowledge: Knowledge, wording: Wording) -> str:
    """Return what a further model expects of the regimen in force."""
    model = short_name(knowledge.models[predicted.by_model[0].model])
    return wording.forecast["opinion"].format(model=model, **_numbers(predicted, wording))


def notes_text(notes: Iterable[Note], wording: Wording, joint: str = "; ") -> str:
    """Return what went in, was assumed or left out, as one phrase."""
    return joint.join(_note_text(remark, dict(values), wording) for remark, values in notes)


def _note_text(remark: Remark, values: dict[str, str], wording: Wording) -> str:
    text = wording.forecast_notes[remark]
    if values.get("count") == "1":
        text = wording.forecast[f"{remark}-one"]
    return text.format(**values)


def concentration(ug_ml: float, wording: Wording) -> str:
    """Return a predicted level as far as it can be told: one decimal, whole numbers from 10."""
    if ug_ml < _LEAST_SHOWN_UG_ML:
        return wording.forecast["tiny"]
    text = f"{ug_ml:.1f}"
    return text if float(text) < _WHOLE_FROM_UG_ML else f"{ug_ml:.0f}"


def percents(chances: Iterable[float | None], wording: Wording, limit: float | None = None) -> str:
    """Return one chance by all models, as a range where they differ: so no two chances contradict."""
    known = [chance for chance in chances if chance is not None]
    lowest, highest = min(known), max(known)
    low, high = percent(lowest, wording, limit), percent(highest, wording, limit)
    if low == high:
        return low
    words = wording.forecast
    if lowest < _LEAST_CHANCE:
        return words["percent_up_to"].format(percent=high)
    if highest > 1 - _LEAST_CHANCE:
        return words["percent_or_more"].format(percent=low)
    return words["percent_range"].format(lowest=_whole(lowest, limit), highest=_whole(highest, limit))


def percent(chance: float, wording: Wording, limit: float | None = None) -> str:
    """Return a chance as whole percent; never as none or certain, nor on the other side of a limit."""
    if chance < _LEAST_CHANCE:
        return wording.forecast["percent_least"]
    if chance > 1 - _LEAST_CHANCE:
        return wording.forecast["percent_most"]
    return wording.forecast["percent"].format(percent=_whole(chance, limit))


def _limit(chance: float, wording: Wording) -> str:
    """A limit of the site in percent, as it was set: a limit is not rounded."""
    return wording.forecast["percent"].format(percent=number(round(chance * 100, 6)))


def _whole(chance: float, limit: float | None) -> int:
    rounded = round(chance * 100)
    if limit is None:
        return rounded
    edge = round(limit * 100, 6)
    if chance > limit:
        return max(rounded, floor(edge) + 1)
    return min(rounded, ceil(edge) - 1) if chance < limit else rounded
