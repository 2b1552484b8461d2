"""Infliximab levels in every shape they come in."""

import pytest

from fhir_mappings.readers.observation import read_observation
from fhir_mappings.readers.plain import read_plain
from fhir_mappings.readers.reading import Findings
from tdm.facts import Comparator, ResultStatus
from tdm.issues import DataIssue, IssueCode
from tdm.source import Source
from tests.support.results import ATI, DRAWN, LEVEL, LOCAL, LOINC, context, observation, quantity

SOURCE = Source("Observation", "Observation/o1")
DAY = ("day", "2026-03-01")


def read(**fields):
    return read_observation(observation(LEVEL, **fields), context())


def issues(reading):
    return [(issue.code, dict(issue.parameters)) for issue in reading.issues]


def only_level(reading):
    assert reading.issues == ()
    (level,) = reading.levels
    return level


def test_a_level_is_read_with_all_that_is_known_of_it():
    level = only_level(
        read(
            valueQuantity=quantity(4.2, "ug/mL", "ug/mL"),
            performer=[{"reference": "Organization/1"}, {"display": " Mayo Clinic "}],
            method={"coding": [{"display": "ELISA"}]},
        )
    )
    assert level.value_ug_ml == 4.2
    assert (level.comparator, level.detected, level.status) == (Comparator.EXACT, True, ResultStatus.FINAL)
    assert (level.coded, level.source, level.original) == (True, SOURCE, "4.2 ug/mL")
    assert (level.laboratory, level.method) == ("Mayo Clinic", "ELISA")
    assert level.drawn is not None
    assert level.drawn.day.isoformat() == "2026-03-01"
    assert level.drawn.timed


@pytest.mark.parametrize(
    ("value", "ug_ml", "comparator"),
    [
        ({"valueQuantity": quantity(4.2, "mcg/mL")}, 4.2, "="),
        ({"valueQuantity": quantity(4.2, "\u00b5g/mL")}, 4.2, "="),
        ({"valueQuantity": quantity(4.2, "\u03bcg/mL")}, 4.2, "="),
        ({"valueQuantity": quantity(4.2, None, "mg/L")}, 4.2, "="),
        ({"valueQuantity": quantity(4200, "ng/mL", "ng/mL")}, 4.2, "="),
        ({"valueQuantity": quantity(5.9999999, "ug/mL", "ug/mL")}, 6.0, "="),
        ({"valueQuantity": quantity(5.999999, "ug/mL", "ug/mL")}, 5.999999, "="),
        ({"valueQuantity": quantity(5.9999999, "ug/mL", comparator="<")}, 6.0, "<"),
        ({"valueQuantity": quantity("4.2", "ug/mL")}, 4.2, "="),
        ({"valueQuantity": quantity("4,2", "ug/mL")}, 4.2, "="),
        ({"valueQuantity": quantity("< 0.4", "ug/mL")}, 0.4, "<"),
        ({"valueQuantity": quantity("< 0.4 ug/mL")}, 0.4, "<"),
        ({"valueQuantity": quantity(0.4, "ug/mL", comparator="<")}, 0.4, "<"),
        ({"valueQuantity": quantity(400, "ng/mL", comparator=" <= ")}, 0.4, "<="),
        ({"valueQuantity": quantity(40, "ug/mL", comparator=">")}, 40.0, ">"),
        ({"valueString": "4.2 ug/mL"}, 4.2, "="),
        ({"valueString": "4,2 mg/L"}, 4.2, "="),
        ({"valueString": "< 0.4 ug/mL"}, 0.4, "<"),
        ({"valueString": "less than 0.4 mcg/mL"}, 0.4, "<"),
        ({"valueCodeableConcept": {"text": "< 0.4 ug/mL"}}, 0.4, "<"),
        ({"valueQuantity": quantity(0, "ug/mL")}, 0.0, "="),
        ({"valueQuantity": quantity(-1, "ug/mL")}, -1.0, "="),
    ],
)
def test_a_level_is_converted_to_micrograms_per_millilitre(value, ug_ml, comparator):
    level = only_level(read(**value))
    assert (level.value_ug_ml, level.comparator, level.detected) == (ug_ml, Comparator(comparator), True)


