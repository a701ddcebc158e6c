"""Instants in mails name their time zone: a mail is read anywhere."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from portal.wording import time_zones
from provisioning.mail.models import Mail
from tests.fixtures import queued_mails, signed_in
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.pages import KOSKELA
from tests.fixtures.world import World

AT = dt.datetime(2026, 11, 30, 22, 3, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("language", "zone", "expected"),
    [
        ("en", "Europe/Helsinki", "1 Dec 2026, 00:03 (Helsinki time)"),
        ("en", "America/Argentina/Buenos_Aires", "30 Nov 2026, 19:03 (Buenos Aires time)"),
        ("fi", "Europe/Helsinki", "1.12.2026 0.03 (aikavyöhyke Helsinki)"),
    ],
)
def test_instant_is_shown_with_its_zone(language: str, zone: str, expected: str) -> None:
    with translation.override(language):
        assert time_zones.date_time_with_zone(AT, ZoneInfo(zone)) == expected


def test_instant_without_a_known_reader_is_in_utc() -> None:
    assert time_zones.date_time(AT, None) == "30 Nov 2026, 22:03 UTC"


@pytest.mark.django_db(transaction=True)
def test_mail_with_a_link_says_when_the_link_expires(world: World) -> None:
    form = {"email": "new@koskela.example", "tier": "viewer", "where": "all", "idempotency_key": "m1"}
    signed_in.browser(world.aino).post(f"{KOSKELA}/people/invite", form)
    assert "(Helsinki time), only for new@koskela.example." in queued_mails.text_of(Mail.objects.get())
    BrowserClient().post("/account/password/reset/", {"email": world.vilma.user.email})
    assert "The link works once, within 2 hours." in queued_mails.text_of(
        Mail.objects.get(purpose="password_reset")
    )
