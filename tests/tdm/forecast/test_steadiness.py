"""Whether the levels of one course agree on one clearance."""

import pytest

from tdm.facts import Comparator
from tdm.forecast.steadiness import contradicts
from tdm.pharmacokinetics.estimate import estimate
from tdm.pharmacokinetics.history import Administration, Sample, history_of
from tests.support.course_builder import ati, level, maintenance, order
from tests.tdm.forecast.cases import albumin, knowledge, person, read

MODELS = [knowledge().models[one] for one in ("fasanmade-2011-combined", "xu-wojciechowski-2017")]


def told(*levels):
    found = read(person(order(500), maintenance(), *levels, ati("negative"), albumin(4.1)))
    histories = [(model, found.history_for(model)) for model in MODELS]
    return [contradicts(estimate(model, history), history) for model, history in histories]


def older(value):
    return level(value, 56, hour=8), level(value, 112, hour=8)


@pytest.mark.parametrize(
    ("newest", "before", "contradicted"),
    [
        (level(1.8), 6.5, True),
        (level(3.0), 2.4, False),
        (level(2.0), 2.4, False),
        (level(1.0, comparator=Comparator.BELOW), 6.5, True),
        (level(9.0, comparator=Comparator.BELOW), 2.0, False),
    ],
)
def test_a_newest_level_far_from_the_others_contradicts_them(newest, before, contradicted):
    assert any(told(newest, *older(before))) is contradicted


def test_where_no_drug_can_be_there_nothing_is_contradicted():
    (model, *_) = MODELS
    found = read(person(order(500), maintenance(), level(2.0), albumin(4.1))).history_for(model)
    empty = history_of([Administration(5.0, 350.0, 0.1)], found.covariates, [Sample(0.0, 2.0)])
    assert not contradicts(estimate(model, empty), empty)