@pytest.mark.parametrize(
    "value",
    [
        {"valueString": "Not detected"},
        {"valueString": "Niet gedetecteerd"},
        {"valueCodeableConcept": {"text": "None detected"}},
        {"valueCodeableConcept": {"coding": [{"display": "Not detected"}]}},
        {"valueQuantity": quantity("Not detected", "ug/mL")},
        {"interpretation": [{"coding": [{"code": "ND"}]}]},
    ],
)
def test_not_detected_is_a_level_without_a_number(value):
    level = only_level(read(**value))
    assert (level.value_ug_ml, level.detected) == (None, False)
    assert level.original


def test_a_flag_not_detected_agrees_with_a_limit_or_zero_only():
    flag = [{"coding": [{"code": "ND"}]}]
    below = only_level(
        read(valueQuantity=quantity(0.4, "ug/mL", comparator="<"), interpretation=flag),
    )
    assert (below.value_ug_ml, below.detected) == (0.4, False)
    assert not only_level(read(valueQuantity=quantity(0, "ug/mL"), interpretation=flag)).detected
    contradicting = read(valueQuantity=quantity(4.2, "ug/mL"), interpretation=flag)
    assert issues(contradicting) == [(IssueCode.LEVEL_VALUE_UNREADABLE, {"day": "2026-03-01"})]
    assert contradicting.levels == ()


@pytest.mark.parametrize(
    ("value", "code", "unit"),
    [
        (quantity(4.2), IssueCode.LEVEL_UNIT_MISSING, None),
        (quantity(4.2, " ", ""), IssueCode.LEVEL_UNIT_MISSING, None),
        (quantity(4.2, "furlong"), IssueCode.LEVEL_UNIT_UNKNOWN, "furlong"),
        (quantity(4.2, "U/mL"), IssueCode.LEVEL_UNIT_UNKNOWN, "U/mL"),
        (quantity(4.2, "ng/mL", "ug/mL"), IssueCode.LEVEL_UNIT_UNKNOWN, "ng/mL (ug/mL)"),
    ],
)
def test_a_level_with_an_absent_unknown_or_contradicting_unit_is_unusable_and_named(value, code, unit):
    reading = read(valueQuantity=value)
    parameters = {"day": "2026-03-01"} if unit is None else {"day": "2026-03-01", "unit": unit}
    assert (reading.levels, issues(reading)) == ((), [(code, parameters)])
    assert reading.issues[0].source == SOURCE


def test_a_text_number_without_a_unit_is_not_guessed():
    assert issues(read(valueString="< 0.4")) == [(IssueCode.LEVEL_UNIT_MISSING, {"day": "2026-03-01"})]
    assert issues(read(valueInteger=4)) == [(IssueCode.LEVEL_UNIT_MISSING, {"day": "2026-03-01"})]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"valueQuantity": quantity("4.2 or so", "ug/mL")},
        {"valueQuantity": quantity(True, "ug/mL")},
        {"valueQuantity": quantity(1e12, "ug/mL")},
        {"valueQuantity": quantity("1_000", "ug/mL")},
        {"valueQuantity": quantity("nan", "ug/mL")},
        {"valueQuantity": quantity("\uff15", "ug/mL")},
        {"valueQuantity": quantity(4.2, "ug/mL", comparator="~")},
        {"valueQuantity": quantity("4.2 ng/mL", "ug/mL")},
        {"valueQuantity": {"unit": "ug/mL"}},
        {"valueString": "zie commentaar"},
        {"valueString": "3-7 ug/mL"},
        {"valueString": "1:40"},
        {"valueString": "Negative"},
        {"valueString": "Positive"},
        {"valueBoolean": True},
        {"valueRange": {"low": {"value": 3}}},
        {"valueCodeableConcept": {"coding": [{"code": "x"}]}},
        {"dataAbsentReason": {"coding": [{"code": "unknown"}]}},
    ],
)
def test_a_result_that_is_no_level_is_unusable_and_named(fields):
    reading = read(**fields)
    assert (reading.levels, issues(reading)) == (
        (),
        [(IssueCode.LEVEL_VALUE_UNREADABLE, {"day": "2026-03-01"})],
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "registered"},
        {"status": " Registered ", "valueString": "volgt"},
        {"valueString": "volgt"},
        {"valueString": "Pending"},
        {"status": "preliminary", "valueString": "in behandeling"},
        {"dataAbsentReason": {"coding": [{"code": "temp-unknown"}]}},
        {"dataAbsentReason": {"text": "to follow"}},
    ],
)
def test_a_pending_level_is_named(fields):
    reading = read(**fields)
    assert (reading.levels, issues(reading)) == ((), [(IssueCode.LEVEL_PENDING, {"day": "2026-03-01"})])


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"status": "cancelled"}, "cancelled"),
        ({"status": "entered-in-error "}, "entered-in-error"),
        ({"status": "Entered-In-Error"}, "entered-in-error"),
        ({"status": "done"}, "done"),
        ({"status": 5}, "unreadable"),
        ({"valueString": "Niet uitgevoerd"}, "not done"),
        ({"dataAbsentReason": {"coding": [{"code": "not-performed"}]}}, "not done"),
        ({"dataAbsentReason": {"coding": [{"code": "error"}]}}, "not done"),
    ],
)
def test_a_level_whose_status_does_not_count_is_named(fields, status):
    if "status" in fields:
        fields["valueQuantity"] = quantity(4.2, "ug/mL")
    reading = read(**fields)
    expected = (IssueCode.LEVEL_STATUS_NOT_COUNTED, {"day": "2026-03-01", "status": status})
    assert (reading.levels, issues(reading)) == ((), [expected])


