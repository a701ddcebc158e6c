"""This check says whether the static files are collected, and are those of this code."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage


@cache
def state() -> str:
    """Return `ok`, `missing` or `old`.

    Read once: a process keeps the list of files that it found at its start, and must start again after `collectstatic`.
    """
    listed: Mapping[str, str] | None = getattr(staticfiles_storage, "hashed_files", None)
    if listed is None:
        return "ok"  # tests serve the files as they lie
    states = {
        _state_of(str(Path(getattr(storage, "prefix", None) or "", name)), storage.path(name), listed)
        for finder in finders.get_finders()
        for name, storage in finder.list([])
    }
    return next((word for word in ("missing", "old") if word in states), "ok")


def _state_of(name: str, source: str, listed: Mapping[str, str]) -> str:
    try:
        collected = Path(staticfiles_storage.path(name)).read_bytes()
    except OSError:
        return "missing"
    if name not in listed:
        return "missing"
    return "ok" if collected == Path(source).read_bytes() else "old"
