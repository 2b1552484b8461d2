"""Addresses: one plain form, compared by every part, and what is sent is what was compared."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests import PreparedRequest

from fhir_mappings.acquisition.addresses import (
    Address,
    AddressRefusedError,
    covers,
    read_address,
    read_base,
    resolve,
)
from tests.support.hostile_addresses import HOSTILE, hostile_to

BASE = read_base("https://ehr-a.example/fhir")


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("https://ehr-a.example/fhir", "https://ehr-a.example/fhir"),
        ("HTTPS://EHR-A.example:443/fhir/", "https://ehr-a.example/fhir"),
        ("https://ehr-a.example", "https://ehr-a.example"),
        ("https://ehr-a.example:8443/a/b", "https://ehr-a.example:8443/a/b"),
        ("http://127.0.0.1:8103/fhir/R4", "http://127.0.0.1:8103/fhir/R4"),
        ("http://localhost:80/fhir", "http://localhost/fhir"),
        ("http://[::1]:8080/fhir", "http://[::1]:8080/fhir"),
        ("https://10.1.2.3/fhir", "https://10.1.2.3/fhir"),
    ],
)
def test_a_base_is_shown_in_its_one_form(written, shown):
    assert str(read_base(written)) == shown


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("http://ehr-a.example/fhir", "not-https"),
        ("http://127.0.0.2/fhir", "not-https"),
        ("https://ehr-a.example/fhir?x=1", "base-with-query"),
        ("https://ehr-a.example/fhir?", "base-with-query"),
        ("https://ehr-a.example:70000/fhir", "port"),
        ("https://ehr_a.example/fhir", "not-an-address"),
        ("https://-ehr.example/fhir", "host"),
        (f"https://{'a' * 64}.example/fhir", "host"),
        (f"https://{'a.' * 130}example/fhir", "host"),
        ("https://010.1.2.3/fhir", "host"),
        ("https://[::0001]/fhir", "host"),
        ("https://[:::]/fhir", "host"),
        ("https://ehr-a.example/fh ir", "characters"),
        ("https://ehr-ä.example/fhir", "characters"),
        ("https://ehr-a.example/%", "path"),
        ("https://ehr-a.example/fhir/%00", "path"),
        ("", "not-an-address"),
        (None, "not-an-address"),
        (7, "not-an-address"),
        ("https://ehr-a.example/" + "a" * 4100, "not-an-address"),
    ],
)
def test_what_is_no_plain_base_is_refused_with_a_code(written, code):
    with pytest.raises(AddressRefusedError) as refused:
        read_base(written)
    assert refused.value.code == code
    assert not isinstance(written, str) or len(written) < 3 or written not in str(refused.value)


def test_only_this_machine_is_loopback():
    assert read_base("http://127.0.0.1:1/x").is_loopback
    assert not BASE.is_loopback


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("Observation?patient=1", "https://ehr-a.example/fhir/Observation?patient=1"),
        ("https://ehr-a.example/fhir/?page=2", "https://ehr-a.example/fhir/?page=2"),
        ("?_getpages=7&_count=2", "https://ehr-a.example/fhir?_getpages=7&_count=2"),
        ("/fhir/Observation?page=2", "https://ehr-a.example/fhir/Observation?page=2"),
        ("https://EHR-A.example:443/fhir?_getpages=7", "https://ehr-a.example/fhir?_getpages=7"),
        ("https://ehr-a.example/fhir/Medication/eX.y-1", "https://ehr-a.example/fhir/Medication/eX.y-1"),
        (
            'https://ehr-a.example/fhir/Observation?code=http://loinc.org|1988-5&x={"a":[1]}^',
            "https://ehr-a.example/fhir/Observation?code=http://loinc.org%7C1988-5&x=%7B%22a%22:%5B1%5D%7D%5E",
        ),
    ],
)
def test_a_link_below_the_base_is_followed_as_it_was_compared(written, sent):
    address = resolve(BASE, written)
    assert address.text == sent
    prepared = PreparedRequest()
    prepared.prepare(method="GET", url=address.text)
    assert covers(BASE, read_address(prepared.url))


def test_there_are_enough_hostile_addresses():
    assert len(set(HOSTILE)) >= 58


@pytest.mark.parametrize("written", hostile_to("ehr-a.example"))
def test_a_hostile_address_is_refused_as_a_link_and_is_no_allowed_base(written):
    with pytest.raises(AddressRefusedError):
        resolve(BASE, written)
    with contextlib.suppress(AddressRefusedError):
        assert read_base(written) != BASE


def test_a_base_at_the_root_covers_its_whole_origin_and_nothing_else():
    root = read_base("https://ehr-a.example")
    assert resolve(root, "Patient/1").text == "https://ehr-a.example/Patient/1"
    assert resolve(root, "https://ehr-a.example/any?x=1").path == "/any"
    with pytest.raises(AddressRefusedError):
        resolve(root, "https://ehr-b.example/any")


@pytest.mark.parametrize(
    "written", ["Observation?", "Observation#x", "//x/y", "", "Observation?a=%0d%0aX", "a b"]
)
def test_a_relative_link_that_could_mean_two_things_is_refused(written):
    with pytest.raises(AddressRefusedError):
        resolve(BASE, written)


@given(st.text(max_size=60), st.sampled_from(["", "https://", "http://", "//", "/", "https://ehr-a.example"]))
def test_whatever_is_written_nothing_outside_the_base_is_ever_returned(text, start):
    try:
        address = resolve(BASE, start + text)
    except AddressRefusedError:
        return
    assert address.text.startswith(("https://ehr-a.example/fhir/", "https://ehr-a.example/fhir?")) or (
        address.text == "https://ehr-a.example/fhir"
    )
    prepared = PreparedRequest()
    prepared.prepare(method="GET", url=address.text)
    assert covers(BASE, read_address(prepared.url))


def test_an_address_never_shows_its_path():
    address = Address(BASE.origin, "/fhir/Patient/secret", "name=secret")
    assert "secret" not in repr(address)
