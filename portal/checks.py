"""What must be so before the portal starts."""

import os
from typing import Any

from django.conf import settings
from django.core import checks

_OWN_PROCESS = ("locmem.LocMemCache", "dummy.DummyCache", "filebased.FileBasedCache")


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


@checks.register()
def proxies_are_counted(app_configs: Any, **_: Any) -> list[checks.CheckMessage]:
    """In production it must be said how many proxies of ours stand in front: else limits count the proxy."""
    del app_configs
    if settings.KEYHOLDER_ENV != "production" or "KEYHOLDER_PROXIES" in os.environ:
        return []
    return [
        checks.Error(
            "KEYHOLDER_PROXIES is not set: how many proxies of yours stand between clients and the portal?",
            hint="0 when clients reach it directly; each proxy must append to X-Forwarded-For.",
            id="keyholder.E011",
        )
    ]
