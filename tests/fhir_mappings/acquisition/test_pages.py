"""Pages of a search, as they are read and as they are put together."""

import json

import msgspec
import pytest

from fhir_mappings.acquisition.outcomes import FetchFault
from fhir_mappings.acquisition.pages import Page, merged, prefetched_page, read_page
from fhir_mappings.raw_bundle import RawBundle, split
from tests.fhir_mappings.acquisition.scripted import bundle, observation

A, B, C = observation("a"), observation("b"), observation("c")


def text(value) -> bytes:
    return json.dumps(value).encode()


def ids(raw) -> list[str]:
    """The resources that a merged Bundle holds, in their order."""
    assert isinstance(raw, RawBundle)
    return [json.loads(bytes(entry.resource))["id"] for entry in raw.entry or ()]


@pytest.mark.parametrize(
    ("total", "counted"),
    [(7, 7), (0, 0), (1, 1), (True, None), (False, None), (-1, None), ("7", None), (7.0, None), (None, None)],
)
def test_what_a_bundle_counts_is_a_whole_number_or_nothing(total, counted):
    content = text(bundle(A, B, total=total))
    page = read_page(content)
    assert page == Page(content, 2, None, counted)
    sent = prefetched_page(content)
    assert sent is not None
    assert (sent.entries, sent.next_link, sent.total) == (2, None, counted)


@pytest.mark.parametrize(
    ("links", "following"),
    [
        ([{"relation": "self", "url": "?page=1"}, {"relation": "next", "url": "?page=2"}], "?page=2"),
        ({"relation": "next", "url": " ?page=2 "}, "?page=2"),
        ([{"relation": "next"}], ""),
        ([{"relation": "previous", "url": "?page=0"}], None),
        (["next", None, {"relation": "self", "url": "?page=1"}], None),
        ("next", None),
        (None, None),
        ([], None),
    ],
)
def test_where_the_next_page_is_stands_in_a_link_of_that_name(links, following):
    value = {**bundle(A), "link": links}
    page, sent = read_page(text(value)), prefetched_page(text(value))
    assert isinstance(page, Page)
    assert sent is not None
    assert page.next_link == sent.next_link == following


def test_a_page_without_entries_has_none():
    value = {"resourceType": "Bundle", "type": "searchset", "total": 0}
    assert read_page(text(value)) == Page(text(value), 0, None, 0)
    sent = prefetched_page(text(value))
    assert sent is not None
    assert (sent.entries, sent.total) == (0, 0)


def test_a_page_that_was_sent_along_stays_split_as_it_was_and_one_of_an_odd_shape_stays_text():
    usual = split(text(bundle(A)))
    assert usual is not None
    page = prefetched_page(usual)
    assert page is not None
    assert page.raw is usual
    odd = text({**bundle(A, total=3), "note": "not of the usual shape"})
    assert split(odd) is None
    assert prefetched_page(odd) == Page(odd, 1, None, 3)
    assert prefetched_page(text({"resourceType": "OperationOutcome"})) is None
    assert prefetched_page(b"no JSON") is None


def test_a_single_last_page_stays_what_it_is():
    page = Page(text(bundle(A)), 1)
    assert merged([page]) is page.raw
    promised = Page(text(bundle(A)), 1, "")
    assert isinstance(merged([promised]), RawBundle)  # without the link that nobody could follow


def test_pages_become_one_bundle_with_all_entries_in_their_order_and_no_next_link():
    first = Page(text(bundle(A, next_link="?page=2", total=3)), 1, "?page=2", 3)
    second = Page(text({**bundle(B), "note": "odd"}), 1, "?page=3", None)
    third = Page(split(text(bundle(C, total=2))), 1, None, 2)
    whole = merged([first, second, third])
    assert ids(whole) == ["a", "b", "c"]
    assert (whole.resourceType, bytes(whole.total), bytes(whole.link)) == ("Bundle", b"3", b"")
    assert json.loads(msgspec.json.encode(whole.resourceType)) == "Bundle"


def test_pages_that_count_nothing_become_a_bundle_that_counts_nothing():
    whole = merged([Page(text(bundle(A)), 1, "?page=2"), Page(text(bundle(B)), 1)])
    assert ids(whole) == ["a", "b"]
    assert bytes(whole.total) == b""


def test_of_an_odd_page_the_entries_that_hold_a_resource_are_kept():
    entries = [
        None,
        "x",
        {"fullUrl": "urn:uuid:1"},
        {"resource": None},
        {"fullUrl": "urn:uuid:2", "resource": B},
    ]
    odd = Page(text({"resourceType": "Bundle", "entry": entries, "note": "odd"}), 5)
    whole = merged([Page(text(bundle(A)), 1, "?page=2"), odd])
    assert ids(whole) == ["a", "b"]
    assert bytes(whole.entry[1].fullUrl) == b'"urn:uuid:2"'
    nothing = Page(text({"resourceType": "Bundle", "entry": None, "note": "odd"}), 0)
    assert ids(merged([Page(text(bundle(A)), 1, "?page=2"), nothing])) == ["a"]


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ({"resourceType": "OperationOutcome"}, FetchFault.OUTCOME),
        ({"resourceType": "Observation"}, FetchFault.NOT_FHIR),
        ({"resourceType": "Bundle", "entry": {}}, FetchFault.NOT_FHIR),
        ([], FetchFault.NOT_FHIR),
    ],
)
def test_what_is_no_bundle_is_a_fault(value, fault):
    assert read_page(text(value)) is fault
