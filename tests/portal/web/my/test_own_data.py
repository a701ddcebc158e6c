"""A person sees and downloads everything that is stored about the person, and nothing about others."""

import datetime as dt
import json
from typing import Any

import pytest

from audit.foundation import clock, ids
from audit.models import Event
from delegation.absence_claims.models import AbsenceClaim
from delegation.continuity_grades.models import AdminConfirmation
from delegation.dormancy.models import DormancyWarning
from delegation.factor_recoveries.models import FactorRecovery
from delegation.takeover_reports.models import TakeoverReport
from identity.memberships.models import Membership
from identity.people.models import User
from portal.signin.customers import rate_limits
from portal.web.my.own_data import OwnDataPage
from tests.fixtures import oidc_browser, service_users, signed_in
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.pages import count_statements, page_model, visible_text
from tests.fixtures.world import World, bypassing_commands

pytestmark = pytest.mark.django_db(transaction=True)
PAGE, FILE = "/account/data", "/account/data.json"
STATEMENTS, DAY = 30, dt.timedelta(days=1)


def downloaded(browser: BrowserClient) -> dict[str, Any]:
    answer = browser.get(FILE)
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    return dict(json.loads(answer.content))


def test_file_has_everything_about_the_person_and_no_other(world: World) -> None:
    world.change(world.mikko, world.access("viewer"))
    browser = BrowserClient().sign_in(world.mikko.user)
    oidc_browser.redeem(world, oidc_browser.code(browser, organization="koskela"))
    data = downloaded(browser)
    assert list(data) == [
        "format", "issuer", "made_at", "person", "has_password", "sign_in_methods", "memberships", "sessions",
        "sign_ins", "services", "invitations", "programs", "questions", "blocks", "recoveries", "warnings",
        "confirmations", "events", "events_complete", "mails",
    ]  # fmt: skip
    assert data["person"]["email"] == world.mikko.user.email
    assert {one["organization"] for one in data["memberships"]} == {"koskela", "pohjola"}
    koskela = next(one for one in data["memberships"] if one["organization"] == "koskela")
    assert [(one["role"], one["valid_until"] is None) for one in koskela["access"]] == [
        ("viewer", True),
        ("orderer", False),
    ]
    assert [one["service"] for one in data["services"]] == ["ordering"]
    assert (len(data["sessions"]), data["sign_ins"][0]["services"]) == (1, ["ordering"])
    assert {one["kind"] for one in data["sign_in_methods"]} == {"totp"}
    types = {one["type"]: one for one in data["events"]}
    assert types["access.change"]["by_you"] is False
    assert types["sign_in.succeeded"]["by_you"] is True
    text = json.dumps(data, ensure_ascii=False)
    others = User.all_directories.exclude(pk=world.mikko.user_id)
    for other in others:
        assert str(other.pk) not in text
        assert other.name not in text
    assert world.mikko.user.password not in text
    assert Event.objects.filter(verb="own_data.read", chain=world.mikko.user_id).count() == 1


def stored(about: Membership, asked_by: Membership) -> None:
    """Store one row of each kind about this person, and questions of both directions."""
    at, act = clock.now(), ids.uuid7()
    of_member: dict[str, Any] = {"membership": about, "organization": about.organization, "act": act}
    with bypassing_commands():
        DormancyWarning.objects.create(**of_member, number=1, warned_at=at, suspends_at=at + DAY)
        AdminConfirmation.objects.create(**of_member, confirmed_at=at)
        FactorRecovery.objects.create(
            **of_member, recognition="admin", opened_by=ids.uuid7(), opened_at=at, ends_at=at + DAY
        )
        TakeoverReport.objects.create(
            person=about.user_id, changed_at=at - DAY, covered_until=at, reported_at=at, act=act
        )
        AbsenceClaim.objects.create(
            **of_member,
            person=about.user_id,
            reason="left",
            claimed_by=asked_by.user_id,
            claimed_at=at,
            answer_by=at + DAY,
        )


def test_file_and_page_have_what_was_asked_noted_and_confirmed_about_the_person_alone(world: World) -> None:
    service_users.create(world.aino, name="Night orders")
    service_users.create(world.paivi, name="HR of Päivi")
    stored(world.aino, asked_by=world.olli)
    stored(world.olli, asked_by=world.aino)
    stored(world.vilma, asked_by=world.olli)
    browser = signed_in.browser(world.aino)
    data = downloaded(browser)
    assert [one["name"] for one in data["programs"]] == ["Night orders"]
    assert sorted(one["about_you"] for one in data["questions"]) == [False, True]
    kinds = ("blocks", "recoveries", "warnings", "confirmations")
    assert [len(data[kind]) for kind in kinds] == [1, 1, 1, 1]
    text = json.dumps(data, ensure_ascii=False)
    assert not [one for one in (world.olli, world.vilma) if str(one.user_id) in text or str(one.id) in text]
    answer = browser.get(PAGE)
    rows = {section.title: len(section.rows) for section in page_model(answer, OwnDataPage).sections}
    assert rows["Programs that you own"] == 1
    assert rows["Questions, warnings and confirmations"] == 6
    assert "Not in it: secrets, other people" in visible_text(answer)


def test_page_shows_the_same_after_a_fresh_proof_and_is_limited(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = signed_in.browser(world.mikko, ago=16 * 60)
    for url in (FILE, PAGE):
        assert "/account/" in browser.get(url)["Location"], "a proof of the last 15 minutes"
    assert not Event.objects.filter(verb="own_data.read").exists()
    browser = signed_in.browser(world.mikko)
    shown = page_model(browser.get(PAGE), OwnDataPage)
    titles = [section.title for section in shown.sections]
    assert titles[0] == "Your details"
    assert titles[-1] == "Events that name you"
    assert shown.sections[0].rows[1] == [("Detail", "Work e-mail"), ("Stored", world.mikko.user.email)]
    monkeypatch.setattr(rate_limits, "OWN_DATA", rate_limits.Limit("few", "readings", "person", 1, 3600))
    assert [browser.get(one).status_code for one in (PAGE, FILE)] == [200, 429]


def test_person_who_has_left_every_organization_still_reads_it(world: World) -> None:
    world.remove(world.vilma)
    browser = signed_in.browser(world.vilma)
    start = browser.get("/")
    assert start.status_code == 403
    assert f'href="{PAGE}"' in start.content.decode()
    shown = page_model(browser.get(PAGE), OwnDataPage)
    assert (shown.back_url, shown.back_label) == ("/", "Home")
    (membership,) = downloaded(browser)["memberships"]
    assert (membership["organization"], membership["periods"][0]["valid_until"] is None) == ("koskela", False)
    assert BrowserClient().get(PAGE).status_code == 302, "nobody without a sign-in"


def test_statements_do_not_grow_with_what_is_stored(world: World) -> None:
    few = signed_in.browser(world.olli)
    few.get(FILE)
    counts = [count_statements(few, FILE)]
    for role in ("orderer", "viewer", "orderer"):
        world.change(world.olli, world.access(role))
    BrowserClient().sign_in(world.olli.user)
    counts.append(count_statements(few, FILE))
    assert counts == [STATEMENTS, STATEMENTS]
