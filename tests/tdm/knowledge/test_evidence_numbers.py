"""Every figure of the founding documents, written down from the documents, against the evidence rows."""

import pytest

from tdm.knowledge.model import Knowledge

# id: value [lower to upper] / versus [lower to upper], p, n; then sensitivity, specificity, PPV, NPV, AUC.
# "-": the document gives none.
PLAIN = """
tailorix-2021-radiologic-response-rate     36.4 n=36
tailorix-2021-radiologic-remission-rate    30.3
tailorix-2021-endoscopic-remission-rate    71
tailorix-2021-radiologic-response-all-times 5.0 p=0.034
tailorix-2021-both-remissions-median       8.5
tailorix-2021-endoscopic-also-radiologic   50
tailorix-2021-disease-duration             1.5
singer-2021-fistula-at-baseline            26 n=208
singer-2021-fistula-within-3-years         10 count=14 n=136
singer-2021-fistula-after-lesions          20 versus=4
singer-2021-anti-tnf-hazard                0.11 n=208
singer-2021-anti-tnf-hazard-with-lesions   0.14
ungar-2019-loss-of-response-rate           30
ungar-2019-remission-6-months              47.9 count=23 n=48
ungar-2019-remission-12-months             60 count=29 n=48
ungar-2019-trough-6-months   4.7 lower=3.6 upper=8.1 versus=8.7 lo=5.9 hi=16 p=0.001
ungar-2019-trough-12-months  4.6 lower=3.6 upper=8 versus=8.7 lo=5.3 hi=16 p=0.005
ungar-2019-unlikely-above-9                9 n=48
kang-choi-2019-male                        70.5 count=74 n=105
kang-choi-2019-age                         14.8 lower=13.0 upper=16.0
kang-choi-2019-location-l1                 7.6 count=8
kang-choi-2019-location-l2                 5.7 count=6
kang-choi-2019-location-l3                 86.7 count=91
kang-choi-2019-upper-none                  33.3 count=35
kang-choi-2019-upper-l4a                   26.7 count=28
kang-choi-2019-upper-l4b                   14.3 count=15
kang-choi-2019-upper-l4ab                  25.7 count=27
kang-choi-2019-behaviour-b1                80.0 count=84
kang-choi-2019-behaviour-b2                17.1 count=18
kang-choi-2019-behaviour-b3                2.9 count=3
kang-choi-2019-perianal-modifier           63.8 count=67
kang-choi-2019-growth-failure              17.1 count=18
kang-choi-2019-family-history              10.5 count=11
kang-choi-2019-disease-duration            1.5 lower=1.3 upper=2.5
kang-choi-2019-diagnosis-to-infliximab     0.1 lower=0.1 upper=0.8
kang-choi-2019-start-within-1-year         76.2 count=80
kang-choi-2019-treatment-duration          1.2 lower=1.2 upper=1.4
kang-choi-2019-infusions                   8.0 lower=8.0 upper=9.0
kang-choi-2019-anti-tnf-naive              100 count=105
kang-choi-2019-dose-intensified            10.5 count=11
kang-choi-2019-azathioprine                90.5 count=95
kang-choi-2019-steroids                    5.7 count=6
kang-choi-2019-surgery                     5.7 count=6
kang-choi-2019-pcdai                       0 lower=0 upper=5
kang-choi-2019-leukocytes                  6010 lower=4390 upper=7450
kang-choi-2019-haematocrit                 41.7 lower=38.4 upper=44.2
kang-choi-2019-platelets                   258.7 lower=198.4 upper=319.0
kang-choi-2019-albumin                     4.5 lower=4.3 upper=4.7
kang-choi-2019-esr                         11 lower=4 upper=18
kang-choi-2019-crp                         0.04 lower=0.03 upper=0.13
kang-choi-2019-6-tgn                       253.1 lower=151.7 upper=354.5 n=81
kang-choi-2019-trough                      3.89 lower=2.58 upper=5.19
kang-choi-2019-ati-positive                7.6 count=8
kang-choi-2019-ses-cd                      1 lower=0 upper=4
kang-choi-2019-clinical-remission-rate     90.5 count=95
kang-choi-2019-biochemical-remission-rate  82.9 count=87
kang-choi-2019-healing-rate                48.6 count=51 n=105
kang-choi-2019-partial-healing-rate        60.0 count=63
kang-choi-2019-trough-clinical-remission 4.2 lower=3.0 upper=5.4 versus=1.2 lo=1.0
kang-choi-2019-trough-clinical-remission 4.2 hi=3.2 p<0.001 n=95 vs_n=10
kang-choi-2019-trough-biochemical-remission 4.2 lower=3.1 upper=5.4 versus=2.3 lo=1.4
kang-choi-2019-trough-biochemical-remission 4.2 hi=3.9 p=0.006 n=87 vs_n=18
kang-choi-2019-trough-healing 4.5 lower=3.3 upper=6.1 versus=3.3 lo=2.1 hi=4.5 p=0.002 n=51 vs_n=54
kang-choi-2019-trough-partial-healing 4.5 lower=3.4 upper=5.9 versus=3.2 lo=1.7 hi=4.0 p<0.001 n=63 vs_n=42
kang-choi-2019-trough-ati                  1.0 versus=4.2 p<0.001 n=8 vs_n=97
kang-choi-2019-trough-azathioprine 4.0 lower=2.6 upper=5.3 versus=3.3 lo=2.6 hi=4.2 p=0.259 n=95 vs_n=10
kang-choi-2019-ati-azathioprine            7.4 count=7 n=95 versus=10 vs_n=10 p=1.0
kang-choi-2019-6-tgn-ati 295.6 lower=197.0 upper=394.2 versus=249.1
kang-choi-2019-6-tgn-ati 295.6 p=0.249 n=81 lo=147.7 hi=350.5
kang-choi-2019-6-tgn-trough-correlation    -0.06 p=0.57 n=81
kang-choi-2019-6-tgn-healing 252.9 lower=161.4 versus=253.3 hi=365.6 n=42
kang-choi-2019-6-tgn-healing 252.9 vs_n=39 p=0.987 lo=141.0 upper=344.4
kang-choi-2019-6-tgn-biochemical-remission 250.7 upper=354.2 versus=265.8 lo=173.3 n=68
kang-choi-2019-6-tgn-biochemical-remission 250.7 vs_n=13 p=0.625 lower=147.2 hi=358.3
kang-choi-2019-6-tgn-clinical-remission 246.5 upper=345.8 versus=322.8 lo=218.5 n=74
kang-choi-2019-6-tgn-clinical-remission 246.5 vs_n=7 p=0.057 lower=147.2 hi=427.1
kang-choi-2019-healing-at-8                80
kang-choi-2019-healing-below-2             20
kang-choi-2019-healing-auc                 0.679 lower=0.576 upper=0.782 p<0.001 auc=0.679
kang-choi-2019-clinical-remission-auc      0.902 lower=0.817 upper=0.987 p<0.001 auc=0.902
kang-choi-2019-biochemical-remission-auc   0.708 lower=0.551 upper=0.865 p<0.001 auc=0.708
kang-choi-2019-partial-healing-auc         0.733 lower=0.633 upper=0.833 p<0.001 auc=0.733
kang-choi-2019-start-auc                   0.617 lower=0.508 upper=0.726 p=0.001 auc=0.617
kang-choi-2019-start-cutoff                1.0 auc=0.617 p=0.001
kang-choi-2019-odds-male                   0.581 lower=0.249 upper=1.357 p=0.21
kang-choi-2019-odds-age                    0.941 lower=0.802 upper=1.104 p=0.457
kang-choi-2019-odds-colon                  0.541 lower=0.122 upper=2.391 p=0.418
kang-choi-2019-odds-ileum                  0.174 lower=0.020 upper=1.540 p=0.116
kang-choi-2019-odds-upper                  1.682 lower=0.738 upper=3.831 p=0.216
kang-choi-2019-odds-b1                     3.874 lower=1.299 upper=11.547 p=0.015
kang-choi-2019-odds-perianal               1.078 lower=0.486 upper=2.392 p=0.853
kang-choi-2019-odds-growth-failure         1.402 lower=0.505 upper=3.891 p=0.516
kang-choi-2019-odds-start                  0.585 lower=0.386 upper=0.888 p=0.012
kang-choi-2019-odds-treatment-duration     0.504 lower=0.196 upper=1.295 p=0.155
kang-choi-2019-odds-intensified            0.571 lower=0.157 upper=2.083 p=0.396
kang-choi-2019-odds-azathioprine           2.382 lower=0.581 upper=9.766 p=0.228
kang-choi-2019-odds-leukocytes             1.000 lower=1.000 upper=1.000 p=0.306
kang-choi-2019-odds-haematocrit            0.977 lower=0.890 upper=1.074 p=0.631
kang-choi-2019-odds-platelets              0.997 lower=0.990 upper=1.003 p=0.297
kang-choi-2019-odds-albumin                3.698 lower=0.917 upper=14.907 p=0.066
kang-choi-2019-odds-esr                    0.99 lower=0.968 upper=1.012 p=0.362
kang-choi-2019-odds-crp                    0.032 lower=0.003 upper=0.407 p=0.008
kang-choi-2019-odds-trough                 1.354 lower=1.096 upper=1.673 p=0.005
kang-choi-2019-odds-ati                    0.327 lower=0.063 upper=1.699 p=0.183
kang-choi-2019-adjusted-b1                 3.524 lower=1.061 upper=11.701 p=0.04
kang-choi-2019-adjusted-start              0.529 lower=0.344 upper=0.813 p=0.004
kang-choi-2019-adjusted-trough             1.479 lower=1.176 upper=1.860 p<0.001
kang-choi-2019-final-b1                    3.312 lower=0.973 upper=11.273 p=0.055
kang-choi-2019-final-start                 0.149 p=0.003
kang-choi-2019-final-trough                3.999 lower=1.608 upper=8.185 p=0.002
background-childhood-onset                 20 value_upper=25
background-primary-non-response            13 value_upper=40
background-intensification                 23 value_upper=46
background-annual-loss                     13
accent-1-sustained-response                3.5
sonic-healing-trough                       3.51 versus=1.72 p=0.018
sonic-healing-and-remission-trough         3.51 versus=1.80 p=0.053
sonic-week-30                              3.34 lower=1.53 upper=7.28 p=0.002
sonic-week-30-cutoff                       3 p=0.002
ungar-2016-window                          6 value_upper=10
ungar-2016-healing-rate                    80 value_upper=90
papamichael-2018-endoscopic                9.7 p=0.006
papamichael-2018-endoscopic-odds           3.6 lower=1.4 upper=9 p=0.006
papamichael-2018-biochemical               2.2
papamichael-2018-histologic                9.8
papamichael-2018-b1                        49 versus=80
papamichael-2018-naive                     93 versus=100
papamichael-2018-duration                  8 versus=1.5
papamichael-2018-intensified               43 versus=10.5
paediatric-remission-median                3.99 versus=0.88 p=0.002
paediatric-continuing-median               3.7 versus=1.2 p=0.005
paediatric-follow-up                       3.9
paediatric-remission-mean                  7.2 versus=4.5 p<0.05
paediatric-week-14-above-3                 3 ppv=64
paediatric-week-14-above-5                 5 ppv=76
paediatric-week-14-above-7                 7 ppv=100
paediatric-agreed-cutoff                   3.5
taxit-window                               3 value_upper=7
digest-intensify-below-3                   3
digest-treatment-failure-2013              3
digest-standard-interval                   8
hong-2025-mucosal-healing-trough           24.1 versus=16.9
hong-2025-transmural-healing-trough        26.0 versus=20.5
hong-2025-mucosal-healing-cutoff           17.5
hong-2025-transmural-healing-cutoff        30.3
park-2023-week-6                           4.5
park-2023-week-14                          4.0
kang-2026-threshold-6                      6 n=112
kang-2026-shortening                       2 value_upper=4
kang-2026-endoscopic-healing               80.0 versus=57.1 p=0.025 n=112
kang-2026-antibodies                       31.4 versus=28.6
kang-2026-dose                             5
kang-2026-interval                         8
kang-2026-immunomodulator-stop             1
pailot-remission                           82 versus=46 p<0.001
"""

