"""Texts of staff pages."""

from portal.settings import staff_variables
from portal.signin.staff import pages
from portal.signin.staff.errors import RefusalCode


def test_every_role_has_a_name() -> None:
    assert set(pages.ROLES) == set(staff_variables.ROLES)


def test_every_refusal_has_a_page() -> None:
    assert set(pages._REFUSALS) == set(RefusalCode)
