"""The application for a production WSGI server, `cds_service.wsgi:app`: from the environment, and warm.

Importing it loads everything, refuses an unsafe configuration, and moves what is loaded out of the garbage
collector's sight. A server that imports it before it forks shares all of that among its workers.
"""

from __future__ import annotations

from typing import Final

from flask import Flask

from cds_service.application import create_app
from cds_service.cli.common import refuse_configuration, services_for_command
from cds_service.trust.reasons import TrustError
from cds_service.warm_up import warm_up


def production_app() -> Flask:
    """Return the app of the environment's settings; exits with the sentence of a configuration error."""
    services = services_for_command(None, believing=True)
    try:
        made = create_app(services=services)
    except TrustError as error:
        refuse_configuration(error)
    if services.trust is not None:
        services.trust.prepare()
    warm_up(services)
    services.readiness.drain_on_signal()
    return made


app: Final = production_app()
