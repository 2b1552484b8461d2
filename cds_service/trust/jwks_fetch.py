"""Fetches a key set over https, by the client that asks FHIR servers: as strictly, and within one deadline.

No redirects, no proxies or netrc of the environment, no compression, a cap on the size, and one deadline for
everything from the look-up of the name to the last byte: a server that drips is hung up on like a silent one.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Final

from cds_service.trust.key_sets import KeySetError
from fhir_mappings.acquisition.addresses import AddressRefusedError, read_address, read_base
from fhir_mappings.acquisition.allowance import Allowance
from fhir_mappings.acquisition.client import Accepted, Call, HttpClient
from fhir_mappings.acquisition.deadline import Deadline
from fhir_mappings.acquisition.outcomes import Refusal

DEADLINE_SECONDS: Final = 2.0
LARGEST_BODY_BYTES: Final = 256 * 1024

_KEY_SETS: Final = Accepted("application/jwk-set+json, application/json")  # of whatever type: servers differ


def key_set_fetcher(
    url: str, *, ca_file: str = "", deadline_seconds: float = DEADLINE_SECONDS
) -> Callable[[], bytes]:
    """Return what fetches the key set at `url`, an https address of the configuration.

    `ca_file` is the authority that signed the server's certificate, "" for the ones that are packaged. The
    returned call raises KeySetError for whatever goes wrong, at the latest after `deadline_seconds`.
    """

    def fetch() -> bytes:
        try:
            address, base = read_address(url), read_base(url)
            if base.origin.scheme != "https":
                raise KeySetError
            client = HttpClient(base, connections=1, ca_file=ca_file, accepted=_KEY_SETS)
        except (AddressRefusedError, OSError):  # the file of the authority may be gone by now
            raise KeySetError from None
        with closing(client):
            answer = client.get(
                address,
                None,
                Call(Deadline.after(deadline_seconds)),
                most_bytes=LARGEST_BODY_BYTES,
                allowance=Allowance(LARGEST_BODY_BYTES),
            )
        if isinstance(answer, Refusal):
            raise KeySetError
        return answer.content

    return fetch
