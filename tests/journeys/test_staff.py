"""A staff member signs in by the company's sign-in, leaves the company, and is out."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from demo.runner import Demo
from tests.journeys.people import Person

pytestmark = pytest.mark.timeout(300)


def test_staff_member_who_leaves_the_company_is_out(demo: Demo, new_person: Callable[[], Person]) -> None:
    sanna, company = new_person(), new_person()
    sanna.sign_in_as_staff("Sanna Heikkilä")
    company.page.goto(demo.where.url("STAFF_PORT"))
    company.page.get_by_role("button", name="Leaves the company Sanna Heikkilä").click()
    expect(company.page.get_by_role("button", name="Comes back Sanna Heikkilä")).to_be_visible()
    sanna.go("/staff/")
    expect(sanna.page.get_by_role("heading", name="Staff sign-in")).to_be_visible()
    company.page.get_by_role("button", name="Comes back Sanna Heikkilä").click()
    expect(company.page.get_by_role("button", name="Leaves the company Sanna Heikkilä")).to_be_visible()
