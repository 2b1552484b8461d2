"""Addresses by which services were made to ask servers that they must not ask; {host}/fhir is allowed."""

from __future__ import annotations

_EVIL = "evil.example"

HOSTILE: tuple[str, ...] = (
    # -- another host, plainly
    f"https://{_EVIL}/fhir",
    f"http://{_EVIL}/fhir",
    f"HTTPS://{_EVIL.upper()}/fhir",
    "https://{host}.evil.example/fhir",
    "https://{host}evil.example/fhir",
    "https://evil-{host}/fhir",
    f"//{_EVIL}/fhir",
    f"///{_EVIL}/fhir",
    f"https:/{_EVIL}/fhir",
    f"https:{_EVIL}/fhir",
    f"https:///{_EVIL}/fhir",
    # -- read differently by different programs
    f"https://{_EVIL}\\@{{host}}/fhir",
    f"https://{{host}}\\@{_EVIL}/fhir",
    f"https://{{host}}@{_EVIL}/fhir",
    f"https://user:secret@{{host}}@{_EVIL}/fhir",
    f"https://{{host}}%40{_EVIL}/fhir",
    f"https://{{host}}:443@{_EVIL}/fhir",
    f"https://{{host}}#@{_EVIL}/fhir",
    f"https://{{host}}?@{_EVIL}/fhir",
    f"https://{_EVIL}#{{host}}/fhir",
    f"https://{_EVIL}?{{host}}/fhir",
    f"https://{{host}}/\\{_EVIL}/fhir",
    f"https:\\\\{_EVIL}\\fhir",
    f"https://{_EVIL}\t.{{host}}/fhir",
    f"https://{_EVIL}\n.{{host}}/fhir",
    f"https://{_EVIL}\r\nHost: {{host}}/fhir",
    f"https://{_EVIL}\x00.{{host}}/fhir",
    f" https://{_EVIL}/fhir",
    f"https://{_EVIL} .{{host}}/fhir",
    f"https://{{host}}.:443@{_EVIL}/",
    f"https://{{host}} {_EVIL}/fhir",
    f"https://[{_EVIL}]/fhir",
    f"https://{{host}}[{_EVIL}]/fhir",
    f"https://{_EVIL};{{host}}/fhir",
    f"https://{_EVIL},{{host}}/fhir",
    f"https://{_EVIL}\\@{{host}}",
    f"https://{_EVIL}/{{host}}/fhir",
    f"https://{_EVIL};@{{host}}/fhir",
    f"https://{_EVIL}?@{{host}}/fhir",
    f"https://{_EVIL}#@{{host}}/fhir",
    f"https://{_EVIL}%00.{{host}}/fhir",
    f"https://{_EVIL}%2f{{host}}/fhir",
    f"https://{_EVIL}%23@{{host}}/fhir",
    f"https://{{host}}%2e{_EVIL}/fhir",
    f"https://user:{{host}}@{_EVIL}/fhir",
    "https://.{host}/fhir",
    "https://{host}./fhir",
    "https://{host}: /fhir",
    "https://{host}\u3002evil.example/fhir",
    # -- other schemes
    "ftp://{host}/fhir",
    "file://{host}/fhir",
    "gopher://{host}/fhir",
    "file:///etc/passwd",
    f"ftp://{_EVIL}/fhir",
    f"gopher://{_EVIL}:70/_GET",
    "data:application/json,{}",
    f"jar:https://{_EVIL}!/fhir",
    "javascript:alert(1)//{host}",
    f"urn:uuid:{_EVIL}",
    f"https+unix://{_EVIL}/fhir",
    # -- this machine, its network and its cloud, by every spelling
    "http://127.0.0.1:1/fhir",
    "http://127.1:1/fhir",
    "http://2130706433:1/fhir",
    "http://0x7f000001:1/fhir",
    "http://0x7f.0.0.1:1/fhir",
    "http://0177.0.0.1:1/fhir",
    "http://127.0.0.1.:1/fhir",
    "http://0:1/fhir",
    "http://0.0.0.0:1/fhir",
    "http://localhost:1/fhir",
    "http://localhost.:1/fhir",
    "http://[::1]:1/fhir",
    "http://[::ffff:127.0.0.1]:1/fhir",
    "http://[0:0:0:0:0:0:0:1]:1/fhir",
    "http://[fe80::1%25lo]:1/fhir",
    "http://169.254.169.254/latest/meta-data",
    "http://[fd00:ec2::254]/latest/meta-data",
    "http://metadata.google.internal/computeMetadata/v1",
    "http://100.64.0.1/fhir",
    "http://10.0.0.1/fhir",
    "https://127.0.0.1/",
    "https://127.1/",
    "https://0x7f.1/",
    "https://0/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://localhost/",
    "http://192.168.0.1/fhir",
    "http://①②⑦.⓪.⓪.①:1/fhir",
    "http://127。0。0。1:1/fhir",
    f"https://{{host}}\u2024{_EVIL}/fhir",
    "https://\u0435vil.example/fhir",
    f"https://{{host}}\uff0f{_EVIL}/fhir",
    f"https://{{host}}\u202e{_EVIL}/fhir",
    # -- other ports, and paths beside the base
    "https://{host}:1/fhir",
    "https://{host}:65536/fhir",
    "https://{host}:-1/fhir",
    "https://{host}:0/fhir",
    "https://{host}:443x/fhir",
    "https://{host}:\uff14\uff14\uff13/fhir",
    "https://{host}/fhirevil",
    "https://{host}/other",
    "https://{host}:99999/fhir",
    "https://{host}/fhir@evil.example",
    "https://{host}/fhir.evil.example",
    "https://{host}/fhir/..;/admin",
    "https://{host}/fhir%2f..",
    "https://{host}/fhir//",
    "https://{host}/fhir\t",
    "https://{host}/fhir\r\nHost: evil.example",
    "https://{host}/fhir/../admin",
    "https://{host}/fhir/%2e%2e/admin",
    "https://{host}/fhir/%2E%2E%2Fadmin",
    "https://{host}/fhir/..%5cadmin",
    "https://{host}/fhir//admin",
    "https://{host}/fhir/%252e%252e/admin",
    "https://{host}/fhir#/../admin",
    "../admin",
    "/admin",
    "/fhir/../admin",
    "Observation/../../admin",
)


