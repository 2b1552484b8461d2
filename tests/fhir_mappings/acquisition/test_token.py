"""The token: it has no text, so it cannot slip into one."""

import copy
import pickle

import pytest

from fhir_mappings.acquisition.token import AccessToken

SECRET = "canary-0b1f"  # noqa: S105 (what must not be seen)


def test_a_token_shows_itself_only_to_the_header_that_needs_it():
    token = AccessToken(SECRET)
    assert token.authorization() == f"Bearer {SECRET}"
    assert SECRET not in f"{token} {token!r} {[token]} {vars(AccessToken)}"


def test_a_token_is_neither_pickled_nor_copied():
    for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError) as refused:
            attempt(AccessToken(SECRET))
        assert SECRET not in str(refused.value)


@pytest.mark.parametrize("secret", ["", " ", "a b", "a\r\nX-Injected: 1", "tökén", "a" * 16_385, "a\x00"])
def test_what_could_not_stand_in_a_header_is_no_token(secret):
    with pytest.raises(ValueError, match=r"^not a token$"):
        AccessToken(secret)
