"""The context of a page about an organization, for members and for readers who do not belong to it."""

import uuid
from collections.abc import Iterator

import pytest
from django.test import RequestFactory
from django.utils import timezone

from audit.foundation import clock
from delegation.authorization.errors import NotFound
from delegation.authorization.verbs import Verb
from identity.memberships.models import Membership
from identity.organizations import queries as organizations_queries
from portal.http import request_context
from portal.http.request_context import Request
from portal.shell import page_context
from portal.shell.page_context import PageContext
from portal.wording import time_zones
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def zone_deactivated_afterwards() -> Iterator[None]:
    yield
    timezone.deactivate()


def request_of(membership: Membership) -> Request:
    request = request_context.attach_context(RequestFactory().get("/"))
    request.user = membership.user
    return request


def staff_context(world: World) -> PageContext:
    """The context of a reader without a membership, as a staff page will build it."""
    organization = organizations_queries.view_of(world.koskela)
    return PageContext(
        viewer=request_context.system(RequestFactory().get("/")),
        organization=organization,
        at=clock.now(),
        zone=time_zones.first_known(organization.time_zone),
        abilities=frozenset({Verb.MEMBER_VIEW}),
        membership=None,
    )


def test_context_of_a_member_has_the_membership_the_abilities_and_the_zone(world: World) -> None:
    request = request_of(world.aino)

    page = page_context.member_context(request, world.koskela.key)

    assert page.own_membership.id == world.aino.id
    assert page.is_own(world.aino.id)
    assert not page.is_own(world.mikko.id)
    assert page.organization_id == world.koskela.id
    assert page.viewer.id == world.aino.user_id
    assert Verb.MEMBER_INVITE in page.abilities
    assert str(page.zone) == "Europe/Helsinki"
    assert timezone.get_current_timezone() == page.zone


def test_context_of_another_organization_s_member_is_not_found(world: World) -> None:
    request = request_of(world.aino)
    with pytest.raises(NotFound):
        page_context.member_context(request, world.pohjola.key)


def test_request_outside_the_middleware_has_no_context(world: World) -> None:
    request = RequestFactory().get("/")
    assert request_context.context_of(request) is None
    assert request_context.request_id(request) == ""
    with pytest.raises(TypeError):
        request_context.require_context(request)


def test_context_without_a_membership_has_the_organization_s_pages(world: World) -> None:
    page = staff_context(world)
    assert page.url("people") == f"/o/{world.koskela.key}/people"
    assert str(page.zone) == world.koskela.time_zone
    assert not page.is_own(world.aino.id)
    assert not page.is_own(uuid.UUID(int=0))
    assert not page.sees_activity


def test_page_about_the_reader_is_not_found_without_a_membership(world: World) -> None:
    with pytest.raises(NotFound):
        _ = staff_context(world).own_membership
