"""The story in a real browser: invite, change, remove, receipt; at the desk and on a phone."""

import re

import pytest
from playwright import sync_api
from pytest_django.live_server_helper import LiveServer

from audit.actor import system
from identity.models import Application
from provisioning import targets
from provisioning.models import Account
from tests.portal import browsing
from tests.world import World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db: None) -> World:
    made = World()
    for key, name in (("ordering", "shop"), ("crm", "crm")):
        application = Application.objects.get(key=key)
        targets.register(
            actor=system(), application=application, base_url=f"http://127.0.0.1:9/{name}", token="t"
        )
    return made


def test_pictures(world: World, live_server: LiveServer, page: sync_api.Page) -> None:
    Account.objects.filter(user=world.olli.user).update(state="in_place", told_active=True)
    Account.objects.filter(user=world.mikko.user, target__application__key="crm").update(
        state="failed", last_error="unreachable", attempts=3
    )
    base = live_server.url
    world.invite(world.koskela, "satu.niemi-lehtonen@koskela.example", world.access("viewer"))
    browsing.signed_in(page, base, world.aino)
    m = world.mikko.id
    for name, path in {
        "start": "",
        "people": "people",
        "invite": "people/invite",
        "person": f"people/{m}",
        "access": f"people/{m}/access",
        "remove": f"people/{m}/remove",
        "removeall": f"people/remove?m={m}&m={world.olli.id}",
        "activity": "activity",
        "me": "me",
    }.items():
        page.goto(f"{base}/o/koskela/{path}")
        browsing.looked_at(page, name)
    page.goto(f"{base}/o/koskela/people/{m}/remove")
    page.get_by_role("button", name="Remove Mikko Laine").click()
    page.wait_for_url(re.compile("/acts/"))
    browsing.looked_at(page, "removal")
