"""Builds treatment courses in words: `course(adult(), infusion(days_ago=56), level(4.2), ati("negative"))`.

Every builder returns a fact (or a set of fields); `course` gathers them. Moments are counted back from NOW;
`hour=None` makes a fact known by its calendar day only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tdm.facts import (
    AtiReading,
    AtiWord,
    Comparator,
    Dose,
    FactGroup,
    Finding,
    Indication,
    LevelReading,
    Marker,
    MarkerReading,
    MedicationConcept,
    MedicationUse,
    Moment,
    Order,
    OrderState,
    PerianalFistula,
    ResultStatus,
    Route,
    SafetyConcept,
    SafetyFact,
    SafetyState,
    Sex,
    Shortfall,
    TreatmentCourse,
    WeightReading,
)
from tdm.issues import DataIssue, IssueCode
from tdm.source import Source

NOW = Moment(datetime(2026, 3, 9, 10, 0, tzinfo=UTC), date(2026, 3, 9))
INFUSION_HOUR = 9.0
SAMPLE_HOUR = 8.0

IV = Route.INTRAVENOUS
SC = Route.SUBCUTANEOUS

Fields = dict[str, Any]


def moment(days_ago: float = 0, *, hour: float | None = SAMPLE_HOUR) -> Moment:
    """A moment some days before NOW's day, at an hour of that day, or without one."""
    day = NOW.day - timedelta(days=days_ago)
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    if hour is None:
        return Moment(start, day, timed=False)
    return Moment(start + timedelta(hours=hour), day)


def after(days: float) -> Moment:
    """A moment exactly some days after NOW."""
    at = NOW.at + timedelta(days=days)
    return Moment(at, at.date())


def source(kind: str, reference: str) -> Source:
    """A source with a readable reference."""
    return Source(kind, f"{kind}/{reference}")


def level(
    value: float | None = None,
    days_ago: float = 0,
    *,
    hour: float | None = SAMPLE_HOUR,
    drawn: Moment | None = None,
    undated: bool = False,
    comparator: Comparator = Comparator.EXACT,
    status: ResultStatus = ResultStatus.FINAL,
    coded: bool = True,
    laboratory: str = "",
    method: str = "",
    reference: str = "",
) -> LevelReading:
    """An infliximab level in µg/mL; without a value it is "not detected"."""
    when = None if undated else drawn or moment(days_ago, hour=hour)
    return LevelReading(
        value,
        when,
        source("Observation", reference or f"level-{days_ago:g}"),
        comparator=comparator,
        detected=value is not None,
        status=status,
        coded=coded,
        laboratory=laboratory,
        method=method,
    )


def ati(
    word: AtiWord | str | None = None,
    value: float | None = None,
    days_ago: float = 0,
    *,
    unit: str = "",
    hour: float | None = SAMPLE_HOUR,
    undated: bool = False,
    comparator: Comparator = Comparator.EXACT,
    reference_upper: float | None = None,
    status: ResultStatus = ResultStatus.FINAL,
    coded: bool = True,
    laboratory: str = "",
    method: str = "",
    code: str = "",
    reference: str = "",
    drawn: Moment | None = None,
) -> AtiReading:
    """An antibody result, in words or as a number."""
    return AtiReading(
        None if undated else drawn or moment(days_ago, hour=hour),
        source("Observation", reference or f"ati-{days_ago:g}"),
        word=None if word is None else AtiWord(word),
        value=value,
        comparator=comparator,
        unit=unit,
        reference_upper=reference_upper,
        status=status,
        coded=coded,
        laboratory=laboratory,
        method=method,
        code=code,
    )


def marker(
    kind: Marker,
    value: float | None = None,
    days_ago: float = 0,
    *,
    finding: Finding | None = None,
    comparator: Comparator = Comparator.EXACT,
    hour: float | None = SAMPLE_HOUR,
    status: ResultStatus = ResultStatus.FINAL,
    reference: str = "",
    drawn: Moment | None = None,
) -> MarkerReading:
    """A marker of activity in its canonical unit, or a finding."""
    return MarkerReading(
        kind,
        drawn or moment(days_ago, hour=hour),
        source("Observation", reference or f"{kind}-{days_ago:g}"),
        value=value,
        comparator=comparator,
        finding=finding,
        status=status,
    )


def crp(value: float, days_ago: float = 0, **more: Any) -> MarkerReading:
    """CRP in mg/L."""
    return marker(Marker.CRP, value, days_ago, **more)


def calprotectin(value: float, days_ago: float = 0, **more: Any) -> MarkerReading:
    """Faecal calprotectin in µg/g."""
    return marker(Marker.CALPROTECTIN, value, days_ago, **more)


def endoscopy(value: float | None = None, days_ago: float = 0, **more: Any) -> MarkerReading:
    """SES-CD in points, or a finding without points."""
    return marker(Marker.ENDOSCOPY if value is None else Marker.SES_CD, value, days_ago, **more)


def hbi(value: float, days_ago: float = 0, **more: Any) -> MarkerReading:
    """Harvey-Bradshaw index in points."""
    return marker(Marker.HBI, value, days_ago, **more)


def weight(kilograms: float = 70, days_ago: float = 7, *, hour: float | None = SAMPLE_HOUR) -> WeightReading:
    """Body weight."""
    return WeightReading(
        kilograms, moment(days_ago, hour=hour), source("Observation", f"weight-{days_ago:g}-{kilograms:g}")
    )


