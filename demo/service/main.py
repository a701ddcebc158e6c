"""Put a service together and serve it."""

from typing import Any

import flask
from werkzeug.middleware import dispatcher

from demo.service import control, faults, parts, routes, schema, scim, server, settings, web

HOSTS = ["localhost", "127.0.0.1"]


def run(package: str, pages: flask.Blueprint, *, key: str, name: str) -> None:
    configured = settings.from_environment(key=key, name=name)
    server.serve(
        application(package, pages, configured), port=configured.port, name=name, address=configured.url
    )


def application(package: str, pages: flask.Blueprint, configured: settings.Settings) -> Any:
    app = web.application(package, hosts=HOSTS)
    app.config.update(
        SECRET_KEY=configured.cookie_secret,
        SESSION_COOKIE_NAME=configured.cookie,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=configured.secure,
    )
    built = parts.build(app, configured)
    app.context_processor(lambda: {"service": configured, "paused": built.faults.paused})
    for blueprint in (routes.blueprint, control.blueprint, pages):
        app.register_blueprint(blueprint)
    channel = scim.Application(
        built.storage, schema.provider(), token=configured.scim_token, journal=built.writes
    )
    return faults.FaultInjection(dispatcher.DispatcherMiddleware(app, {"/scim": channel}), built.faults)
