"""Tokens that must not be believed, each with the reason to count, and tokens that must be.

Each hostile case spoils one thing of a token that is otherwise in order. A case is made anew for each use, so
that none is refused only for having been seen.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from cds_service.trust.reasons import RefusalReason as R
from tests.support.trust import (
    AUDIENCE,
    BASE,
    EPIC,
    EPIC_KEYS,
    EPIC_SUBJECT,
    NOW,
    ORACLE,
    ORACLE_KEYS,
    PATH,
    PLAIN,
    PLAIN_BASE,
    claims,
    encode,
    epic_signer,
    es256,
    es384,
    oracle_signer,
    plain_signer,
    rs384,
    segment,
)

AT = int(NOW.timestamp())
TENANT_A_BASE = "https://fhir.oracle.example/r4/tenant-a"
TENANT_B_BASE = "https://fhir.oracle.example/r4/tenant-b"


@dataclass(frozen=True)
class Case:
    """One Authorization header: how it is made, and what must come of it (None: believed)."""

    name: str
    make: Callable[[], str | None]
    reason: R | None
    fhir_server: str | None = None


def plain(header: dict[str, Any] | None = None, **changes: Any) -> str:
    """A token of the client whose keys are given, with changes."""
    return "Bearer " + plain_signer().sign(claims(**changes), **(header or {}))


def epic(header: dict[str, Any] | None = None, **changes: Any) -> str:
    """A token in Epic's way: 15 minutes, not before five minutes ago, audience set by hand, no tenant."""
    made = {"aud": BASE, "sub": EPIC_SUBJECT, "exp": AT + 900, "nbf": AT - 300, **changes}
    return "Bearer " + epic_signer().sign(claims(EPIC, **made), **{"jku": EPIC_KEYS, **(header or {})})


def oracle(header: dict[str, Any] | None = None, **changes: Any) -> str:
    """A token of the issuer that several organisations share."""
    made = {"tenant": "tenant-a", **changes}
    return "Bearer " + oracle_signer().sign(claims(ORACLE, **made), **{"jku": ORACLE_KEYS, **(header or {})})


def raw(header: Any = None, payload: Any = None) -> str:
    """A properly signed token of parts that are no JSON objects, or odd ones."""
    head = {"typ": "JWT", "alg": "ES384", "kid": plain_signer().key_id} if header is None else header
    return "Bearer " + plain_signer().sign_raw(head, claims() if payload is None else payload)


def unsigned(algorithm: str, signature: bytes = b"") -> str:
    """A token that says it needs no signature."""
    head = {"typ": "JWT", "alg": algorithm, "kid": plain_signer().key_id}
    return f"Bearer {segment(head)}.{segment(claims())}.{encode(signature)}"


def hmac_token(algorithm: str, secret: bytes) -> str:
    """A token signed with a public key as if that were a shared secret."""
    head = {"typ": "JWT", "alg": algorithm, "kid": plain_signer().key_id}
    signed = f"{segment(head)}.{segment(claims())}"
    digest = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}[algorithm]
    return f"Bearer {signed}.{encode(hmac.new(secret, signed.encode(), digest).digest())}"


