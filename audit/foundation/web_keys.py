"""Django signs with the key file `web`; running processes notice a rotation at their next request."""

import datetime as dt
from pathlib import Path
from typing import Any

from django.conf import settings

from audit.foundation import clock, key_files


def load(*, folder: Path, now: dt.datetime) -> list[str]:
    """Return the secrets for SECRET_KEY and, after it, SECRET_KEY_FALLBACKS; none without a usable file."""
    try:
        keys = key_files.all_keys(folder=folder, purpose="web", now=now)
    except OSError:
        return []
    return [key.material.hex() for key in keys]


def refresh(**_: Any) -> None:
    """Follow the key file: what a key signs is accepted before it is used, and after it was replaced.

    Without a usable file, the process goes on with the keys that it has; readiness names the problem.
    """
    loaded = load(folder=Path(settings.KEYS_FOLDER), now=clock.wall())
    if not loaded or [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS] == loaded:
        return
    # At each instant, another thread finds all keys: the successor is a fallback before it signs.
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY, *loaded]
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = loaded[0], loaded[1:]
