"""The address of a job queue on the tests' server."""

import secrets
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql
from pytest_django.fixtures import Settings

from portal.embedded_postgres import APP, SUPERUSER
from tests.fixtures import cluster


@pytest.fixture
def queue(database_urls: cluster.Urls, settings: Settings) -> Iterator[str]:
    """Give the address of a job queue that does not exist yet, on the tests' server."""
    name = f"queue_{secrets.token_hex(4)}"
    host = database_urls[APP].rpartition("@")[2].partition("/")[0]
    settings.CELERY_BROKER_URL = f"pgmq://{name}:a-password@{host}/{name}"
    yield settings.CELERY_BROKER_URL
    with psycopg.connect(database_urls[SUPERUSER], autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        admin.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(name)))