def public_pem() -> bytes:
    return (
        plain_signer()
        .private_key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def with_signature(change: Callable[[bytes], bytes]) -> str:
    """A good token whose signature is changed."""
    head, body, signature = plain().split(".")
    return f"{head}.{body}.{encode(change(urlsafe_b64decode(signature + '==')))}"


def with_part(place: int, content: Any) -> str:
    """A good token with one part exchanged after signing."""
    parts = plain().removeprefix("Bearer ").split(".")
    parts[place] = segment(content)
    return "Bearer " + ".".join(parts)


def der_signature() -> str:
    head = {"typ": "JWT", "alg": "ES384", "kid": plain_signer().key_id}
    signed = f"{segment(head)}.{segment(claims())}"
    made = plain_signer().private_key.sign(signed.encode(), ec.ECDSA(hashes.SHA384()))
    return f"Bearer {signed}.{encode(made)}"


def text(**changes: Any) -> str:
    """The JSON text of a claim set, for putting in what no encoder writes."""
    return json.dumps(claims(**changes))


def embedded_key() -> str:
    stranger = es384("stranger")
    return "Bearer " + stranger.sign(claims(), jwk=stranger.jwk, kid="stranger")


def token(value: str) -> str:
    return value.removeprefix("Bearer ")


AUTHORIZATION = [
    Case("no header", lambda: None, R.AUTHORIZATION_MISSING),
    Case("empty header", lambda: "", R.AUTHORIZATION_MALFORMED),
    Case("scheme alone", lambda: "Bearer", R.AUTHORIZATION_MALFORMED),
    Case("scheme and blank", lambda: "Bearer ", R.AUTHORIZATION_MALFORMED),
    Case("basic scheme", lambda: "Basic dXNlcjpwYXNz", R.AUTHORIZATION_MALFORMED),
    Case("basic scheme with a good token", lambda: "Basic " + token(plain()), R.AUTHORIZATION_MALFORMED),
    Case("no scheme", lambda: token(plain()), R.AUTHORIZATION_MALFORMED),
    Case("two tokens", lambda: f"{plain()} {token(plain())}", R.AUTHORIZATION_MALFORMED),
    Case("two headers joined", lambda: f"{plain()}, {plain()}", R.AUTHORIZATION_MALFORMED),
    Case("tab for a blank", lambda: "Bearer\t" + token(plain()), R.AUTHORIZATION_MALFORMED),
    Case("too large", lambda: plain(pad="x" * 9000), R.TOKEN_TOO_LARGE),
    Case("outside of ASCII", lambda: "Bearer \u00e4.\u00f6.\u00fc", R.TOKEN_MALFORMED),
    Case("quoted", lambda: f'Bearer "{token(plain())}"', R.TOKEN_MALFORMED),
]

SHAPE = [
    Case("one part", lambda: "Bearer abc", R.TOKEN_MALFORMED),
    Case("two parts", lambda: plain().rpartition(".")[0], R.TOKEN_MALFORMED),
    Case("four parts", lambda: plain() + ".abc", R.TOKEN_MALFORMED),
    Case("five parts, as if encrypted", lambda: plain() + ".abc.def", R.TOKEN_MALFORMED),
    Case("no signature", lambda: plain().rpartition(".")[0] + ".", R.TOKEN_MALFORMED),
    Case("no payload", lambda: "..".join(plain().split(".")[::2]), R.TOKEN_MALFORMED),
    Case("padded base64", lambda: plain() + "=", R.TOKEN_MALFORMED),
    Case("base64 of the other alphabet", lambda: plain().replace(".", "+.", 1), R.TOKEN_MALFORMED),
    Case("base64 of impossible length", lambda: "Bearer a.b.c", R.TOKEN_MALFORMED),
    Case("header no JSON", lambda: raw(header=b"{"), R.TOKEN_MALFORMED),
    Case("header a list", lambda: raw(header=[]), R.TOKEN_MALFORMED),
    Case("header a text", lambda: raw(header="JWT"), R.TOKEN_MALFORMED),
    Case("header not UTF-8", lambda: raw(header=b'{"alg":"\xff"}'), R.TOKEN_MALFORMED),
    Case("header with alg twice", lambda: raw(header=b'{"alg":"ES384","alg":"none"}'), R.TOKEN_MALFORMED),
    Case("payload no JSON", lambda: raw(payload=b"claims"), R.TOKEN_MALFORMED),
    Case("payload a list", lambda: raw(payload=[1]), R.TOKEN_MALFORMED),
    Case("payload null", lambda: raw(payload=b"null"), R.TOKEN_MALFORMED),
    Case("payload another token", lambda: raw(payload=token(plain()).encode()), R.TOKEN_MALFORMED),
    Case("payload in UTF-16", lambda: raw(payload=text().encode("utf-16")), R.TOKEN_MALFORMED),
    Case(
        "payload with a byte order mark",
        lambda: raw(payload=b"\xef\xbb\xbf" + text().encode()),
        R.TOKEN_MALFORMED,
    ),
    Case(
        "payload with iss twice", lambda: raw(payload=f'{{"iss":"x",{text()[1:]}'.encode()), R.TOKEN_MALFORMED
    ),
    Case(
        "payload too deep",
        lambda: raw(payload=b'{"a":' + b"[" * 1500 + b"]" * 1500 + b"}"),
        R.TOKEN_MALFORMED,
    ),
    Case(
        "exp not a number", lambda: raw(payload=text(exp=7).replace("7,", "NaN,").encode()), R.TOKEN_MALFORMED
    ),
    Case(
        "exp infinite",
        lambda: raw(payload=text(exp=0.25).replace("0.25", "1e400").encode()),
        R.TOKEN_MALFORMED,
    ),
    Case(
        "lone surrogate", lambda: raw(payload=text(x="@").replace("@", "\\ud800").encode()), R.TOKEN_MALFORMED
    ),
]

ALGORITHM = [
    Case("none", lambda: unsigned("none", b"x"), R.ALGORITHM_REFUSED),
    Case("none without signature", lambda: unsigned("none"), R.TOKEN_MALFORMED),
    Case("None", lambda: unsigned("None", b"x"), R.ALGORITHM_REFUSED),
    Case("nOnE", lambda: unsigned("nOnE", b"x"), R.ALGORITHM_REFUSED),
    Case("empty algorithm", lambda: unsigned("", b"x"), R.ALGORITHM_REFUSED),
    Case("HS256 with the public key", lambda: hmac_token("HS256", public_pem()), R.ALGORITHM_REFUSED),
    Case(
        "HS384 with the key set",
        lambda: hmac_token("HS384", json.dumps(plain_signer().jwk).encode()),
        R.ALGORITHM_REFUSED,
    ),
    Case("HS512 with nothing", lambda: hmac_token("HS512", b""), R.ALGORITHM_REFUSED),
    Case(
        "RS256, not pinned",
        lambda: (
            "Bearer " + rs384("plain-rsa").sign_raw({"alg": "RS256", "kid": "plain-rsa"}, claims(), "RS256")
        ),
        R.ALGORITHM_REFUSED,
    ),
    Case(
        "PS384, not pinned",
        lambda: (
            "Bearer " + rs384("plain-rsa").sign_raw({"alg": "PS384", "kid": "plain-rsa"}, claims(), "PS384")
        ),
        R.ALGORITHM_REFUSED,
    ),
    Case("ES256, not pinned", lambda: "Bearer " + es256("plain-1").sign(claims()), R.ALGORITHM_REFUSED),
    Case("EdDSA, not pinned", lambda: unsigned("EdDSA", b"x" * 64), R.ALGORITHM_REFUSED),
    Case(
        "ES384 for an issuer that signs RS384",
        lambda: "Bearer " + es384("k+Id/a==").sign(claims(EPIC)),
        R.ALGORITHM_REFUSED,
    ),
    Case("RS384 said of a curve's key", lambda: plain({"alg": "RS384"}), R.ALGORITHM_REFUSED),
    Case("ES384 said of an RSA key", lambda: plain({"kid": "plain-rsa"}), R.ALGORITHM_REFUSED),
    Case("in lower case", lambda: plain({"alg": "es384"}), R.ALGORITHM_REFUSED),
    Case("missing", lambda: plain({"alg": None}), R.ALGORITHM_REFUSED),
    Case("a number", lambda: plain({"alg": 384}), R.ALGORITHM_REFUSED),
    Case("a list", lambda: plain({"alg": ["ES384"]}), R.ALGORITHM_REFUSED),
]

HEADER = [
    Case("crit unknown", lambda: plain({"crit": ["exp2"], "exp2": 1}), R.HEADER_CRITICAL),
    Case("crit empty", lambda: plain({"crit": []}), R.HEADER_CRITICAL),
    Case("detached payload", lambda: plain({"b64": False, "crit": ["b64"]}), R.HEADER_CRITICAL),
    Case("b64 without crit", lambda: plain({"b64": False}), R.HEADER_CRITICAL),
    Case("an access token", lambda: plain({"typ": "at+jwt"}), R.TYPE_REFUSED),
    Case("typ a number", lambda: plain({"typ": 1}), R.TYPE_REFUSED),
    Case("kid missing", lambda: plain({"kid": None}), R.KEY_UNKNOWN),
    Case("kid empty", lambda: plain({"kid": ""}), R.KEY_UNKNOWN),
    Case("kid a number", lambda: plain({"kid": 1}), R.KEY_UNKNOWN),
    Case("kid a path", lambda: plain({"kid": "../../../../dev/null"}), R.KEY_UNKNOWN),
    Case("kid a query", lambda: plain({"kid": "x' union select 'key"}), R.KEY_UNKNOWN),
    Case("kid too long", lambda: plain({"kid": "k" * 300}), R.KEY_UNKNOWN),
    Case("kid unknown", lambda: plain({"kid": "plain-2"}), R.KEY_UNKNOWN),
    Case("kid of another issuer", lambda: "Bearer " + oracle_signer().sign(claims()), R.KEY_UNKNOWN),
    Case("key in the header", embedded_key, R.KEY_UNKNOWN),
    Case(
        "key in the header under a known id",
        lambda: "Bearer " + es384("x").sign(claims(), jwk=es384("x").jwk, kid="plain-1"),
        R.SIGNATURE_INVALID,
    ),
    Case(
        "certificate in the header",
        lambda: "Bearer " + es384("x").sign(claims(), x5c=["MIIB"], kid="plain-1"),
        R.SIGNATURE_INVALID,
    ),
    Case(
        "certificate by address",
        lambda: "Bearer " + es384("x").sign(claims(), x5u="https://evil.example/c", kid="plain-1"),
        R.SIGNATURE_INVALID,
    ),
    Case(
        "jku where keys are given", lambda: plain({"jku": "https://ehr.clinic.example/jwks"}), R.JKU_REFUSED
    ),
    Case("jku of a stranger", lambda: epic({"jku": "https://evil.example/jwks.json"}), R.JKU_REFUSED),
    Case("jku with a stranger as suffix", lambda: epic({"jku": EPIC_KEYS + ".evil.example"}), R.JKU_REFUSED),
    Case(
        "jku with the known one as user",
        lambda: epic({"jku": "https://epic.hospital.example@evil.example/"}),
        R.JKU_REFUSED,
    ),
    Case("jku with a query", lambda: epic({"jku": EPIC_KEYS + "?x"}), R.JKU_REFUSED),
    Case("jku with a fragment", lambda: epic({"jku": EPIC_KEYS + "#x"}), R.JKU_REFUSED),
    Case("jku in clear", lambda: epic({"jku": EPIC_KEYS.replace("https", "http")}), R.JKU_REFUSED),
    Case("jku of this machine", lambda: epic({"jku": "http://127.0.0.1:8000/"}), R.JKU_REFUSED),
    Case(
        "jku of the cloud's metadata", lambda: epic({"jku": "http://169.254.169.254/latest"}), R.JKU_REFUSED
    ),
    Case("jku a file", lambda: epic({"jku": "file:///etc/passwd"}), R.JKU_REFUSED),
    Case("jku of another issuer", lambda: epic({"jku": ORACLE_KEYS}), R.JKU_REFUSED),
    Case("jku in upper case", lambda: epic({"jku": EPIC_KEYS.upper()}), R.JKU_REFUSED),
    Case("jku empty", lambda: epic({"jku": ""}), R.JKU_REFUSED),
    Case("jku a list", lambda: epic({"jku": [EPIC_KEYS]}), R.JKU_REFUSED),
    Case("jku a number", lambda: epic({"jku": 1}), R.JKU_REFUSED),
]

SIGNATURE = [
    Case(
        "of another key",
        lambda: "Bearer " + es384("stranger").sign(claims(), kid="plain-1"),
        R.SIGNATURE_INVALID,
    ),
    Case("cut", lambda: with_signature(lambda made: made[:-1]), R.SIGNATURE_INVALID),
    Case("longer", lambda: with_signature(lambda made: made + b"\0"), R.SIGNATURE_INVALID),
    Case(
        "one bit off",
        lambda: with_signature(lambda made: bytes([made[0] ^ 1]) + made[1:]),
        R.SIGNATURE_INVALID,
    ),
    Case("all zero", lambda: with_signature(lambda made: bytes(len(made))), R.SIGNATURE_INVALID),
    Case("in the other encoding", der_signature, R.SIGNATURE_INVALID),
    Case("of another payload", lambda: with_part(1, claims(sub="admin")), R.SIGNATURE_INVALID),
    Case(
        "of another header",
        lambda: with_part(0, {"typ": "JWT", "alg": "ES384", "kid": "plain-1", "x": 1}),
        R.SIGNATURE_INVALID,
    ),
    Case(
        "of the right issuer's RSA key",
        lambda: "Bearer " + rs384("other").sign(claims(EPIC, aud=BASE, sub=EPIC_SUBJECT), kid="k+Id/a=="),
        R.SIGNATURE_INVALID,
    ),
]

CLAIMS = [
    *(
        Case(
            f"{name} missing",
            lambda name=name: plain(**{name: None}),
            R.ISSUER_UNKNOWN if name == "iss" else R.CLAIM_MALFORMED,
        )
        for name in ("iss", "aud", "exp", "iat", "jti")
    ),
    *(
        Case(f"{name} null", lambda name=name: raw(payload={**claims(), name: None}), R.CLAIM_MALFORMED)
        for name in ("aud", "exp", "iat", "jti", "nbf", "sub", "tenant")
    ),
    Case("iss unknown", lambda: plain(iss="https://evil.example"), R.ISSUER_UNKNOWN),
    Case("iss with a slash more", lambda: plain(iss=PLAIN + "/"), R.ISSUER_UNKNOWN),
    Case("iss in upper case", lambda: plain(iss=PLAIN.upper()), R.ISSUER_UNKNOWN),
    Case("iss with a suffix", lambda: plain(iss=PLAIN + ".evil.example"), R.ISSUER_UNKNOWN),
    Case("iss a list", lambda: raw(payload={**claims(), "iss": [PLAIN]}), R.ISSUER_UNKNOWN),
    Case("iss a number", lambda: raw(payload={**claims(), "iss": 1}), R.ISSUER_UNKNOWN),
    Case("iss of the public sandbox", lambda: plain(iss="https://sandbox.cds-hooks.org"), R.ISSUER_UNKNOWN),
    Case(
        "aud of another service",
        lambda: plain(aud=f"{BASE}/cds-services/infliximab-tdm-order-select"),
        R.AUDIENCE_WRONG,
    ),
    Case("aud of discovery", lambda: plain(aud=f"{BASE}/cds-services"), R.AUDIENCE_WRONG),
    Case("aud of the feedback", lambda: plain(aud=f"{AUDIENCE}/feedback"), R.AUDIENCE_WRONG),
    Case("aud of another host", lambda: plain(aud="https://other.example" + PATH), R.AUDIENCE_WRONG),
    Case("aud the host that was called", lambda: plain(aud="http://localhost" + PATH), R.AUDIENCE_WRONG),
    Case("aud a prefix", lambda: plain(aud=BASE), R.AUDIENCE_WRONG),
    Case("aud with a suffix", lambda: plain(aud=AUDIENCE + ".evil"), R.AUDIENCE_WRONG),
    Case("aud in clear", lambda: plain(aud=AUDIENCE.replace("https", "http")), R.AUDIENCE_WRONG),
    Case(
        "aud a list of others",
        lambda: plain(aud=["https://a.example", "https://b.example"]),
        R.AUDIENCE_WRONG,
    ),
    Case("aud an empty list", lambda: plain(aud=[]), R.AUDIENCE_WRONG),
    Case("aud a list with a number", lambda: plain(aud=[AUDIENCE, 1]), R.CLAIM_MALFORMED),
    Case("aud an object", lambda: plain(aud={AUDIENCE: 1}), R.CLAIM_MALFORMED),
    Case("aud empty", lambda: plain(aud=""), R.AUDIENCE_WRONG),
    Case("aud the plain one where it is set by hand", lambda: epic(aud=AUDIENCE), R.AUDIENCE_WRONG),
    Case("expired", lambda: plain(iat=AT - 700, exp=AT - 400), R.EXPIRED),
    Case("expired at the end of the skew", lambda: plain(iat=AT - 300, exp=AT - 60), R.EXPIRED),
    Case("exp a text", lambda: plain(exp=str(AT + 300)), R.CLAIM_MALFORMED),
    Case("exp true", lambda: plain(exp=True), R.CLAIM_MALFORMED),
    Case("exp a list", lambda: plain(exp=[AT + 300]), R.CLAIM_MALFORMED),
    Case("exp an object", lambda: plain(exp={"at": 1}), R.CLAIM_MALFORMED),
    Case("exp negative", lambda: plain(exp=-1), R.CLAIM_MALFORMED),
    Case("exp beyond all years", lambda: plain(exp=10**30), R.CLAIM_MALFORMED),
    Case(
        "exp of five thousand digits",
        lambda: raw(payload=text(exp=0.25).replace("0.25", "9" * 4000).encode()),
        R.TOKEN_MALFORMED,
    ),
    Case("exp in milliseconds", lambda: plain(exp=(AT + 300) * 1000), R.CLAIM_MALFORMED),
    Case("lives a second too long", lambda: plain(exp=AT + 901), R.LIFETIME_TOO_LONG),
    Case("lives a year", lambda: plain(exp=AT + 365 * 86400), R.LIFETIME_TOO_LONG),
    Case("expires as it is issued", lambda: plain(exp=AT), R.LIFETIME_TOO_LONG),
    Case("expires before it is issued", lambda: plain(iat=AT + 30, exp=AT + 10), R.LIFETIME_TOO_LONG),
    Case("lives too long for this tenant", lambda: oracle(exp=AT + 1000), R.LIFETIME_TOO_LONG),
    Case("issued in the future", lambda: plain(iat=AT + 61, exp=AT + 300), R.NOT_YET_VALID),
    Case("iat a text", lambda: plain(iat=str(AT)), R.CLAIM_MALFORMED),
    Case("iat false", lambda: plain(iat=False), R.CLAIM_MALFORMED),
    Case("not before in the future", lambda: plain(nbf=AT + 61), R.NOT_YET_VALID),
    Case("nbf a text", lambda: plain(nbf=str(AT)), R.CLAIM_MALFORMED),
    Case("nbf a list", lambda: plain(nbf=[AT]), R.CLAIM_MALFORMED),
    Case("jti empty", lambda: plain(jti=""), R.CLAIM_MALFORMED),
    Case("jti a number", lambda: plain(jti=7), R.CLAIM_MALFORMED),
    Case("jti a list", lambda: plain(jti=["a"]), R.CLAIM_MALFORMED),
    Case("jti too long", lambda: plain(jti="j" * 600), R.CLAIM_MALFORMED),
    Case("sub of another", lambda: epic(sub="another-client"), R.SUBJECT_WRONG),
    Case("sub missing where it is configured", lambda: epic(sub=None), R.SUBJECT_WRONG),
    Case("sub a number", lambda: plain(sub=7), R.CLAIM_MALFORMED),
    Case("sub a list", lambda: epic(sub=[EPIC_SUBJECT]), R.CLAIM_MALFORMED),
    Case("tenant unknown", lambda: oracle(tenant="tenant-c"), R.TENANT_UNKNOWN),
    Case("tenant missing where it tells apart", lambda: oracle(tenant=None), R.TENANT_UNKNOWN),
    Case("tenant in upper case", lambda: oracle(tenant="TENANT-A"), R.TENANT_UNKNOWN),
    Case("tenant where none is configured", lambda: plain(tenant="tenant-a"), R.TENANT_UNKNOWN),
    Case("tenant empty", lambda: oracle(tenant=""), R.CLAIM_MALFORMED),
    Case("tenant a list", lambda: oracle(tenant=["tenant-a"]), R.CLAIM_MALFORMED),
    Case("tenant a number", lambda: oracle(tenant=1), R.CLAIM_MALFORMED),
]

FHIR_SERVER = [
    Case("another tenant's server", oracle, R.FHIR_SERVER_REFUSED, TENANT_B_BASE),
    Case("another client's server", plain, R.FHIR_SERVER_REFUSED, EPIC),
    Case("a stranger's server", plain, R.FHIR_SERVER_REFUSED, "https://evil.example/fhir"),
    Case("its own server in clear", plain, R.FHIR_SERVER_REFUSED, PLAIN_BASE.replace("https", "http")),
    Case("its own server with a suffix", plain, R.FHIR_SERVER_REFUSED, PLAIN_BASE + "/../other"),
]

HOSTILE = [
    Case(f"{group}: {case.name}", case.make, case.reason, case.fhir_server)
    for group, cases in (
        ("authorization", AUTHORIZATION),
        ("shape", SHAPE),
        ("algorithm", ALGORITHM),
        ("header", HEADER),
        ("signature", SIGNATURE),
        ("claims", CLAIMS),
        ("fhirServer", FHIR_SERVER),
    )
    for case in cases
]

LEGAL = [
    Case("keys given out of band, no jku", plain, None, PLAIN_BASE),
    Case("no fhirServer", plain, None),
    Case("fhirServer with a slash more", plain, None, PLAIN_BASE + "/"),
    Case("Epic's shape", epic, None, EPIC),
    Case("Epic's shape without jku", lambda: epic({"jku": None}), None, EPIC),
    Case("Oracle's shape, one tenant", oracle, None, TENANT_A_BASE),
    Case("Oracle's shape, the other tenant", lambda: oracle(tenant="tenant-b"), None, TENANT_B_BASE),
    Case(
        "a longer life where it is configured",
        lambda: oracle(tenant="tenant-b", exp=AT + 1800),
        None,
        TENANT_B_BASE,
    ),
    Case("the full fifteen minutes", lambda: plain(exp=AT + 900), None),
    Case("aud a list with ours alone", lambda: plain(aud=[AUDIENCE]), None),
    Case("aud a list with ours among others", lambda: plain(aud=["https://a.example", AUDIENCE]), None),
    Case("aud with a slash more", lambda: plain(aud=AUDIENCE + "/"), None),
    Case("RSA key of the same client", lambda: "Bearer " + rs384("plain-rsa").sign(claims()), None),
    Case("just expired, within the skew", lambda: plain(iat=AT - 300, exp=AT - 59), None),
    Case("issued by a clock that is fast", lambda: plain(iat=AT + 60, exp=AT + 360), None),
    Case("not before by a clock that is fast", lambda: plain(nbf=AT + 60), None),
    Case("times with a fraction", lambda: plain(iat=AT - 0.5, exp=AT + 299.5), None),
    Case("scheme in lower case", lambda: plain().replace("Bearer", "bearer"), None),
    Case("no typ", lambda: plain({"typ": None}), None),
    Case("typ in lower case", lambda: plain({"typ": "jwt"}), None),
    Case(
        "unknown claims and header members",
        lambda: plain({"x5t": "abc"}, sub="s", scope="x", nested={"a": [1]}),
        None,
    ),
    Case("jti outside of ASCII", lambda: plain(jti="\u540d\u524d-" + claims()["jti"]), None),
]
