"""The service as a production server loads it, on the store that the environment names."""

import os

from cds_service.application import create_app
from cds_service.settings import settings_from_environment

app = create_app(settings_from_environment(os.environ))
