"""Public keys: which JSON Web Keys are fit to verify a signature, and with which algorithms.

A key says what it can do, never a token: RSA keys serve the RSA algorithms that the issuer is pinned to, an
elliptic curve serves its one algorithm. What is unfit is left out with a code that says why.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeAlias

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from cds_service.trust.published_keys import is_published_key

PublicKey: TypeAlias = RSAPublicKey | EllipticCurvePublicKey

DEFAULT_ALGORITHMS: Final = ("ES384", "RS384")
"""What CDS Hooks recommends."""

CURVE_OF_ALGORITHM: Final = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}
RSA_ALGORITHMS: Final = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})
KNOWN_ALGORITHMS: Final = RSA_ALGORITHMS | set(CURVE_OF_ALGORITHM)

LEAST_RSA_BITS: Final = 2048
MOST_RSA_BITS: Final = 8192
LONGEST_KEY_ID: Final = 256

_PRIVATE_MEMBERS: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_BASE64_URL: Final = re.compile(r"[A-Za-z0-9_-]{1,2048}", re.ASCII)
_MOST_EXPONENT: Final = 2**32


class UnfitKey(StrEnum):
    """Why a JSON Web Key is not used."""

    SYMMETRIC = "symmetric"
    PRIVATE = "private"
    PUBLISHED = "published"
    NOT_FOR_SIGNATURES = "not-for-signatures"
    NO_KEY_ID = "no-key-id"
    WEAK = "weak"
    ALGORITHM_MISMATCH = "algorithm-mismatch"
    MALFORMED = "malformed"


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """One public key, its `kid`, and the algorithms that it may be used with."""

    key_id: str
    algorithms: frozenset[str]
    public_key: PublicKey


def read_key(jwk: Any, pinned: frozenset[str]) -> VerificationKey | UnfitKey:
    """Return a JSON Web Key that serves one of the pinned algorithms, or why it is unfit. Never raises."""
    if not isinstance(jwk, Mapping):
        return UnfitKey.MALFORMED
    for unfit, applies in (
        (UnfitKey.SYMMETRIC, jwk.get("kty") == "oct"),
        (UnfitKey.PRIVATE, bool(_PRIVATE_MEMBERS & set(jwk))),
        (UnfitKey.PUBLISHED, is_published_key(jwk)),
        (UnfitKey.NOT_FOR_SIGNATURES, not _for_signatures(jwk)),
        (UnfitKey.NO_KEY_ID, not _is_key_id(jwk.get("kid"))),
    ):
        if applies:
            return unfit
    algorithms = _algorithms(jwk) & pinned
    if not algorithms:
        return UnfitKey.ALGORITHM_MISMATCH
    public_key = _public_key(jwk)
    if isinstance(public_key, UnfitKey):
        return public_key
    return VerificationKey(jwk["kid"], algorithms, public_key)


def index_keys(keys: list[VerificationKey]) -> dict[str, VerificationKey]:
    """Return keys by their id; an id that stands for two keys stands for neither."""
    index: dict[str, VerificationKey] = {}
    ambiguous: set[str] = set()
    for key in keys:
        if key.key_id in index:
            ambiguous.add(key.key_id)
        index[key.key_id] = key
    return {key_id: key for key_id, key in index.items() if key_id not in ambiguous}


def _is_key_id(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_KEY_ID


def _for_signatures(jwk: Mapping[str, Any]) -> bool:
    operations = jwk.get("key_ops", ["verify"])
    return jwk.get("use", "sig") == "sig" and isinstance(operations, list) and "verify" in operations


def _algorithms(jwk: Mapping[str, Any]) -> frozenset[str]:
    """Return what the kind of key can do, narrowed to what the key itself says."""
    kind, curve = jwk.get("kty"), jwk.get("crv")
    able = RSA_ALGORITHMS if kind == "RSA" else frozenset()
    if kind == "EC":
        able = frozenset(name for name, needed in CURVE_OF_ALGORITHM.items() if needed == curve)
    said = jwk.get("alg")
    return able if said is None else able & ({said} if isinstance(said, str) else set())


def _public_key(jwk: Mapping[str, Any]) -> PublicKey | UnfitKey:
    members = ("n", "e") if jwk["kty"] == "RSA" else ("x", "y")
    if any(not isinstance(jwk.get(name), str) or not _BASE64_URL.fullmatch(jwk[name]) for name in members):
        return UnfitKey.MALFORMED
    plain = {name: jwk[name] for name in ("kty", "crv", *members) if name in jwk}
    try:
        key = RSAAlgorithm.from_jwk(plain) if jwk["kty"] == "RSA" else ECAlgorithm.from_jwk(plain)
    except Exception:  # noqa: BLE001 (the libraries have many kinds of error for a point that is on no curve)
        return UnfitKey.MALFORMED
    if isinstance(key, RSAPublicKey):
        strong = LEAST_RSA_BITS <= key.key_size <= MOST_RSA_BITS
        return key if strong and key.public_numbers().e < _MOST_EXPONENT else UnfitKey.WEAK
    return key if isinstance(key, EllipticCurvePublicKey) else UnfitKey.MALFORMED