@pytest.mark.parametrize(
    ("status", "counted"),
    [
        ("final", ResultStatus.FINAL),
        (" FINAL ", ResultStatus.FINAL),
        ("amended", ResultStatus.AMENDED),
        ("corrected", ResultStatus.CORRECTED),
        ("appended", ResultStatus.AMENDED),
        ("preliminary", ResultStatus.PRELIMINARY),
        ("unknown", ResultStatus.UNKNOWN),
        ("", ResultStatus.UNKNOWN),
        (None, ResultStatus.UNKNOWN),
    ],
)
def test_a_status_that_counts_is_kept_with_the_level(status, counted):
    assert only_level(read(status=status, valueQuantity=quantity(4.2, "ug/mL"))).status is counted


def test_a_level_without_a_date_has_none_and_issued_is_not_taken_for_it():
    level = only_level(
        read(valueQuantity=quantity(4.2, "ug/mL"), effectiveDateTime=None, issued="2026-03-01T10:00:00Z")
    )
    assert level.drawn is None
    unreadable = read(valueString="?", effectiveDateTime="2026-03")
    assert issues(unreadable) == [(IssueCode.LEVEL_VALUE_UNREADABLE, {"day": "unknown date"})]


@pytest.mark.parametrize(
    "effective",
    [
        {"effectiveInstant": DRAWN},
        {"effectivePeriod": {"start": DRAWN, "end": "2026-03-01T09:00:00+01:00"}},
        {"effectivePeriod": {"end": DRAWN}},
        {"effectiveTiming": {"event": [DRAWN]}},
        {
            "specimen": {"reference": "#s"},
            "contained": [
                {"resourceType": "Specimen", "id": "s", "collection": {"collectedDateTime": DRAWN}}
            ],
        },
        {
            "specimen": {"reference": "#s"},
            "contained": [
                {"resourceType": "Specimen", "id": "s", "collection": {"collectedPeriod": {"start": DRAWN}}}
            ],
        },
    ],
)
def test_the_time_of_collection_is_found_in_each_of_its_places(effective):
    level = only_level(read(valueQuantity=quantity(4.2, "ug/mL"), effectiveDateTime=None, **effective))
    assert level.drawn is not None
    assert level.drawn.at.isoformat() == "2026-03-01T06:30:00+00:00"


@pytest.mark.parametrize(
    "effective",
    [
        {"effectiveTiming": {"event": [DRAWN, "2026-02-01"]}},
        {"effectivePeriod": {"start": "2026"}},
        {"specimen": {"reference": "#t"}, "contained": [{"resourceType": "Specimen", "id": "s"}]},
        {"specimen": {"reference": "#s"}, "contained": [{"resourceType": "Specimen", "id": "s"}]},
        {"effectiveDateTime": "2026-03-01T24:00:00Z"},
    ],
)
def test_a_time_that_is_not_clear_is_no_time(effective):
    fields = {"effectiveDateTime": None, **effective}
    assert only_level(read(valueQuantity=quantity(4.2, "ug/mL"), **fields)).drawn is None


def test_a_time_without_a_zone_is_read_in_the_sites_and_named():
    reading = read(valueQuantity=quantity(4.2, "ug/mL"), effectiveDateTime="2026-03-01T07:30:00")
    assert reading.levels[0].drawn.at.isoformat() == "2026-03-01T06:30:00+00:00"
    assert reading.issues == (DataIssue(IssueCode.ZONE_ASSUMED, "level", (DAY,), SOURCE),)


