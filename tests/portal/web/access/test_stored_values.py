"""What is stored stays as it is where a field of the access form is sent as it was shown."""

import dataclasses
import datetime as dt
from decimal import Decimal

import pytest

from audit.foundation import clock
from delegation.access import queries as access_queries
from delegation.authorization.values import AccessSpec, AmountLimit
from delegation.catalogue import ceilings
from delegation.invitations.commands import accept as invitations_accept
from identity.memberships.models import Membership
from portal.web.access.context import AccessPage
from portal.web.people.list_context import PeoplePage
from tests.fixtures import signed_in
from tests.fixtures.pages import KOSKELA, page_model, person_path, plain
from tests.fixtures.world import APPROVE, OFFER, PLACE, World, actor_of

pytestmark = pytest.mark.django_db(transaction=True)

MONTHLY = AmountLimit(Decimal(5000), "EUR", "month")


def access_of(member: Membership) -> AccessSpec:
    (assignment,) = access_queries.assignments(memberships=[member.id], at=clock.now())[member.id]
    return assignment.access


def give(
    world: World, role: str, limits: dict[str, AmountLimit], until: dt.datetime | None = None
) -> AccessSpec:
    access = dataclasses.replace(world.access(role, sites=[world.tampere], until=until), limits=limits)
    world.change(world.mikko, access)
    return access


def panel(world: World) -> AccessPage:
    return page_model(signed_in.browser(world.aino).get(person_path(world.mikko, "access")), AccessPage)


def sent_as_shown(page: AccessPage, *sites: object, **other: object) -> dict[str, object]:
    """Give the form as a browser sends it unchanged, but for these sites and values."""
    names = ["tier", "where", "until", *(tier.limit.html_name for tier in page.tiers if tier.limit)]
    values: dict[str, object] = {name: page.form[name].value() or "" for name in names}
    return {
        **values,
        "sites": [*page.form["sites"].value(), *map(str, sites)],
        "idempotency_key": "k1",
        **other,
    }


@pytest.mark.parametrize(
    ("role", "limits"),
    [
        ("orderer", {PLACE: MONTHLY}),
        ("orderer", {PLACE: dataclasses.replace(MONTHLY, period="year")}),
        ("approver", {PLACE: MONTHLY, APPROVE: AmountLimit(Decimal(6000), "EUR", "order")}),
        ("approver", {PLACE: AmountLimit(Decimal(100)), APPROVE: AmountLimit(Decimal(6000))}),
    ],
)
def test_limits_stay_when_a_site_is_added(world: World, role: str, limits: dict[str, AmountLimit]) -> None:
    give(world, role, limits)
    page = panel(world)
    assert (page.effect.gains, page.effect.losses) == ([], [])
    form = sent_as_shown(page, world.oulu.id)
    browser = signed_in.browser(world.aino)
    effect = page_model(browser.post(page.access_url, {**form, "do": "preview"}), AccessPage).effect
    assert effect.losses == []
    assert all(line.endswith("at Oulu") for line in effect.gains)
    assert browser.post(page.access_url, form).status_code == 302
    assert access_of(world.mikko).limits == limits
    assert access_of(world.mikko).sites == {world.tampere.id, world.oulu.id}


def test_access_without_limit_stays_without_limit(world: World) -> None:
    offer = {PLACE: AmountLimit(None)}
    ceilings.set_ceiling(actor=world.system, organization=world.koskela, offer=offer)
    give(world, "orderer", {PLACE: AmountLimit(None)})
    page = panel(world)
    orderer = next(tier for tier in page.tiers if tier.value == "orderer")
    assert orderer.limit_hint.startswith("Now: without limit. Leave this empty to keep it")
    assert signed_in.browser(world.aino).post(
        page.access_url, sent_as_shown(page, world.oulu.id)
    ).status_code == 302  # fmt: skip
    assert access_of(world.mikko).limits == {PLACE: AmountLimit(None)}


