"""A bench has an installation of its own: a durable database in a temporary folder, migrated, and Django set up."""

import contextlib
import json
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from typing import Any

import psycopg

from portal import embedded_postgres
from tests.fixtures import bypass

ROOT = pathlib.Path(__file__).resolve().parents[1]
SETTINGS = ("fsync", "synchronous_commit", "full_page_writes", "shared_buffers", "server_version")


@contextlib.contextmanager
def installation() -> Iterator[embedded_postgres.Server]:
    """Start, migrate, `django.setup()`; one per process. PostgreSQL's settings are the stock ones."""
    home = pathlib.Path(tempfile.mkdtemp(prefix="keyholder-bench-"))
    server = embedded_postgres.start(home / "pg")
    os.environ |= {
        "KEYHOLDER_ENV": "test",
        "KEYHOLDER_HOME": str(home),
        "KEYHOLDER_KEYS": str(home / "keys"),
        "KEYHOLDER_CLOCK_OFFSET_FILE": str(home / "clock"),
        "DATABASE_URL": server.url_of(embedded_postgres.APP),
        "DJANGO_SETTINGS_MODULE": "portal.settings",
    }
    try:
        manage(server, "migrate", "--database=owner", "--verbosity=0", "--noinput", "--skip-checks")
        manage(server, "keys", "make")
        bypass.install(server.url_of(embedded_postgres.OWNER), application=embedded_postgres.APP)
        manage(server, "collectstatic", "--noinput", "--verbosity=0", "--skip-checks")
        import django

        django.setup()
        yield server
    finally:
        from django.db import connections

        connections.close_all()
        server.stop()
        embedded_postgres.reset(home / "pg")
        shutil.rmtree(home, ignore_errors=True)


def manage(server: embedded_postgres.Server, *words: str) -> None:
    """Run a command of manage.py as the owner."""
    environment = {**os.environ, "OWNER_DATABASE_URL": server.url_of(embedded_postgres.OWNER)}
    subprocess.run([sys.executable, "manage.py", *words], cwd=ROOT, env=environment, check=True)


def settings_of(url: str) -> dict[str, str]:
    """The settings of a PostgreSQL server that decide about speed, to be printed beside a figure."""
    with psycopg.connect(url, autocommit=True) as connection:
        rows = connection.execute(
            "SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [list(SETTINGS)]
        ).fetchall()
    return {str(name): str(value) for name, value in rows}


def emit(figure: str, **values: Any) -> None:
    """Print one JSON line."""
    load = round(os.getloadavg()[0], 1)
    print(json.dumps({"figure": figure, **values, "load": load}, ensure_ascii=False), flush=True)


def quantiles(milliseconds: Sequence[float]) -> dict[str, float]:
    """p50 and p99 in milliseconds, and how many were measured."""
    cuts = statistics.quantiles(milliseconds, n=100)
    return {"p50_ms": round(cuts[49], 2), "p99_ms": round(cuts[98], 2), "n": len(milliseconds)}


def resident_kib(pid: int) -> int:
    """Return a process' resident memory in KiB, with shared pages in proportion where the kernel reports it (PSS)."""
    for name, field in (("smaps_rollup", "Pss:"), ("status", "VmRSS:")):
        with contextlib.suppress(OSError), pathlib.Path(f"/proc/{pid}/{name}").open(encoding="ascii") as file:
            for line in file:
                if line.startswith(field):
                    return int(line.split()[1])
    return 0


def own_peak_kib() -> int:
    """The highest resident memory this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
