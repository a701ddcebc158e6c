"""The demo's jobs have a broker in its own PostgreSQL."""

from portal import embedded_postgres
from portal.embedded_postgres import job_queue

NAME = "keyholder_jobs"


def url(server: embedded_postgres.Server, password: str) -> str:
    """Return the broker's address for Celery."""
    return f"pgmq://{NAME}:{password}@{embedded_postgres.HOST}:{server.port}/{NAME}"


def prepare(server: embedded_postgres.Server, password: str) -> None:
    """Create the queue unless it exists."""
    superuser = server.url_of(embedded_postgres.SUPERUSER, "postgres")
    job_queue.set_up(superuser_url=superuser, queue_url=url(server, password))