RESPELT: tuple[str, ...] = (
    "HTTPS://{host}/fhir",
    "https://{HOST}/fhir",
    "https://{host}:443/fhir",
    "https://{host}/fhir ",
    " https://{host}/fhir",
    "https://{host}/fhir\n",
    "https://{host}/fhir?next=https://evil.example",
    "https://{host}/fhir#x",
    "http://{host}/fhir",
    "//{host}/fhir",
    "/fhir",
    "../fhir",
)
"""The allowed one itself in other words, for what is compared as text."""


def hostile_to(host: str, *, path: str = "/fhir", scheme: str = "https") -> list[str]:
    """The corpus against one allowed host (with its port, where it has one)."""
    written = _written(HOSTILE, host, path)
    if scheme == "http":  # an allowed server on this machine: the same tricks against its own scheme too
        written += [text.replace("https://", "http://") for text in written if text.startswith("https://")]
    return list(dict.fromkeys(written))


def not_exactly(address: str) -> list[str]:
    """The corpus against one https address that has to come letter by letter."""
    host, _, path = address.removeprefix("https://").partition("/")
    return list(dict.fromkeys(_written((*HOSTILE, *RESPELT), host, f"/{path}")))


def _written(templates: tuple[str, ...], host: str, path: str) -> list[str]:
    return [
        one.replace("{host}", host).replace("{HOST}", host.upper()).replace("/fhir", path)
        for one in templates
    ]
