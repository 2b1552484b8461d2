"""Clients that can prove who they are: keys, tokens, trust files, and the service they call."""

from __future__ import annotations

import base64
import io
import json
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from flask.testing import FlaskClient

from cds_service.application import create_app
from cds_service.log import make_logger
from cds_service.services import Services, load_services
from cds_service.settings import Settings
from cds_service.trust.key_sets import KeySetError
from cds_service.trust.load import load_trust
from cds_service.trust.token_authenticator import TokenAuthenticator

NOW = datetime(2026, 3, 9, 14, 30, tzinfo=UTC)
BASE = "https://cds.example.org/tdm"
SERVICE = "infliximab-tdm-order-sign"
PATH = f"/cds-services/{SERVICE}"
AUDIENCE = f"{BASE}{PATH}"

EPIC = "https://epic.hospital.example/interconnect/api/FHIR/R4"
EPIC_KEYS = "https://epic.hospital.example/interconnect/api/epic/2019/Security/Open/PublicKeys/530005/cds"
EPIC_SUBJECT = "3f1c2a7e-client"
ORACLE = "https://cds-hooks.oracle.example"
ORACLE_KEYS = "https://keys.oracle.example/cds-hooks/jwks.json"
PLAIN = "https://ehr.clinic.example"
PLAIN_BASE = "https://ehr.clinic.example/fhir"

FEEDBACK = {
    "feedback": [
        {
            "card": "0d9a1f2e-6c52-4c1b-9c55-1f0f9a6f2b11",
            "outcome": "overridden",
            "outcomeTimestamp": "2026-03-09T14:31:00Z",
        }
    ]
}
"""What one clinician did with one card."""


@dataclass(frozen=True)
class Signer:
    """A private key, the id that it is published under, and the algorithm that it is meant for."""

    key_id: str
    algorithm: str
    private_key: Any

    @property
    def jwk(self) -> dict[str, Any]:
        """The public half, as it stands in a key set."""
        make = jwt.algorithms.RSAAlgorithm if self.algorithm[0] in "RP" else jwt.algorithms.ECAlgorithm
        return {
            **make.to_jwk(self.private_key.public_key(), as_dict=True),
            "kid": self.key_id,
            "use": "sig",
            "alg": self.algorithm,
        }

    def sign(self, claims: Any, **header: Any) -> str:
        """A token of these claims; header members that are None are left out."""
        head = {"typ": "JWT", "alg": self.algorithm, "kid": self.key_id, **header}
        return self.sign_raw({name: value for name, value in head.items() if value is not None}, claims)

    def sign_raw(self, header: Any, claims: Any, algorithm: str = "") -> str:
        """A token whose parts are signed as they are given: objects, or the bytes themselves."""
        signed = f"{segment(header)}.{segment(claims)}"
        made = jwt.get_algorithm_by_name(algorithm or self.algorithm).sign(signed.encode(), self.private_key)
        return f"{signed}.{encode(made)}"


def encode(content: bytes) -> str:
    """Base64 for addresses, without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def segment(content: Any) -> str:
    """One part of a token."""
    return encode(content if isinstance(content, bytes) else json.dumps(content).encode())


@cache
def es384(key_id: str) -> Signer:
    """A signer on P-384."""
    return Signer(key_id, "ES384", ec.generate_private_key(ec.SECP384R1()))


@cache
def es256(key_id: str) -> Signer:
    """A signer on P-256."""
    return Signer(key_id, "ES256", ec.generate_private_key(ec.SECP256R1()))


@cache
def rs384(key_id: str, bits: int = 2048) -> Signer:
    """An RSA signer."""
    return Signer(key_id, "RS384", rsa.generate_private_key(public_exponent=65537, key_size=bits))


def claims(issuer: str = PLAIN, now: datetime = NOW, **changes: Any) -> dict[str, Any]:
    """A claim set that is in order; claims that are None are left out."""
    at = int(now.timestamp())
    made = {
        "iss": issuer,
        "aud": AUDIENCE,
        "iat": at,
        "exp": at + 300,
        "jti": str(uuid.uuid4()),
        **changes,
    }
    return {name: value for name, value in made.items() if value is not None}


def plain_signer() -> Signer:
    """The signer of the client whose keys stand in the trust file."""
    return es384("plain-1")


def epic_signer() -> Signer:
    """A signer in Epic's way: RSA, and a key id that is base64 with its odd characters."""
    return rs384("k+Id/a==")


def oracle_signer() -> Signer:
    """The one signer of an issuer that many organisations share."""
    return es384("oracle-1")


