"""The days of passkeys are those of the reader's organization."""

import datetime as dt

import pytest
from allauth.mfa.models import Authenticator
from django.urls import reverse

from tests.fixtures import signed_in
from tests.fixtures.pages import visible_text
from tests.fixtures.world import World, bypassing_commands

pytestmark = pytest.mark.django_db(transaction=True)


def test_passkey_added_after_midnight_in_helsinki_shows_the_new_day(world: World) -> None:
    """22:30 in UTC is 00:30 of the next day there."""
    data = {"credential": {"clientExtensionResults": {"credProps": {"rk": True}}}, "name": "Key"}
    added = dt.datetime(2026, 11, 24, 22, 30, tzinfo=dt.UTC)
    with bypassing_commands():
        key = Authenticator.objects.create(user=world.aino.user, type=Authenticator.Type.WEBAUTHN, data=data)
        Authenticator.objects.filter(id=key.id).update(created_at=added)
    page = signed_in.browser(world.aino).get(reverse("mfa_list_webauthn"))
    assert "Added 25 Nov 2026" in visible_text(page)
