"""Which keys are fit, and what is wrong with the others."""

import pytest

from cds_service.trust.keys import UnfitKey, VerificationKey, read_key
from tests.support.trust import Signer, es256, es384, rs384

PINNED = frozenset({"ES384", "RS384"})
SANDBOX_KEY = {
    "kty": "EC",
    "use": "sig",
    "crv": "P-384",
    "kid": "44823f3d-0b01-4a6c-a80e-b9d3e8a7226f",
    "x": "dw_JGR8nB2I6XveNxUOl2qk699ZPLM2nYI5STSdiEl9avAkrm3CkfYMbrrjr8laB",
    "y": "Sm3mLE-n1zYNla_aiE3cb3nZsL51RbC7ysw3q8aJLxGm-hx79RPMYpITDjp7kgzy",
    "alg": "ES384",
}


@pytest.mark.requirement("cds-hooks_2.0@200", "cds-hooks_2.0@207")
@pytest.mark.parametrize("signer", [es384("a"), rs384("b")], ids=["curve", "rsa"])
def test_a_key_serves_what_it_can_and_is_pinned_to(signer: Signer):
    key = read_key(signer.jwk, PINNED)
    assert isinstance(key, VerificationKey)
    assert (key.key_id, key.algorithms) == (signer.key_id, {signer.algorithm})


def test_a_key_without_algorithm_serves_what_its_kind_can_of_what_is_pinned():
    jwk = {name: value for name, value in rs384("b").jwk.items() if name not in ("alg", "use")}
    assert read_key(jwk, frozenset({"RS384", "PS512", "ES384"})).algorithms == {"RS384", "PS512"}
    curve = {name: value for name, value in es256("c").jwk.items() if name != "alg"}
    assert read_key(curve, frozenset({"ES256", "ES384"})).algorithms == {"ES256"}


@pytest.mark.parametrize(
    ("jwk", "unfit"),
    [
        (None, UnfitKey.MALFORMED),
        ([], UnfitKey.MALFORMED),
        ({}, UnfitKey.NO_KEY_ID),
        ({"kty": "oct", "kid": "k", "k": "c2VjcmV0"}, UnfitKey.SYMMETRIC),
        (es384("a").jwk | {"d": "AQAB"}, UnfitKey.PRIVATE),
        (rs384("b").jwk | {"p": "AQAB"}, UnfitKey.PRIVATE),
        (SANDBOX_KEY, UnfitKey.PUBLISHED),
        (SANDBOX_KEY | {"kid": "renamed"}, UnfitKey.PUBLISHED),
        (es384("a").jwk | {"kid": SANDBOX_KEY["kid"]}, UnfitKey.PUBLISHED),
        (es384("a").jwk | {"use": "enc"}, UnfitKey.NOT_FOR_SIGNATURES),
        (es384("a").jwk | {"key_ops": ["encrypt"]}, UnfitKey.NOT_FOR_SIGNATURES),
        (es384("a").jwk | {"key_ops": "verify"}, UnfitKey.NOT_FOR_SIGNATURES),
        (es384("a").jwk | {"kid": ""}, UnfitKey.NO_KEY_ID),
        (es384("a").jwk | {"kid": 7}, UnfitKey.NO_KEY_ID),
        (es384("a").jwk | {"kid": "k" * 257}, UnfitKey.NO_KEY_ID),
        (rs384("weak", 1024).jwk, UnfitKey.WEAK),
        (rs384("b").jwk | {"e": "AQ"}, UnfitKey.MALFORMED),
        (rs384("b").jwk | {"e": "AgAAAAE"}, UnfitKey.WEAK),
        (es256("c").jwk, UnfitKey.ALGORITHM_MISMATCH),
        (es256("c").jwk | {"alg": "ES384"}, UnfitKey.ALGORITHM_MISMATCH),
        (es384("a").jwk | {"alg": "RS384"}, UnfitKey.ALGORITHM_MISMATCH),
        (rs384("b").jwk | {"alg": "HS384"}, UnfitKey.ALGORITHM_MISMATCH),
        (rs384("b").jwk | {"alg": ["RS384"]}, UnfitKey.ALGORITHM_MISMATCH),
        (es384("a").jwk | {"kty": "OKP", "crv": "Ed25519"}, UnfitKey.ALGORITHM_MISMATCH),
        (es384("a").jwk | {"x": es384("z").jwk["x"]}, UnfitKey.MALFORMED),
        (es384("a").jwk | {"x": "!"}, UnfitKey.MALFORMED),
        (es384("a").jwk | {"y": 7}, UnfitKey.MALFORMED),
        ({name: value for name, value in es384("a").jwk.items() if name != "y"}, UnfitKey.MALFORMED),
        (rs384("b").jwk | {"n": "A" * 5000}, UnfitKey.MALFORMED),
    ],
)
def test_an_unfit_key_says_why(jwk, unfit):
    assert read_key(jwk, PINNED) is unfit
