"""Readings that agree on the verdict but recommend different options leave the choice open."""

from tdm.answers import Answer, answer, combine
from tdm.decision import AgeGroup, OptionKind, Verdict
from tdm.table import build_table, numbers_of
from tests.tdm.cases import policy, regimen, situation
from tests.tdm.enumeration import shipped_knowledge


def answered(**fields) -> Answer:
    table = build_table(numbers_of(shipped_knowledge()))
    return answer(situation(**fields), table, regimen(), policy(), interval_only=False)


ADULT, CHILD = answered(), answered(age_group=AgeGroup.CHILD)


def test_a_child_and_an_adult_with_different_first_options_get_none_recommended():
    for answers in ([ADULT, CHILD], [CHILD, ADULT]):
        found = combine(answers)
        assert (found.rule, found.outcome.verdict) == ("R-PK-1", Verdict.INTENSIFY)
        assert not any(option.recommended for option in found.plan.options)
        assert all(option.off_label for option in found.plan.options)
        assert {option.kind for option in found.plan.options} == {
            OptionKind.SHORTEN_INTERVAL_2_WEEKS,
            OptionKind.SHORTEN_INTERVAL_4_WEEKS,
            OptionKind.RAISE_DOSE,
            OptionKind.RAISE_DOSE_AND_SHORTEN_INTERVAL,
        }
        assert found.outcome.remarks[-1] == "options-differ"
        assert found.plan.escalates


def test_readings_with_the_same_first_option_keep_it_recommended():
    found = combine([ADULT, answered()])
    assert found == ADULT
    assert [option.kind for option in found.plan.options if option.recommended] == [OptionKind.RAISE_DOSE]
    assert "options-differ" not in found.outcome.remarks