def clients() -> list[dict[str, Any]]:
    """The clients of the trust file under test."""
    oracle = {"issuer": ORACLE, "jwks_url": ORACLE_KEYS, "jwks_host": "keys.oracle.example"}
    return [
        {
            "name": "epic",
            "issuer": EPIC,
            "jwks_url": EPIC_KEYS,
            "algorithms": ["RS384"],
            "audience": [BASE],
            "subjects": [EPIC_SUBJECT],
            "fhir_bases": [EPIC],
        },
        {"name": "oracle-a", **oracle, "tenants": {"tenant-a": ["https://fhir.oracle.example/r4/tenant-a"]}},
        {
            "name": "oracle-b",
            **oracle,
            "tenants": {"tenant-b": ["https://fhir.oracle.example/r4/tenant-b"]},
            "lifetime_cap_seconds": 1800,
        },
        {
            "name": "clinic",
            "issuer": PLAIN,
            "jwks": [plain_signer().jwk, rs384("plain-rsa").jwk],
            "fhir_bases": [PLAIN_BASE],
        },
    ]


KEY_SETS = {EPIC_KEYS: [epic_signer], ORACLE_KEYS: [oracle_signer]}


def toml(tables: Mapping[str, Any]) -> str:
    """Tables as TOML; JSON is close enough for everything but objects in lists."""
    lines = []
    for name, value in tables.get("service", {}).items():
        lines.append(f"service.{name} = {json.dumps(value)}")
    lines += [
        f"{name} = {json.dumps(value)}" for name, value in tables.items() if name not in ("service", "client")
    ]
    if tables.get("client") == []:
        lines.append("client = []")
    for client in tables.get("client", []):
        lines += ["", "[[client]]", *(f"{_key(name)} = {_value(value)}" for name, value in client.items())]
    return "\n".join(lines) + "\n"


def _key(name: str) -> str:
    return name if name.replace("_", "").isalnum() else json.dumps(name)


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(name)} = {_value(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return json.dumps(value)


def write_trust(folder: Path, tables: Mapping[str, Any] | None = None, mode: int = 0o600) -> Path:
    """Write a trust file that only its owner can read."""
    path = folder / "trust.toml"
    path.write_text(toml(tables if tables is not None else {"client": clients()}), encoding="utf-8")
    path.chmod(mode)
    return path


def settings_for(path: Path, **changes: Any) -> Settings:
    """Safe settings of a service that believes the clients in a file."""
    return Settings(**{"public_base_url": BASE, "cors_origins": (), "trust_path": path, **changes})


@dataclass
class Trusting:
    """A service that asks who calls: its client, what it counted, what it logged, what it fetched."""

    client: FlaskClient
    services: Services
    trust: TokenAuthenticator
    stream: io.BytesIO
    counted: Counter[str] = field(default_factory=Counter)
    fetched: Counter[str] = field(default_factory=Counter)

    def post(self, authorization: str | None, body: Any, path: str = PATH) -> Any:
        """Call a service with an Authorization header, or none."""
        over = {} if authorization is None else {"HTTP_AUTHORIZATION": authorization}
        return self.client.post(path, json=body, environ_overrides=over)


def key_set(signers: list[Callable[[], Signer]]) -> bytes:
    """The body of a key set."""
    return json.dumps({"keys": [signer().jwk for signer in signers]}).encode()


def trusting(
    folder: Path,
    tables: Mapping[str, Any] | None = None,
    *,
    now: Callable[[], datetime] = lambda: NOW,
    monotonic: Callable[[], float] = lambda: 0.0,
    key_sets: Mapping[str, Any] | None = None,
    **settings: Any,
) -> Trusting:
    """Start a service that believes the clients of a trust file; `key_sets` are bodies, or make them."""
    chosen = settings_for(write_trust(folder, tables), **settings)
    counted: Counter[str] = Counter()
    fetched: Counter[str] = Counter()
    bodies = key_sets
    if bodies is None:
        bodies = {url: key_set(signers) for url, signers in KEY_SETS.items()}

    def fetcher(url: str, _ca_file: str) -> Callable[[], bytes]:
        def fetch() -> bytes:
            fetched[url] += 1
            body = bodies.get(url)
            if callable(body):
                body = body()
            if body is None:
                raise KeySetError
            return body

        return fetch

    def count(what: Any) -> None:
        counted[what.value] += 1

    trust = load_trust(chosen, now, count, monotonic=monotonic, fetcher=fetcher)
    stream = io.BytesIO()
    services = load_services(chosen, clock=now, trust=trust, logger=make_logger(stream))
    client = create_app(services=services).test_client()
    return Trusting(client, services, trust, stream, counted, fetched)
