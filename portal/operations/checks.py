"""System checks that forbid a start."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core import checks

from audit.foundation import key_files
from identity import signing_keys

_OWN_PROCESS = ("locmem.LocMemCache", "dummy.DummyCache", "filebased.FileBasedCache")


def stop_on_errors() -> None:
    """Run all system checks. Raises SystemExit with those that forbid a start."""
    serious = [message for message in checks.run_checks() if message.is_serious()]
    if serious:
        raise SystemExit(
            "\n".join(f"{message.id}: {message.msg} {message.hint or ''}" for message in serious)
        )


@checks.register()
def keys_are_made(app_configs: Any, **_: Any) -> list[checks.CheckMessage]:
    """Check that every purpose has its key file; only `manage.py keys make` creates one."""
    del app_configs
    missing = (
        key_files.missing(folder=Path(settings.KEYS_FOLDER)) + [signing_keys.PURPOSE] * signing_keys.missing()
    )
    if not missing:
        return []
    return [
        checks.Error(
            f"Key files are missing in {settings.KEYS_FOLDER}: {', '.join(missing)}.",
            hint="Run `manage.py keys make` for a new installation. If the files were lost, restore their backup:"
            " new keys cannot decrypt what older keys encrypted.",
            id="keyholder.E012",
        )
    ]


@checks.register()
def cache_is_shared(app_configs: Any, **_: Any) -> list[checks.CheckMessage]:
    """Check that all processes share the cache: one cache per process would multiply every rate limit."""
    del app_configs
    backend = str(settings.CACHES["default"]["BACKEND"])
    if not backend.endswith(_OWN_PROCESS):
        return []
    return [
        checks.Error(
            f"The cache {backend} is not shared by all processes.",
            hint="Leave KEYHOLDER_REDIS_URL empty for the database's cache, or set it to a Redis server.",
            id="keyholder.E010",
        )
    ]
