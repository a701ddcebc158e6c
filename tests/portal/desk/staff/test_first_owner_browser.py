"""On an empty installation a break-glass sign-in makes the first owner, who gives support to Sanna."""

import pytest
from django.conf import settings
from playwright import sync_api
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from delegation.authorization.models.staff import StaffRight
from tests.fixtures import browsing, staff_desk, staff_rights, staff_users
from tests.fixtures.staff_desk import Desk
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)


def open_desk(page: sync_api.Page, base: str, secret: str) -> None:
    """Open the first page with this session."""
    page.context.clear_cookies()
    page.context.add_cookies([{"name": settings.STAFF_COOKIE_NAME, "value": secret, "url": f"{base}/staff/"}])
    page.goto(f"{base}/staff/")


def test_first_owner_comes_from_a_break_glass_sign_in_and_gives_support_to_sanna(
    world: World, live_server: LiveServer, page: sync_api.Page
) -> None:
    with staff_desk.configured():
        open_desk(page, live_server.url, staff_users.break_glass_opened())
        expect(page.get_by_text("There is no lasting owner yet.")).to_be_visible()
        page.get_by_role("link", name="Make a lasting owner…").click()
        expect(page.get_by_role("heading", name="No staff member has signed in yet")).to_be_visible()

        kaarina, sanna = staff_rights.hired("Kaarina Saari"), staff_rights.hired("Sanna Heikkilä")
        page.reload()
        page.get_by_label("Staff member").select_option(str(kaarina.pk))
        expect(page.get_by_role("radio", name="Owner", exact=True)).to_be_checked()
        expect(page.get_by_label("Everything")).to_be_checked()
        page.get_by_label("Reason").fill("The first owner")
        browsing.check_width(page, "right-give")
        page.get_by_role("button", name="Give the right").click()
        expect(page.get_by_role("status")).to_have_text("Kaarina Saari has the right.")
        browsing.check_width(page, "rights")
        page.get_by_role("link", name="Desk").first.click()
        expect(page.get_by_text("There is no lasting owner yet.")).to_have_count(0)

        support = Desk.signed_in(sanna, "support").cookies[settings.STAFF_COOKIE_NAME].value
        open_desk(page, live_server.url, support)
        expect(page.get_by_role("link", name="Customers")).to_have_count(0)
        owner = Desk.signed_in(kaarina, "owner").cookies[settings.STAFF_COOKIE_NAME].value
        open_desk(page, live_server.url, owner)
        page.get_by_role("link", name="Rights", exact=True).first.click()
        page.get_by_role("link", name="Give a right…").click()
        page.get_by_label("Staff member").select_option(str(sanna.pk))
        page.get_by_label("Support", exact=True).check()
        page.get_by_label("Everything").check()
        page.get_by_label("Reason").fill("Joined the team")
        page.get_by_role("button", name="Give the right").click()
        expect(page.get_by_role("status")).to_have_text("Sanna Heikkilä has the right.")
        open_desk(page, live_server.url, support)
        page.get_by_role("link", name="Customers").first.click()
        expect(page.get_by_role("link", name=world.koskela.name)).to_be_visible()
    assert set(StaffRight.objects.filter(valid_until=None).values_list("user__name", "role")) == {
        ("Kaarina Saari", "owner"),
        ("Sanna Heikkilä", "support"),
    }
