"""The app factory: routes, errors, cross-origin headers and the log line, and nothing that decides."""

from __future__ import annotations

import gc
from time import perf_counter
from typing import Final

from flask import Flask, Response, g, request
from flask_cors import CORS

from cds_service.authentication import authenticate_each_request
from cds_service.callers import NOBODY
from cds_service.discovery import discovery_blueprint
from cds_service.errors import register_error_handlers
from cds_service.feedback import feedback_blueprint
from cds_service.health import health_blueprint
from cds_service.hooks import hooks_blueprint
from cds_service.log import RequestRecord, request_line
from cds_service.sandbox.routes import sandbox_blueprint
from cds_service.services import Services, load_services
from cds_service.settings import Settings
from cds_service.trace_context import HEADER, server_span
from cds_service.transparency import transparency_blueprint
from cds_service.trust.authenticator import Authenticator
from cds_service.trust.reasons import TrustError
from cds_service.trust.unsafe import NO_TRUST

_PREFLIGHT_SECONDS: Final = 600


def create_app(settings: Settings | None = None, *, services: Services | None = None) -> Flask:
    """Return the Flask app for `settings`, or for `services` that were loaded already.

    Raises SettingsError, SiteError, KnowledgeError, TrustError or StoreRefusedError when something configured
    cannot be used, or when nothing says who is believed: the service refuses to start rather than guess.
    """
    services = services if services is not None else load_services(settings or Settings())
    authenticator = _authenticator(services)
    app = Flask("cds_service", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = services.settings.body_limit_bytes
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False  # otherwise "//cds-services" is a redirect, which clients do not follow
    app.extensions["infliximab-cds"] = services
    _log_each_request(app, services)
    app.before_request(_answer_preflight)
    authenticate_each_request(app, authenticator)
    # Set up after the log, so that its headers are on every answer, errors included.
    any_origin = services.settings.cors_origins == ("*",)
    CORS(
        app,
        origins="*" if any_origin else list(services.settings.cors_origins),
        send_wildcard=any_origin,
        methods=["GET", "POST", "OPTIONS"],
        allow_headers=["Authorization", "Content-Type"],
        expose_headers=["Retry-After"],
        max_age=_PREFLIGHT_SECONDS,
    )
    register_error_handlers(app)
    app.register_blueprint(health_blueprint(services))
    app.register_blueprint(discovery_blueprint(services))
    app.register_blueprint(hooks_blueprint(services))
    app.register_blueprint(feedback_blueprint(services))
    app.register_blueprint(transparency_blueprint(services))
    if services.settings.sandbox:
        app.register_blueprint(sandbox_blueprint(services))
    return app


def _authenticator(services: Services) -> Authenticator:
    """Return who answers "who calls"; there is no default, so that no deployment is open by omission."""
    if services.trust is None:
        raise TrustError(NO_TRUST.sentence)
    return services.trust


def _answer_preflight() -> Response | None:
    """Answer a browser's question before its request, for every path: so even a 404 can be read there."""
    if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
        return Response(status=204)
    return None


def _log_each_request(app: Flask, services: Services) -> None:
    knowledge_version = services.knowledge.version
    logger = services.logger

    @app.before_request
    def start() -> None:
        g.record = RequestRecord(started=perf_counter(), trace=server_span(request.headers.get(HEADER)))
        g.caller = NOBODY

    @app.after_request
    def finish(response: Response) -> Response:
        # Answers hold values of patients: no cache on the way keeps them, and no browser guesses a type.
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Content-Type-Options"] = "nosniff"
        endpoint, status, now = request.endpoint or "none", response.status_code, perf_counter()
        request_line(
            logger,
            g.record,
            endpoint=endpoint,
            method=request.method if request.method in _METHODS else "other",
            status=status,
            now=now,
            knowledge_version=knowledge_version,
        )
        services.counters.count_request(g.record, endpoint=endpoint, status=status, now=now)
        return response


_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def freeze_after_warm_up() -> None:
    """Move everything loaded so far out of the garbage collector's sight; call once in each warm worker.

    Without it, full collections walk the knowledge and the modules and set the slowest answers.
    """
    gc.collect()
    gc.freeze()
