"""What must be so before the portal starts."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core import checks

from audit.foundation import key_files
from identity import signing_keys

_OWN_PROCESS = ("locmem.LocMemCache", "dummy.DummyCache", "filebased.FileBasedCache")


def stop_on_errors() -> None:
    """Run all system checks. Raises SystemExit with those that forbid a start."""
    serious = [one for one in checks.run_checks() if one.is_serious()]
    if serious:
        raise SystemExit("\n".join(f"{one.id}: {one.msg} {one.hint or ''}" for one in serious))


@checks.register()
def keys_are_made(app_configs: Any, **_: Any) -> list[checks.CheckMessage]:
    """Every purpose has its key file; the product never makes one by itself."""
    del app_configs
    absent = (
        key_files.missing(folder=Path(settings.KEYS_FOLDER)) + [signing_keys.PURPOSE] * signing_keys.missing()
    )
    if not absent:
        return []
    return [
        checks.Error(
            f"Key files are missing in {settings.KEYS_FOLDER}: {', '.join(absent)}.",
            hint="Run `manage.py keys make` for a new installation. If the files were lost, restore their backup:"
            " new keys open nothing that older keys closed.",
            id="keyholder.E012",
        )
    ]


@checks.register()
def cache_is_shared(app_configs: Any, **_: Any) -> list[checks.CheckMessage]:
    """Rate limits and used codes are kept in the cache: one for each process would double every limit."""
    del app_configs
    backend = str(settings.CACHES["default"]["BACKEND"])
    if not backend.endswith(_OWN_PROCESS):
        return []
    return [
        checks.Error(
            f"The cache {backend} is not shared by all processes.",
            hint="Leave KEYHOLDER_REDIS_URL empty for the database's cache, or give a Redis server.",
            id="keyholder.E010",
        )
    ]
