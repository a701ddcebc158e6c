"""One service put together: its settings, its stores, and the application that serves them."""

import dataclasses
from typing import cast

import flask

from demo.service import disk, faults, logout, people, provider, sessions, settings, storage

KEY = "demo.house"


@dataclasses.dataclass(frozen=True, kw_only=True)
class House:
    settings: settings.Settings
    people: people.People
    storage: storage.DiskStorage
    sessions: sessions.Sessions
    logouts: logout.Logouts
    writes: disk.Journal
    faults: faults.Faults
    provider: provider.Provider


def build(app: flask.Flask, configured: settings.Settings) -> House:
    store = configured.store
    known = people.People()
    kept = sessions.Sessions(store / "sessions")
    house = House(
        settings=configured,
        people=known,
        storage=storage.DiskStorage(store / "users", known),
        sessions=kept,
        logouts=logout.Logouts(disk.Journal(store / "logouts.jsonl"), kept),
        writes=disk.Journal(store / "writes.jsonl"),
        faults=faults.Faults(before_ms=configured.delay_ms),
        provider=provider.Provider(app, configured),
    )
    app.extensions[KEY] = house
    return house


def here() -> House:
    return cast("House", flask.current_app.extensions[KEY])