# id: value, sensitivity, specificity, PPV, NPV, AUC, p
CUT_OFFS = """
tailorix-2021-radiologic-remission-cutoff               7.8  75   86    57   90   0.74  =0.049
kang-choi-2019-healing-cutoff                           4.2  64.7 70.4  67.3 67.9 0.679 <0.001
kang-choi-2019-clinical-remission-cutoff                3.26 70.5 100   100  73.3 0.902 <0.001
kang-choi-2019-biochemical-remission-cutoff             2.52 86.2 55.5  90.3 45.5 0.708 <0.001
kang-choi-2019-partial-healing-cutoff                   3.71 69.8 71.4  78.6 61.2 0.733 <0.001
kang-choi-2019-biochemical-remission-cutoff-specific    4.9  32.2 83.3  90.3 20.3 -     -
kang-choi-2019-partial-healing-cutoff-specific          4.5  49.2 81.0  79.5 51.5 -     -
kang-choi-2019-healing-cutoff-specific                  5.0  37.3 80.0  63.3 57.3 -     -
kang-choi-2019-table-4-3                                3    80   39    55   68   -     -
kang-choi-2019-table-4-3-5                              3.5  71   57    61   64   -     -
kang-choi-2019-table-4-4-5                              4.5  49   74    64   61   -     -
kang-choi-2019-table-4-5                                5    37   80    63   57   -     -
kang-choi-2019-table-4-5-3                              5.3  35   85    69   58   -     -
kang-choi-2019-table-4-6                                6    27   91    74   57   -     -
kang-choi-2019-table-4-8-5                              8.5  8    98    80   53   -     -
paediatric-week-2-clinical-remission                    9.2  71.4 81.2  -    -    0.73  =0.02
paediatric-week-6-durability                            2.2  88.9 100   -    -    0.974 <0.0001
"""