def test_a_day_alone_is_an_untimed_level_without_an_issue():
    level = only_level(read(valueQuantity=quantity(4.2, "ug/mL"), effectiveDateTime="2026-03-01"))
    assert not level.drawn.timed


def test_a_level_known_by_name_only_says_so():
    reading = read_observation(
        observation({"text": "Infliximab trough"}, valueQuantity=quantity(4.2, "ug/mL")), context()
    )
    assert not only_level(reading).coded


@pytest.mark.parametrize(
    "name", ["Anti-infliximab", "ATI infliximab", "Infliximab antistoffen", "Infliximab Ab"]
)
def test_an_antibody_result_is_never_read_as_a_level(name):
    reading = read_observation(observation({"text": name}, valueQuantity=quantity(4.2, "ug/mL")), context())
    assert reading.levels == ()


@pytest.mark.parametrize(
    "name",
    ["Infliximab peak", "Infliximab, 2h post-infusion", "Infliximab 2 h", "Infliximab (random)",
     "Infliximab mid-interval", "Infliximab piekspiegel", "Infliximab Spitzenspiegel", "Infliximab na infuus",
     "Infliximab apr\u00e8s perfusion", "Infliximab nach Infusion"],
)  # fmt: skip
@pytest.mark.parametrize("coded", [True, False])
def test_a_level_that_is_named_otherwise_than_a_trough_is_named_and_not_used(name, coded):
    code = {**LEVEL, "text": name} if coded else {"text": name}
    resource = observation(code, valueQuantity=quantity(4.2, "ug/mL"))
    reading = read_observation(resource, context())
    assert reading.levels == ()
    assert issues(reading) == [(IssueCode.LEVEL_NAMED_NOT_TROUGH, {"day": "2026-03-01", "name": name})]
    assert not read_plain(resource, context(), Findings())


@pytest.mark.parametrize(
    "name",
    ["Infliximab trough, 1 h before infusion", "Infliximab dalspiegel (geen piek)", "Infliximab speaker",
     "Infliximab 12 h", "Infliximab randomised", "Infliximab", ""],
)  # fmt: skip
def test_a_level_under_any_other_name_stays_a_level(name):
    resource = observation({**LEVEL, "text": name}, valueQuantity=quantity(4.2, "ug/mL"))
    assert only_level(read_observation(resource, context())).value_ug_ml == 4.2
    assert read_plain(resource, context(), Findings())


def test_a_peak_that_is_pending_is_pending():
    peak = observation({"text": "Infliximab peak"}, status="registered")
    assert [code for code, _ in issues(read_observation(peak, context()))] == [IssueCode.LEVEL_PENDING]


def test_the_value_of_a_panel_is_not_taken_for_a_level():
    panel = {"text": "Infliximab with reflex to antibodies"}
    reading = read_observation(observation(panel, valueQuantity=quantity(4.2, "ug/mL")), context())
    assert (reading.levels, reading.atis) == ((), ())
    assert issues(reading) == [(IssueCode.PANEL_VALUE_NOT_USED, {"day": "2026-03-01"})]
    empty = read_observation(observation(panel, hasMember=[{"reference": "Observation/2"}]), context())
    assert (empty.levels, empty.issues) == ((), ())
    bare = read_observation(observation(panel), context())
    assert (bare.levels, bare.issues) == ((), ())
    withdrawn = observation(panel, status="cancelled", valueQuantity=quantity(4.2, "ug/mL"))
    assert read_observation(withdrawn, context()).issues == ()


@pytest.mark.parametrize("text", ["Infliximab not detected, antibodies present", "Level 4.2, ATI 60"])
def test_a_panel_whose_text_tells_a_result_is_named(text):
    resource = observation({"text": "Infliximab panel with antibodies"}, valueString=text)
    reading = read_observation(resource, context())
    assert issues(reading) == [(IssueCode.PANEL_VALUE_NOT_USED, {"day": "2026-03-01"})]


@pytest.mark.parametrize("fields", [{"status": "registered"}, {"valueString": "pending"}])
def test_a_panel_that_is_pending_is_pending_in_both_its_tests(fields):
    reading = read_observation(observation({"text": "Infliximab panel with antibodies"}, **fields), context())
    day = {"day": "2026-03-01"}
    assert issues(reading) == [(IssueCode.LEVEL_PENDING, day), (IssueCode.ATI_PENDING, day)]


