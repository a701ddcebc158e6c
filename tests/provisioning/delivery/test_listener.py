"""Notifications of the database, and wake-ups of other threads, end a wait; each is received once."""

import threading
import time
import uuid

import pytest
from django.db import connection

from provisioning.delivery import listener
from provisioning.delivery.listener import Notifications

pytestmark = pytest.mark.django_db(transaction=True)

CHAIN, OTHER = uuid.UUID(int=1), uuid.UUID(int=2)


def notify(*pairs: tuple[str, str]) -> None:
    """Send these notifications in one transaction."""
    with connection.cursor() as cursor:
        calls = ", ".join("pg_notify(%s, %s)" for _ in pairs)
        cursor.execute(f"SELECT {calls}", [value for pair in pairs for value in pair])


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ([("keyholder_chain", str(CHAIN))], Notifications((CHAIN,), mails=False)),
        ([("keyholder_mail", "")], Notifications((), mails=True)),
        (
            [("keyholder_chain", str(CHAIN)), ("keyholder_mail", ""), ("keyholder_chain", str(OTHER))],
            Notifications((CHAIN, OTHER), mails=True),
        ),
    ],
    ids=["chain", "mails", "both"],
)
def test_notifications_of_one_transaction_are_received_together_and_once(
    sent: list[tuple[str, str]], expected: Notifications
) -> None:
    with listener.listening() as listening:
        notify(*sent)
        assert listening.wait(seconds=5) == expected
        assert listening.wait(seconds=0) == Notifications()


def test_malformed_notifications_are_ignored_and_the_others_received() -> None:
    with listener.listening() as listening:
        notify(("keyholder_chain", "x"), ("keyholder_chain", ""), ("keyholder_chain", str(CHAIN)))
        assert listening.wait(seconds=5) == Notifications((CHAIN,), mails=False)


def test_flood_of_notifications_names_a_limited_number_of_chains() -> None:
    with listener.listening() as listening:
        notify(
            *(("keyholder_chain", str(uuid.UUID(int=number))) for number in range(listener.MOST_CHAINS + 1))
        )
        assert len(listening.wait(seconds=5).chains) == listener.MOST_CHAINS


def test_wake_up_of_another_thread_ends_one_wait_without_notifications() -> None:
    with listener.listening() as listening:
        listening.wake_up()
        listening.wake_up()
        began = time.monotonic()
        assert listening.wait(seconds=5) == Notifications()
        assert time.monotonic() - began < 4
        began = time.monotonic()
        assert listening.wait(seconds=0.1) == Notifications()
        assert time.monotonic() - began >= 0.1
        threading.Timer(0.05, listening.wake_up).start()
        began = time.monotonic()
        assert listening.wait(seconds=5) == Notifications()
        assert time.monotonic() - began < 4
