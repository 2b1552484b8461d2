"""The service as a production server loads it, on the store that the environment names."""

import os

from cds_service.application import create_app
from cds_service.services import load_services
from cds_service.settings import settings_from_environment
from cds_service.trust.authenticator import UNAUTHENTICATED

app = create_app(services=load_services(settings_from_environment(os.environ), trust=UNAUTHENTICATED))