def test_a_pending_panel_with_members_leaves_it_to_them_to_say_so():
    panel = {"text": "Infliximab panel with antibodies"}
    resource = observation(panel, status="registered", hasMember=[{"reference": "Observation/2"}])
    assert read_observation(resource, context()).issues == ()


def test_a_panel_whose_text_tells_no_result_is_silent():
    panel = observation({"text": "Infliximab panel with antibodies"}, valueString="See members")
    assert read_observation(panel, context()).issues == ()


def test_level_and_antibodies_in_components_are_read_each_by_its_code():
    resource = observation(
        {"text": "Infliximab panel"},
        component=[
            {"code": LEVEL, "valueQuantity": quantity(0.4, "ug/mL", comparator="<")},
            {"code": ATI, "valueQuantity": quantity(60, "U/mL")},
            {"code": {"text": "Comment"}, "valueString": "x"},
            None,
            "odd",
        ],
    )
    reading = read_observation(resource, context())
    assert [(level.value_ug_ml, level.comparator) for level in reading.levels] == [(0.4, Comparator.BELOW)]
    assert [(ati.value, ati.unit) for ati in reading.atis] == [(60.0, "U/mL")]
    assert reading.issues == ()


def test_contained_members_inherit_time_and_source_from_their_panel():
    resource = observation(
        {"coding": [{"system": LOCAL, "code": "PANEL"}]},
        hasMember=[{"reference": "#m"}],
        contained=[
            {
                "resourceType": "Observation",
                "id": "m",
                "status": "final",
                "code": LEVEL,
                "valueQuantity": quantity(4.2, "ug/mL"),
            },
            {"resourceType": "Organization", "id": "x"},
            7,
        ],
    )
    level = only_level(read_observation(resource, context()))
    assert (level.value_ug_ml, level.source) == (4.2, SOURCE)
    assert level.drawn.day.isoformat() == "2026-03-01"


def test_a_contained_member_of_another_patient_is_left_out():
    resource = observation(
        LEVEL,
        valueQuantity=quantity(4.2, "ug/mL"),
        contained=[
            observation(LEVEL, subject={"reference": "Patient/p2"}, valueQuantity=quantity(9, "ug/mL"))
        ],
    )
    assert [level.value_ug_ml for level in read_observation(resource, context()).levels] == [4.2]


def test_containment_is_followed_to_a_bounded_depth():
    resource = observation(LEVEL, valueQuantity=quantity(1, "ug/mL"))
    for depth in range(2, 8):
        resource = observation(LEVEL, valueQuantity=quantity(depth, "ug/mL"), contained=[resource])
    assert sorted(level.value_ug_ml for level in read_observation(resource, context()).levels) == [4, 5, 6, 7]


def test_a_group_header_with_a_levels_code_and_no_value_is_silent():
    resource = observation(LEVEL, hasMember=[{"reference": "Observation/2"}])
    reading = read_observation(resource, context())
    assert (reading.levels, reading.issues) == ((), ())


def test_a_laboratory_may_stand_contained_in_the_result():
    level = only_level(
        read(
            valueQuantity=quantity(4.2, "ug/mL"),
            performer=[{"reference": "#lab"}],
            contained=[{"resourceType": "Organization", "id": "lab", "name": "Prometheus"}],
            method={"text": "HMSA", "coding": [{"display": "x"}]},
        )
    )
    assert (level.laboratory, level.method) == ("Prometheus", "HMSA")


def test_a_wrong_code_labelled_infliximab_is_no_level():
    resource = observation(
        {"coding": [{"system": LOINC, "code": "2857-1", "display": "Infliximab"}]},
        valueQuantity=quantity(4.2, "ug/mL"),
    )
    reading = read_observation(resource, context())
    assert (reading.levels, reading.issues) == ((), ())


@pytest.mark.parametrize(
    "code",
    [
        {**LEVEL, "text": "Adalimumab level"},
        {"coding": [{**LEVEL["coding"][0], "display": "Vedolizumab [Mass/volume] in Serum"}]},
        {"text": "Infliximab or adalimumab level"},
        {**ATI, "text": "Antibodies to infliximab or Humira"},
    ],
)
def test_a_result_that_names_another_such_medicine_is_named_and_not_used(code):
    resource = observation(code, valueQuantity=quantity(4.2, "ug/mL"))
    reading = read_observation(resource, context())
    assert (reading.levels, reading.atis) == ((), ())
    assert issues(reading) == [(IssueCode.PANEL_VALUE_NOT_USED, {"day": "2026-03-01"})]
    found = Findings()
    assert not read_plain(resource, context(), found)
