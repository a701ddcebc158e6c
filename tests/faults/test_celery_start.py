"""Celery's own processes refuse to start without the broker of the portal's settings."""

import os
import pathlib
import subprocess
import sys

import pytest

from tests.fixtures import cluster

ROOT = pathlib.Path(__file__).parents[2]
QUEUE = "pgmq://jobs:a-password@127.0.0.1:1/jobs"


def celery_process(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "celery", "-A", "portal.celery", *words],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "portal.settings", **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("words", [("worker",), ("beat",)])
def test_celery_without_a_broker_does_not_start(database_urls: cluster.Urls, words: tuple[str, ...]) -> None:
    """Celery's own default is a RabbitMQ on this machine."""
    done = celery_process(*words)
    assert done.returncode == 1
    assert done.stderr.strip().endswith("KEYHOLDER_BROKER_URL is not set: Celery has no broker.")


def test_celery_with_a_broker_of_its_own_variable_does_not_start(database_urls: cluster.Urls) -> None:
    done = celery_process("worker", KEYHOLDER_BROKER_URL=QUEUE, CELERY_BROKER_URL="amqp://localhost//")
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1].startswith("CELERY_BROKER_URL is set")
