"""The service at the hour of one story, as a WSGI application that may ask the servers of `FHIR_BASES`."""

import os
from dataclasses import replace

from cds_service.application import create_app, freeze_after_warm_up
from cds_service.log import make_logger
from cds_service.settings import Settings
from cds_service.trust.authenticator import Unauthenticated
from tests.faults.scenario import services_with, story_request

bases = tuple(os.environ["FHIR_BASES"].split())
_, as_of = story_request()
app = create_app(
    services=replace(
        services_with(as_of),
        settings=Settings(sandbox=True, sandbox_fhir_bases=bases),
        trust=Unauthenticated(bases),
        logger=make_logger(),
    )
)
freeze_after_warm_up()
