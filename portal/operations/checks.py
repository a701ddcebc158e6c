"""These system checks forbid a start."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core import checks

from identity import key_registry

_OWN_PROCESS = ("locmem.LocMemCache", "dummy.DummyCache", "filebased.FileBasedCache")


def stop_on_errors() -> None:
    """Run all system checks and compare the keys with the database. Raises SystemExit with what forbids a start.

    An unreachable database forbids none: readiness reports it, and the process serves once it answers.
    """
    serious = [message for message in checks.run_checks() if message.is_serious()]
    problems = [f"{message.id}: {message.msg} {message.hint or ''}" for message in serious]
    if problems := problems or key_registry.problems_at_start():
        raise SystemExit("\n".join(problems))


@checks.register()
def keys_are_usable(
    app_configs: Any, databases: Sequence[str] | None = None, **_: Any
) -> list[checks.CheckMessage]:
    """Check that every purpose has a key file that no other user can read; only `manage.py keys` makes one.

    Migrations, which run as the owner, need no keys.
    """
    del app_configs
    if databases == [key_registry.OWNER]:
        return []
    return [
        checks.Error(
            problem,
            hint="New keys cannot decrypt what older keys encrypted: never make keys to repair an installation.",
            id="keyholder.E012",
        )
        for problem in key_registry.file_problems()
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
            hint="Use the cache of portal.settings, which is a table of the database.",
            id="keyholder.E010",
        )
    ]


@checks.register()
def staff_sign_in_is_complete(app_configs: Any, **_: Any) -> list[checks.CheckMessage]:
    """Check that an issuer for staff comes with what a sign-in needs: without it, no staff page exists."""
    del app_configs
    needed = {
        "client_id": "KEYHOLDER_STAFF_CLIENT_ID",
        "client_secret": "KEYHOLDER_STAFF_CLIENT_SECRET",
        "groups": "KEYHOLDER_STAFF_GROUPS",
    }
    missing = [name for key, name in needed.items() if not settings.STAFF_SIGN_IN[key]]
    if not settings.STAFF_SIGN_IN["issuer"] or not missing:
        return []
    return [
        checks.Error(
            f"KEYHOLDER_STAFF_ISSUER is set without {', '.join(missing)}.",
            hint="Set all of them, or none for an installation without staff sign-in.",
            id="keyholder.E013",
        )
    ]