# Beside the founding documents: id, value, upper value of a window
TABLES = """
review-2019-adult-week-2-response 20
review-2019-adult-week-2-healing 25
review-2019-adult-week-6-response 10
review-2019-adult-week-14-response 3
review-2019-adult-week-14-healing 7
review-2019-adult-maintenance-response 3
review-2019-adult-maintenance-healing 7
review-2020-week-2-remission 9.2
review-2020-week-2-response 26.7
review-2020-week-6-retention 2.2
review-2020-week-6-crp-18 18
review-2020-week-6-response 15.9
review-2020-week-6-remission 8.3
review-2020-week-6-crp-9-8 9.8
review-2020-week-10-retention 9.1
review-2020-week-14-fistula 12.7
review-2020-week-14-remission 5.5
review-2020-week-14-esr 2
review-2020-week-14-sustained 3.1
review-2020-maintenance-withdrawal 2.5
review-2020-maintenance-biochemical 4.9
review-2020-maintenance-healing 5
review-2020-maintenance-endoscopic 5.4
review-2020-maintenance-esr 1.6
position-paper-2025-week-2 29
position-paper-2025-week-6 18
position-paper-2025-week-14 5 7
davidov-week-2-fistula 20
davidov-week-6-fistula 13.3
davidov-week-14-fistula 4.1
tailorix-2018-target 3
precision-2019-target 3
ati-leuven 282
ati-prometheus-elisa 8
ati-hmsa-3-3 3.3
ati-hmsa-8-8 8.8
ati-hmsa-9-1 9.1
ati-hmsa-12 12
ati-ahlc-9 9
ati-ahlc-4-3 4.3
mayo-ati-positive 50
mayo-reflex 5.1
mayo-level-limit 1.0
labcorp-level-limit 0.4
labcorp-drug-tolerance 50
quest-ati-negative 10
samsung-ati-positive 10
buhlmann-drug-sensitive 5 300
labcorp-ati-limit 22
unverified-yarur-roc 10.1
unverified-aga-2017 5
unverified-consensus-2021-week-2 20 25
unverified-consensus-2021-week-6 15 20
unverified-consensus-2021-week-14 7 10
unverified-consensus-2021-maintenance 5 10
unverified-consensus-2021-active 10 15
unverified-hmsa-high 10
unverified-elisa-high 200
unverified-nor-drum 50
"""

