"""The index finds what the patterns name, and no more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_mappings.code_sets_file import read_code_sets
from fhir_mappings.name_index import NameIndex
from fhir_mappings.naming import _PLAIN, _decomposed, name_pattern

CONCEPTS = read_code_sets().concepts.values()
KINDS = sorted({concept.kind for concept in CONCEPTS})
OF_KIND = {kind: [(c.id, c.pattern) for c in CONCEPTS if c.kind == kind] for kind in KINDS}
INDEX = {kind: NameIndex(patterns) for kind, patterns in OF_KIND.items()}
PIECES = sorted({part for c in CONCEPTS for names in c.pattern.names for part in names})
TEXT = st.lists(
    st.one_of(
        st.sampled_from(PIECES),
        st.sampled_from(["x", "ab", ",", ".", " no ", "history of ", "é", "(", "-", "with", "anti"]),
        st.text(max_size=4),
    ),
    max_size=12,
).map("".join)


@given(st.sampled_from(KINDS), st.lists(TEXT, max_size=3))
def test_a_concept_is_named_where_its_pattern_says_so(kind: str, texts: list[str]) -> None:
    expected = tuple(c for c, pattern in OF_KIND[kind] if any(pattern.names_in(t) for t in texts))
    assert INDEX[kind].named(texts) == expected


@pytest.mark.parametrize(
    ("term", "text", "named"),
    [
        ("crp", "CRP, high", True),
        ("crp", "crps", False),
        ("crohn*", "Crohn's disease", True),
        ("crohn*", "cro", False),
        ("*inflixim*", "Antiinfliximab", True),
        ("*inflixim*", "inflixi", False),
        ("c reactive protein", "c-reactive protein", True),
        ("c reactive protein", "c protein", False),
        ("perianal & fistul*", "fistula, perianal", True),
        ("perianal & fistul*", "perianal skin tag", False),
    ],
)
def test_each_kind_of_term_is_found(term: str, text: str, *, named: bool) -> None:
    index = NameIndex(
        [("other", name_pattern(["zzz"], [], [], [])), ("this", name_pattern([term], [], [], []))]
    )
    assert index.named([text]) == (("this",) if named else ())
    assert index.named(["", text]) == index.named([text])


def test_a_concept_without_names_is_never_named() -> None:
    assert NameIndex([("coded", name_pattern([], [], [], []))]).named(["coded"]) == ()


@given(st.text(st.characters(max_codepoint=127)))
def test_plain_text_is_folded_the_short_way_as_the_long_way(text: str) -> None:
    assert text.translate(_PLAIN).split() == _decomposed(text).split()
