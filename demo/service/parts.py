"""A running service has these parts: settings, stores and provider."""

import dataclasses
from typing import cast

import flask

from demo.service import faults, logout, people, provider, sessions, settings, storage, store

KEY = "demo.parts"
SESSION = "id"
"""The field of the signed cookie that names the session."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Parts:
    settings: settings.Settings
    people: people.People
    storage: storage.DiskStorage
    sessions: sessions.Sessions
    logouts: logout.Logouts
    writes: store.Journal
    faults: faults.Faults
    provider: provider.Provider


def build(app: flask.Flask, configured: settings.Settings) -> Parts:
    folder = configured.store
    known = people.People()
    stored_sessions = sessions.Sessions(folder / "sessions")
    parts = Parts(
        settings=configured,
        people=known,
        storage=storage.DiskStorage(folder / "users", known),
        sessions=stored_sessions,
        logouts=logout.Logouts(store.Journal(folder / "logouts.jsonl"), stored_sessions),
        writes=store.Journal(folder / "writes.jsonl"),
        faults=faults.Faults(before_ms=configured.delay_ms),
        provider=provider.Provider(app, configured),
    )
    app.extensions[KEY] = parts
    return parts


def current() -> Parts:
    return cast("Parts", flask.current_app.extensions[KEY])


def session() -> sessions.Session | None:
    """Return the session of the requesting browser, also an ended one."""
    return current().sessions.find(flask.session.get(SESSION, ""))