def infusion(
    days_ago: float = 56,
    *,
    mg: float | None = 350,
    mg_per_kg: float | None = None,
    route: Route | None = IV,
    hour: float | None = INFUSION_HOUR,
    reported: bool = False,
    reference: str = "",
) -> Dose:
    """One dose that was given."""
    kind = "MedicationStatement" if reported else "MedicationAdministration"
    return Dose(
        moment(days_ago, hour=hour),
        source(kind, reference or f"dose-{days_ago:g}"),
        route=route,
        amount_mg=mg,
        amount_mg_per_kg=mg_per_kg,
        reported=reported,
    )


def infusions(*days_ago: float, **more: Any) -> tuple[Dose, ...]:
    """Doses on several days."""
    return tuple(infusion(days, **more) for days in days_ago)


def maintenance(last: float = 56, *, every: float = 56, count: int = 6, **more: Any) -> tuple[Dose, ...]:
    """A whole course: weeks 0, 2 and 6 and then `count` infusions, the last one `last` days ago."""
    steady = [last + every * step for step in range(count)]
    week_6 = steady[-1] + 56
    return infusions(*steady, week_6, week_6 + 28, week_6 + 42, **more)


def order(
    days_ago: float | None = 400,
    *,
    interval: float | None = 56,
    mg: float | None = None,
    mg_per_kg: float | None = 5,
    route: Route | None = IV,
    state: OrderState = OrderState.ACTIVE,
    ended_days_ago: float | None = None,
    loading: bool = False,
    hour: float | None = SAMPLE_HOUR,
    reference: str = "",
) -> Order:
    """An infliximab order; `days_ago=None` leaves it undated."""
    return Order(
        state,
        source("MedicationRequest", reference or f"order-{days_ago}"),
        authored=None if days_ago is None else moment(days_ago, hour=hour),
        route=route,
        amount_mg=mg,
        amount_mg_per_kg=mg_per_kg,
        interval_days=interval,
        loading_schedule=loading,
        ended=None if ended_days_ago is None else moment(ended_days_ago),
    )


def draft(days_ago: float | None = 0, *, reference: str = "draft", **more: Any) -> Order:
    """The order in front of the clinician."""
    return order(days_ago, state=OrderState.DRAFT, reference=reference, **more)


def fistula(*, active: bool = True, reference: str = "fistula") -> PerianalFistula:
    """A perianal fistula on the problem list."""
    return PerianalFistula(active, source("Condition", reference))


def medication(concept: MedicationConcept, *, is_draft: bool = False) -> MedicationUse:
    """Another medicine in use."""
    return MedicationUse(concept, source("MedicationRequest", concept.value), draft=is_draft)


def safety(
    concept: SafetyConcept, state: SafetyState = SafetyState.PRESENT, days_ago: float = 10, **more: Any
) -> SafetyFact:
    """A record that bears on a safety gate."""
    return SafetyFact(concept, state, source("Condition", concept.value), recorded=moment(days_ago), **more)


def born(years_ago: int, *, days: int = 1) -> Fields:
    """A birth date some completed years ago, less or more days past the birthday."""
    birthday = date(NOW.day.year - years_ago, NOW.day.month, NOW.day.day) - timedelta(days=days)
    return {"birth_earliest": birthday, "birth_latest": birthday}


def adult(years: int = 40) -> Fields:
    """An adult."""
    return born(years)


def child(years: int = 12) -> Fields:
    """A child."""
    return born(years)


def sex(value: Sex) -> Fields:
    """Administrative sex."""
    return {"sex": value}


def crohns() -> Fields:
    """Crohn's disease on the problem list."""
    return {"recorded_indications": frozenset({Indication.CROHNS_DISEASE})}


def evaluable(concepts: Iterable[SafetyConcept] = tuple(SafetyConcept)) -> Fields:
    """Safety concepts for which codes are configured."""
    return {"evaluable": frozenset(concepts)}


def lacking(group: FactGroup, why: Shortfall = Shortfall.NOT_PROVIDED) -> Fields:
    """A group of facts that is missing or incomplete."""
    return {"shortfalls": ((group, why),)}


def issue(code: IssueCode, subject: str = "level") -> DataIssue:
    """A doubt that reading the records left."""
    return DataIssue(code, subject)


TUPLE_OF = {
    LevelReading: "levels",
    AtiReading: "atis",
    MarkerReading: "markers",
    WeightReading: "weights",
    Dose: "doses",
    MedicationUse: "medications",
    SafetyFact: "safety",
    PerianalFistula: "fistulas",
    DataIssue: "issues",
}
TUPLES = (*TUPLE_OF.values(), "orders")
NAMES = frozenset(field.name for field in fields(TreatmentCourse))


def course(*parts: object) -> TreatmentCourse:
    """A treatment course from facts, tuples of facts and fields, in any order."""
    gathered: Fields = {}
    for part in flattened(parts):
        if isinstance(part, dict):
            for name, value in part.items():
                assert name in NAMES
                gathered[name] = (*gathered.get(name, ()), *value) if name == "shortfalls" else value
        elif isinstance(part, Order):
            if part.state is OrderState.DRAFT:
                gathered["draft"] = part
            else:
                gathered["orders"] = (*gathered.get("orders", ()), part)
        else:
            name = TUPLE_OF[type(part)]
            gathered[name] = (*gathered.get(name, ()), part)
    return TreatmentCourse(**gathered)


def flattened(parts: Iterable[object]) -> Iterable[object]:
    """Parts with tuples of facts laid out."""
    for part in parts:
        if isinstance(part, tuple):
            yield from flattened(part)
        else:
            yield part
