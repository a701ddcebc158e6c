"""An intruder who is the owner of the database."""

import psycopg
import pytest


@pytest.fixture
def intruder(owner: psycopg.Connection) -> psycopg.Connection:
    """Give the owner's connection to an intruder: no trigger runs."""
    owner.execute("SET session_replication_role = replica")
    return owner
