"""The WSGI entry that the benchmark servers load: warm, and with the collector's start state frozen."""

from __future__ import annotations

from benchmarks.bodies import body
from benchmarks.server import application
from benchmarks.serving import SERVICE_PATH
from cds_service.application import freeze_after_warm_up

app = application()
with app.test_client() as client:
    for _ in range(20):
        client.post(SERVICE_PATH, data=body(50), content_type="application/json")
freeze_after_warm_up()
_services = app.extensions["infliximab-cds"]
_services.readiness.warmed()
_services.readiness.drain_on_signal()