def test_new_amount_counts_over_the_period_that_the_field_shows(world: World) -> None:
    give(world, "orderer", {PLACE: MONTHLY})
    page = panel(world)
    assert {tier.limit_label for tier in page.tiers if tier.limit} == {"Limit for one month"}
    form = sent_as_shown(page, limit_orderer="4 000")
    browser = signed_in.browser(world.aino)
    effect = page_model(browser.post(page.access_url, {**form, "do": "preview"}), AccessPage).effect
    assert [plain(swap.text) for swap in effect.swaps] == [
        "Order in the web shop, <b>up to 4 000 € a month</b> instead of 5 000 €"
    ]
    browser.post(page.access_url, form)
    assert access_of(world.mikko).limits == {PLACE: dataclasses.replace(MONTHLY, amount=Decimal(4000))}
    (mikko,) = [
        row for row in page_model(browser.get(f"{KOSKELA}/people"), PeoplePage).people if "Laine" in row.name
    ]
    assert plain(mikko.limit) == "up to 4 000 € a month"


def test_end_within_a_day_stays_the_same_instant(world: World) -> None:
    until = (clock.now() + dt.timedelta(days=90)).replace(hour=9, minute=30, second=0, microsecond=0)
    give(world, "orderer", {PLACE: MONTHLY}, until)
    page = panel(world)
    assert page.effect.nothing == "Nothing changes."
    signed_in.browser(world.aino).post(page.access_url, sent_as_shown(page, world.oulu.id))
    assert access_of(world.mikko).until == until


def test_form_of_a_member_with_two_tiers_starts_empty_and_names_both(world: World) -> None:
    user, access = world.mikko.user, world.access("viewer", sites=[world.oulu])
    invitation, link = world.invite(world.koskela, user.email, access, actor=actor_of(world.sami))
    invitations_accept.accept(actor=actor_of(user), invitation=invitation, link=link, accepted_by=user)
    page = panel(world)
    assert [tier.value for tier in page.tiers if tier.checked] == []
    now = "Now: Orderer, up to 5 000 €, Tampere; Viewer, Oulu. What you save replaces all of it."
    assert plain(page.now_sentence) == now


@pytest.mark.parametrize("typed", ["500 €", "€500", "500 eur", "EUR 500"])
def test_amount_in_euros_is_refused_for_a_customer_in_kronor(world: World, typed: str) -> None:
    offer = {key: dataclasses.replace(limit, currency="SEK") for key, limit in OFFER.items() if limit}
    ceilings.set_ceiling(actor=world.system, organization=world.pohjola, offer=offer)
    path = f"/o/pohjola/people/{world.stina.id}/access"
    browser = signed_in.browser(world.tiina)
    form = {"tier": "orderer", "where": "all", "limit_orderer": typed, "idempotency_key": "k1"}
    page = page_model(browser.post(path, form), AccessPage)
    (error,) = page.form["limit_orderer"].errors
    assert str(error).startswith("Enter the limit in SEK. ")
    assert access_of(world.stina).role == "viewer"
    assert browser.post(path, {**form, "limit_orderer": "500 kr"}).status_code == 302
    assert set(access_of(world.stina).limits.values()) == {AmountLimit(Decimal(500), "SEK")}


def test_preview_names_a_stored_change_that_a_lower_ceiling_hides(world: World) -> None:
    offer = {PLACE: AmountLimit(Decimal(1000))}
    ceilings.set_ceiling(actor=world.system, organization=world.koskela, offer=offer)
    page = panel(world)
    form = sent_as_shown(page, limit_orderer="1 000", do="preview")
    answer = signed_in.browser(world.aino).post(page.access_url, form)
    effect = page_model(answer, AccessPage).effect
    assert (effect.gains, effect.losses) == ([], [])
    saved = "What the person can do now stays the same. Saved as: Orderer, up to 1 000 €, Tampere."
    assert plain(effect.nothing) == saved