# Short names of the table above, and the fields that they stand for.
FIELDS = {
    "lo": "versus_lower",
    "hi": "versus_upper",
    "vs_n": "versus_n",
    **{name: name for name in ("count", "n", "lower", "upper", "versus", "value_upper", "ppv", "auc")},
}


def lines(table: str) -> list[list[str]]:
    return [line.split() for line in table.strip().splitlines()]


@pytest.mark.parametrize("line", lines(PLAIN), ids=lambda line: line[0])
def test_a_figure_of_the_documents_stands_in_its_row(line: list[str], knowledge: Knowledge) -> None:
    identifier, value, *more = line
    row = knowledge.evidence[identifier]
    assert row.value == float(value)
    for part in more:
        if part.startswith("p") and part[1] in "<=":
            assert (row.p_comparator, row.p_value) == (part[1], float(part[2:]))
            continue
        name, number = part.split("=")
        assert getattr(row, FIELDS[name]) == pytest.approx(float(number), abs=1e-9)


@pytest.mark.parametrize("line", lines(CUT_OFFS), ids=lambda line: line[0])
def test_a_cut_off_stands_with_its_accuracy(line: list[str], knowledge: Knowledge) -> None:
    identifier, value, *accuracy, p = line
    row = knowledge.evidence[identifier]
    expected = [None if figure == "-" else float(figure) for figure in accuracy]
    assert row.value == float(value)
    assert [row.sensitivity, row.specificity, row.ppv, row.npv, row.auc] == expected
    assert (row.p_comparator, row.p_value) == (("", None) if p == "-" else (p[0], float(p[1:])))


