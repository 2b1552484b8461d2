"""The sandbox's service as a WSGI application, for servers that tests start in a process of their own."""

from cds_service.application import create_app, freeze_after_warm_up
from cds_service.settings import Settings

app = create_app(Settings(sandbox=True))
freeze_after_warm_up()
