"""After a long gap antibodies come first, unless they are known already."""

import pytest

from tdm.decide import decide_assessed
from tdm.decision import AtiClass, Option, OptionKind, Verdict
from tdm.facts import AtiReading, AtiWord, Dose, Moment
from tdm.gates_gap import after_the_gap
from tests.tdm.cases import NOW, ago, assessment, context, course, dose, situation, source
from tests.tdm.enumeration import shipped_knowledge

K = OptionKind
MEASURE = (Option(K.MEASURE_ATI, recommended=True),)
REVIEW = (Option(K.SPECIALIST_REVIEW, recommended=True),)


def reading(days: float | None) -> AtiReading:
    return AtiReading(None if days is None else ago(days), source("Observation/ati"), word=AtiWord.NEGATIVE)


def after_gap(ati: AtiClass, days: float | None = 10, *, doses: tuple[Dose, ...] = (dose(140),), **fields):
    seen = assessment(situation(ati=ati, **fields), ati=reading(days), gap_days=140.0, last_dose=ago(140))
    found = decide_assessed(course(doses=doses), seen, now=NOW, knowledge=shipped_knowledge())
    assert (found.verdict, found.rule) == (Verdict.ASSESS, "S-GAP")
    ((name, parameters), *_) = found.rationale
    return found.options, name, dict(parameters), dict(found.gates[0].parameters)["next"]


def test_antibodies_that_are_negative_since_the_last_dose_are_named_and_not_asked_for():
    day = ago(10).day.isoformat()
    assert after_gap(AtiClass.NEGATIVE) == (
        REVIEW,
        "gap-antibodies-negative",
        {"day": day, "ati": "negative"},
        "weigh re-exposure",
    )


@pytest.mark.parametrize(
    "ati", [AtiClass.POSITIVE_LOW, AtiClass.POSITIVE_HIGH, AtiClass.POSITIVE_UNQUANTIFIED]
)
def test_antibodies_that_are_positive_since_the_last_dose_are_named_as_a_risk(ati):
    options, name, parameters, following = after_gap(ati)
    assert (options, name, following) == (REVIEW, "gap-antibodies-positive", "weigh re-exposure")
    assert parameters["ati"] == ati.value


@pytest.mark.parametrize("ati", [AtiClass.NOT_MEASURED, AtiClass.INCONCLUSIVE])
def test_antibodies_that_are_not_known_come_first(ati):
    assert after_gap(ati) == (MEASURE, "gap-antibodies-first", {}, "ATI first")


@pytest.mark.parametrize(
    ("days", "known"), [(84, True), (85, False), (139.9, False), (141, False), (None, False)]
)
def test_a_result_counts_for_84_days_and_only_if_drawn_after_the_last_dose(days, known):
    options, _, _, following = after_gap(AtiClass.NEGATIVE, days)
    assert (options, following) == ((REVIEW, "weigh re-exposure") if known else (MEASURE, "ATI first"))


def test_without_any_dose_on_record_antibodies_come_first():
    of = context(course(doses=()), assessment(situation(), ati=reading(10)))
    assert after_the_gap(of) == (MEASURE, (("gap-antibodies-first", ()),))


def test_a_result_of_before_the_last_dose_is_asked_for_again():
    late = Dose(Moment(ago(113).at, ago(113).day), source("MedicationAdministration/113"))
    assert after_gap(AtiClass.NEGATIVE, 114, doses=(late,))[0] == MEASURE


def test_a_result_beside_one_that_could_not_be_read_is_asked_for_again():
    assert after_gap(AtiClass.NEGATIVE, ati_unread=True)[0] == MEASURE
