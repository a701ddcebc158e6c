"""A last day at 17:00 in Helsinki, in real browsers, while no worker runs."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from django.conf import LazySettings
from playwright import sync_api
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from audit.foundation import clock
from audit.models import Event
from provisioning import due_removals
from tests.fixtures import browsing, connected_services
from tests.fixtures.pages import person_path
from tests.fixtures.world import World, move_clock_to

pytestmark = pytest.mark.django_db(transaction=True)
HELSINKI = ZoneInfo("Europe/Helsinki")


def test_leaver_has_access_until_17_and_none_after_although_every_worker_is_stopped(
    world: World, settings: LazySettings, live_server: LiveServer, page: sync_api.Page
) -> None:
    day = clock.now().astimezone(HELSINKI).date() + dt.timedelta(days=1)
    end, base = dt.datetime.combine(day, dt.time(17), HELSINKI), live_server.url
    move_clock_to(end - dt.timedelta(minutes=20))
    with connected_services.connected(world, settings) as services:
        assert page.context.browser
        other = page.context.browser.new_context(locale="en-US").new_page()
        leaver = browsing.sign_in(other, base, world.olli)
        browsing.sign_in(page, base, world.aino)
        page.goto(f"{base}{person_path(world.olli)}")
        page.get_by_role("link", name="Remove…").click()  # 1
        page.get_by_role("link", name="Plan the last day…").click()  # 2
        browsing.check_width(page, "last-day")
        page.get_by_role("button", name="Plan the last day").click()  # 3: today at 17:00
        expect(page.get_by_text("Access ends on").first).to_contain_text("17:00")
        leaver.goto(f"{base}/o/koskela/me")
        expect(leaver.get_by_text("Your access here ends on")).to_contain_text("17:00")
        move_clock_to(end)
        leaver.reload()
        expect(leaver.get_by_text("Your access to Rakennusliike Koskela Oy ended on")).to_be_visible()
        assert not Event.objects.filter(verb="member.remove").exists()
        page.reload()
        expect(page.get_by_text("as planned", exact=False).first).to_be_visible()

        move_clock_to(end + dt.timedelta(minutes=4))  # the workers start again
        assert due_removals.carry_out() == 1
        services.deliver()
        page.goto(f"{base}{person_path(world.olli)}")
        page.get_by_role("link", name="View receipt").click()
        expect(page.locator(".kh-lead")).to_contain_text("ended at 17:00:00")
        expect(page.get_by_text("Aino Virtanen, planned")).to_be_visible()
        other.context.close()