@pytest.mark.parametrize("line", lines(TABLES), ids=lambda line: line[0])
def test_a_figure_of_the_tables_beside_them_stands_in_its_row(line: list[str], knowledge: Knowledge) -> None:
    identifier, value, *upper = line
    row = knowledge.evidence[identifier]
    assert row.value == float(value)
    assert row.value_upper == (float(upper[0]) if upper else None)


def test_the_fistula_medians_stand_beside_those_of_unhealed_fistulas(knowledge: Knowledge) -> None:
    yarur, el_matary = (
        knowledge.evidence["yarur-2017-fistula-medians"],
        knowledge.evidence["el-matary-week-14-fistula"],
    )
    assert (yarur.value, yarur.versus, yarur.phase) == (15.8, 4.4, "maintenance")
    assert (el_matary.value, el_matary.versus, el_matary.age_group) == (12.7, 5.4, "child")


def test_every_evidence_row_with_a_value_is_checked_here(knowledge: Knowledge) -> None:
    checked = {line[0] for table in (PLAIN, CUT_OFFS, TABLES) for line in lines(table)}
    without = {
        row.id for row in knowledge.evidence.values() if row.id not in checked and row.value is not None
    }
    assert without == {"yarur-2017-fistula-medians", "el-matary-week-14-fistula"}


def test_the_misprinted_interval_stands_nowhere(knowledge: Knowledge) -> None:
    row = knowledge.evidence["kang-choi-2019-final-start"]
    assert (row.lower, row.upper, row.interval, row.printed) == (None, None, "", "")
    everything = repr(knowledge.evidence) + repr(knowledge.ledger)
    assert "1.641" not in everything
    assert "31.571" not in everything
    assert "kang-choi-misprinted-interval" in {entry.id for entry in knowledge.ledger}


@pytest.mark.parametrize(
    ("identifier", "printed"),
    [
        ("ungar-2019-remission-6-months", "49 %"),
        ("kang-choi-2019-odds-growth-failure", "OR 0.516, p 1.402"),
        ("kang-choi-2019-start-within-1-year", "76.1 %"),
        ("kang-choi-2019-6-tgn", "n = 82"),
        ("papamichael-2018-duration", "8 years vs 1.2 years"),
        ("kang-choi-2019-clinical-remission-cutoff", "NPV 73.3 %"),
        ("kang-choi-2019-table-4-3-5", "NPV 64 %"),
    ],
)
def test_where_a_source_contradicts_itself_both_figures_are_kept_and_the_ledger_says_so(
    identifier: str, printed: str, knowledge: Knowledge
) -> None:
    row = knowledge.evidence[identifier]
    assert row.printed == printed
    assert row.note
    assert any(identifier in entry.evidence for entry in knowledge.ledger)


# The paper gives 51 healed of 105, 95 in clinical remission, 87 in biochemical remission, 63 partly healed.
COHORT_SPLITS = {"mucosal healing": 51, "clinical": 95, "biochemical": 87, "partial": 63}


def test_predictive_values_follow_from_the_counts_or_are_disputed(knowledge: Knowledge) -> None:
    checked = 0
    for row in knowledge.evidence.values():
        if row.citation != "kang-choi-2019" or row.measure != "cut-off" or row.ppv is None:
            continue
        positive = next(count for start, count in COHORT_SPLITS.items() if row.outcome.startswith(start))
        negative = 105 - positive
        assert row.sensitivity is not None
        assert row.specificity is not None
        assert row.npv is not None
        true_positive = round(positive * row.sensitivity / 100)
        true_negative = round(negative * row.specificity / 100)
        ppv = 100 * true_positive / (true_positive + negative - true_negative)
        npv = 100 * true_negative / (true_negative + positive - true_positive)
        assert (abs(ppv - row.ppv) > 1) == ("ppv" in row.disputed), row.id
        assert (abs(npv - row.npv) > 1) == ("npv" in row.disputed), row.id
        checked += 1
    assert checked == 14


def test_race_is_nowhere_but_in_the_ledger(knowledge: Knowledge) -> None:
    rows = repr(knowledge.evidence).lower() + repr(knowledge.policy).lower() + repr(knowledge.targets).lower()
    assert "white" not in rows
    assert "race" not in rows
    (entry,) = (entry for entry in knowledge.ledger if entry.id == "race-as-risk")
    assert entry.kind == "never-an-input"
