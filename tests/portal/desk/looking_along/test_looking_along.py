"""A staff member sees the page that a customer's person has open, prepares a form, and is out when the person stops."""

import contextlib
import datetime as dt
import re
import uuid
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.urls import reverse

from audit.models import Event
from delegation.authorization.verbs import Verb
from delegation.invitations.models import Invitation
from delegation.looking_along.models import PreparedForm
from identity.looks.models import Look, LookPage
from identity.staff.models import StaffSession
from portal.desk.looking_along.context import BeginByRulePage, LookAlongPage, LooksPage
from portal.desk.looking_along.preparing import PrepareAccessPage
from portal.shell import masking, read_only_copy
from portal.web.access.context import AccessPage
from portal.web.invitations.send import InvitePage
from portal.web.looking_along.context import CodePage, HelpPage
from tests.fixtures import events, signed_in
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.pages import count_statements, orderer_form, page_messages, page_model, visible_text
from tests.fixtures.staff_desk import Desk
from tests.fixtures.world import move_clock

pytestmark = pytest.mark.django_db(transaction=True)
HELP, LOOKS, PEOPLE = "/o/koskela/help", "/staff/look/", "/o/koskela/people"
ALLOW = {"mode": "prepare", "personal": "hidden"}
LOOK, WITH_LOOK = 13, 13
"""Statements of the staff member's page, and of another page of the desk during a look."""


def code_of(browser: BrowserClient, **other: str) -> str:
    page = page_model(browser.post(HELP, {**ALLOW, **other}), CodePage)
    return page.code.replace(" ", "")


def began(desk: Desk, aino: BrowserClient, sanna: BrowserClient, **other: str) -> str:
    """The address of Sanna's look at Aino's pages."""
    answer = sanna.post(LOOKS, {"code": code_of(aino, **other)})
    assert answer.status_code == 302
    return str(answer["Location"])


def page_of(sanna: BrowserClient, look: str) -> LookAlongPage:
    return page_model(sanna.get(look), LookAlongPage)


def test_code_opens_the_page_that_the_person_has_open_masked_and_read_only(desk: Desk) -> None:
    aino, sanna = signed_in.browser(desk.world.aino), desk.browser("support")
    look = began(desk, aino, sanna)
    assert page_of(sanna, look).is_waiting
    text = visible_text(aino.get(PEOPLE))
    assert "Sanna Heikkilä from Kivisalo is looking along." in text
    assert "Mikko Laine" in text
    page = page_of(sanna, look)
    assert (page.title, page.person, page.masked) == ("People", "Aino Virtanen", True)
    assert "Mikko L." in page.body
    assert "Laine" not in page.body
    assert "Aino Virtanen" in page.body
    assert "mikko<wbr>@" not in page.body
    assert "••••••<wbr>@koskela.example" in page.body
    assert not re.search(
        r"<(a|form|button|script)\b|<(?!use)[^>]* href=|action=|csrf|hx-|5[\s.,]?000", page.body
    )
    assert len(re.findall(r"<input\b", page.body)) == len(re.findall(r"<input\b[^>]* disabled=", page.body))
    aino.get(f"{PEOPLE}/{desk.world.mikko.id}")
    assert page_of(sanna, look).title == "Mikko L."
    assert "Sees this page as you do" in text
    own = visible_text(aino.get(reverse("mfa_index")))
    assert ("Does not see this page." in own, "Sees this page" in own) == (True, False)
    hidden = page_of(sanna, look)
    assert (hidden.title, hidden.body, hidden.is_waiting) == ("", "", False)
    recorded = Event.objects.filter(verb="customer_data.read").order_by("at", "id")
    read = [events.body(one)["facts"]["page"] for one in recorded]
    assert read == ["look_people", "look_person"]
    assert [one.subject for one in recorded] == [desk.world.aino.id, desk.world.mikko.id]


def test_page_with_more_words_than_are_compared_with_names_is_not_shown(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    aino, sanna = signed_in.browser(desk.world.aino), desk.browser("support")
    look = began(desk, aino, sanna)
    monkeypatch.setattr(masking, "_MOST_CANDIDATES", 100)
    assert "Mikko Laine" in visible_text(aino.get(PEOPLE))
    assert (page_of(sanna, look).body, page_of(sanna, look).is_waiting) == ("", False)


def test_person_shows_everything_where_the_person_chooses_so(desk: Desk) -> None:
    aino, sanna = signed_in.browser(desk.world.aino), desk.browser("support")
    look = began(desk, aino, sanna, personal="shown")
    aino.get(PEOPLE)
    body = page_of(sanna, look).body
    assert "Mikko Laine" in body
    assert "mikko<wbr>@koskela.example" in body


def test_prepared_invitation_is_sent_by_the_person_and_its_event_names_both(desk: Desk) -> None:
    aino, sanna = signed_in.browser(desk.world.aino), desk.browser("support")
    look = began(desk, aino, sanna)
    aino.get("/o/koskela/")
    form = page_model(sanna.get(f"{look}prepare/invite"), PrepareAccessPage)
    typed = {"email": "uusi@koskela.example", "tier": "viewer", "where": "all", "reason": "Call 8841"}
    assert form.invites
    assert sanna.post(f"{look}prepare/invite", {**typed, "tier": ""}).status_code == 200
    assert sanna.post(f"{look}prepare/invite", {**typed, "idempotency_key": "p1"})["Location"] == look
    assert not Invitation.objects.filter(email="uusi@koskela.example").exists()
    assert page_of(sanna, look).prepared == ["Invitation"]
    assert "Sanna Heikkilä prepared a form for you." in visible_text(aino.get("/o/koskela/"))
    prepared = str(PreparedForm.objects.get().id)
    url = f"/o/koskela/people/invite?prepared={prepared}"
    answer = aino.get(url)
    invite = page_model(answer, InvitePage)
    assert (invite.form["email"].value(), invite.form["tier"].value()) == ("uusi@koskela.example", "viewer")
    assert "Prepared by Sanna Heikkilä of Kivisalo." in visible_text(answer)
    sent = aino.post(url, {**typed, "prepared": prepared, "idempotency_key": "i1"})
    assert sent.status_code == 302, page_model(sent, InvitePage).form.errors
    event = events.recorded(Verb.MEMBER_INVITE, organization=desk.world.koskela.id)[-1]
    body = events.body(event)
    assert event.actor == desk.world.aino.user_id
    assert body["actor"]["preparer"] == str(desk.user("support", desk.staff.kivisalo).pk)
    activity = visible_text(aino.get("/o/koskela/activity"))
    assert "From a form that Sanna Heikkilä of Kivisalo prepared." in activity
    assert page_of(sanna, look).prepared == []
    again = aino.post(
        "/o/koskela/people/invite", {**typed, "email": "b@koskela.example", "prepared": prepared}
    )
    assert again.status_code == 302
    last = events.recorded(Verb.MEMBER_INVITE, organization=desk.world.koskela.id)[-1]
    assert (last.id == event.id, "preparer" in events.body(last)["actor"]) == (False, False)


def test_access_and_removal_are_prepared_for_the_colleague_whose_page_is_open(desk: Desk) -> None:
    aino, sanna = signed_in.browser(desk.world.aino), desk.browser("support")
    look, mikko = began(desk, aino, sanna), f"{PEOPLE}/{desk.world.mikko.id}"
    world = desk.world
    world.member(world.pohjola, "Aino Virtanen", "organization_admin", user=world.aino.user)
    for wrong in (
        "access",
        "removal",
        f"invite/{world.mikko.id}",
        f"removal/{world.stina.id}",
        f"x/{world.mikko.id}",
    ):
        assert sanna.get(f"{look}prepare/{wrong}").status_code == 404, wrong
    aino.get(mikko)
    assert [one.text for one in page_of(sanna, look).prepare] == [
        "Prepare an invitation", "Prepare a change of access", "Prepare a removal"
    ]  # fmt: skip
    urls = [one.url for one in page_of(sanna, look).prepare]
    aino.get(f"{PEOPLE}/{world.vilma.id}")
    assert "Mikko L." in visible_text(sanna.get(urls[2]))
    assert sanna.post(urls[2], {"reason": "left", "note": "Call"}).status_code == 302
    assert sanna.post(urls[1], {"tier": "viewer", "where": "all"}).status_code == 302
    assert {row.membership for row in PreparedForm.objects.all()} == {world.mikko.id}
    assert "the removal of Mikko Laine" in visible_text(aino.get(PEOPLE))
    assert "prepared a removal of Mikko Laine for Aino Virtanen to send" in visible_text(
        aino.get("/o/koskela/activity")
    )
    removal, access = (str(PreparedForm.objects.get(kind=kind).id) for kind in ("removal", "access"))
    assert 'value="left" selected' in aino.get(f"{mikko}/remove?prepared={removal}").content.decode()
    other = f"{PEOPLE}/{desk.world.vilma.id}/access?prepared={access}"
    for wrong in (other, f"{mikko}/access?prepared={uuid.uuid4()}", f"{mikko}/access?prepared=x"):
        assert "Prepared by" not in visible_text(aino.get(wrong))
    paivi = signed_in.browser(desk.world.paivi)
    assert "Prepared by" not in visible_text(paivi.get(f"{mikko}/access?prepared={access}"))
    assert "Prepared by" in visible_text(aino.get(f"{mikko}/access?prepared={access}"))
    aino.get(f"{PEOPLE}/{desk.world.aino.id}")
    assert [one.text for one in page_of(sanna, look).prepare] == ["Prepare an invitation"]


def test_copies_say_nothing_of_another_organization_of_the_person(desk: Desk) -> None:
    world = desk.world
    world.member(world.pohjola, "Aino Virtanen", "organization_admin", user=world.aino.user)
    aino, sanna = signed_in.browser(world.aino), desk.browser("support")
    look, mikko = began(desk, aino, sanna, personal="shown"), f"{PEOPLE}/{world.mikko.id}"
    aino.post(f"/o/pohjola/people/{world.stina.id}/access", {"tier": "organization_admin", "where": "all"})
    for path, there in ((mikko, "Stina Berg"), (mikko, "Pohjolan"), (f"{mikko}/remove", "Pohjolan")):
        assert there in visible_text(aino.get(path))
        body = page_of(sanna, look).body
        assert "Mikko" in body
        assert not re.search("Stina|Pohjola|Also works", body), path


def test_page_that_sql_writes_is_not_shown(desk: Desk) -> None:
    aino, sanna = signed_in.browser(desk.world.aino), desk.browser("support")
    look = began(desk, aino, sanna)
    aino.get(f"{PEOPLE}/{desk.world.mikko.id}")
    assert page_of(sanna, look).body
    (stored,) = LookPage.objects.values("route", "title", "body", "subject", "at")
    for change in (
        {"body": '<p hx-post="/staff/" hx-trigger="load">x</p>'},
        {"subject": desk.world.vilma.id},
        {"title": "Other"},
        {"route": "people"},
        {"at": stored["at"] + dt.timedelta(seconds=1)},
    ):
        LookPage.objects.update(**{**stored, **change})
        page = page_of(sanna, look)
        assert (page.title, page.body, len(page.prepare)) == ("", "", 1), change
    LookPage.objects.update(**stored)
    assert page_of(sanna, look).body


def test_prepared_limit_is_the_one_that_is_sent(desk: Desk) -> None:
    world = desk.world
    aino, sanna = signed_in.browser(world.aino), desk.browser("support")
    look, mikko = began(desk, aino, sanna), f"{PEOPLE}/{world.mikko.id}"
    aino.get(mikko)
    form = orderer_form(world, limit_orderer="1000")
    assert sanna.post(f"{look}prepare/access/{world.mikko.id}", form).status_code == 302
    url = f"{mikko}/access?prepared={PreparedForm.objects.get().id}"
    shown = page_model(aino.get(url), AccessPage).form
    assert shown["limit_orderer"].value() == "1000"
    assert aino.post(url, {**form, "limit_orderer": shown["limit_orderer"].value()}).status_code == 302
    event = events.recorded(Verb.ACCESS_CHANGE, organization=world.koskela.id)[-1]
    assert "'amount': '1000" in repr(events.body(event)["after"])


def test_form_that_changes_nothing_stays_and_one_that_is_open_names_staff_after_the_look(desk: Desk) -> None:
    world = desk.world
    aino, sanna = signed_in.browser(world.aino), desk.browser("support")
    look, mikko = began(desk, aino, sanna), f"{PEOPLE}/{world.mikko.id}"
    form = orderer_form(world, limit_orderer="5000")
    aino.get(mikko)
    sanna.post(f"{look}prepare/access/{world.mikko.id}", form)
    url = f"{mikko}/access?prepared={PreparedForm.objects.get().id}"
    assert aino.post(url, {**form, "idempotency_key": "n1"}).status_code == 302
    assert PreparedForm.objects.get().sent_at is None, "the access was this one already"
    sanna.post(f"{look}stop", {"look": look.split("/")[-2]})
    assert "Prepared by" not in visible_text(aino.get(url))
    assert aino.post(url, {**form, "limit_orderer": "900", "idempotency_key": "n2"}).status_code == 302
    event = events.recorded(Verb.ACCESS_CHANGE, organization=world.koskela.id)[-1]
    assert "preparer" in events.body(event)["actor"]
    assert PreparedForm.objects.get().sent_at is not None


def test_page_of_the_person_is_shown_where_the_copy_cannot_be_stored(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    aino, sanna = signed_in.browser(desk.world.aino), desk.browser("support")
    look = began(desk, aino, sanna)
    aino.get(PEOPLE)
    other = connection.copy()
    with contextlib.closing(other), other.cursor() as cursor:
        cursor.execute("BEGIN; SELECT 1 FROM identity_lookpage FOR UPDATE")
        assert aino.get("/o/koskela/").status_code == 200
    assert page_of(sanna, look).title == "People"

    def broken(*_texts: Any, **_options: Any) -> str:
        raise RuntimeError

    monkeypatch.setattr(read_only_copy, "copy", broken)
    assert aino.get("/o/koskela/").status_code == 200


def test_page_that_asks_by_itself_keeps_no_staff_session_from_its_idle_limit(desk: Desk) -> None:
    sanna = desk.browser("support")
    sanna.get(LOOKS)
    seen = StaffSession.objects.order_by("pk").values_list("last_seen_at", flat=True)
    before = list(seen)
    move_clock(300)
    assert sanna.get(LOOKS, headers={"Keyholder-Poll": "1"}).status_code == 200
    assert list(seen.all()) == before
    sanna.get(LOOKS)
    assert list(seen.all()) != before


def test_person_stops_and_the_staff_member_is_out_at_once(desk: Desk) -> None:
    aino, sanna = signed_in.browser(desk.world.aino), desk.browser("support")
    look = began(desk, aino, sanna)
    aino.get(PEOPLE)
    row = Look.objects.get()
    for empty in ({}, {"look": "x"}, {"look": str(uuid.uuid4())}):
        aino.post(f"{HELP}/stop", empty)
        aino.get(f"{HELP}/stop")
    assert page_of(sanna, look).body
    stopped = aino.post(f"{HELP}/stop", {"look": str(row.id), "next": PEOPLE})
    assert stopped["Location"] == PEOPLE
    answer = aino.get(PEOPLE)
    assert page_messages(answer) == ["Support no longer looks along."]
    assert "looking along" not in visible_text(answer)
    ended = sanna.get(look)
    assert (ended["Location"], LookPage.objects.count()) == (LOOKS, 0)
    assert sanna.get(f"{look}prepare/invite").status_code == 404
    assert sanna.post(f"{look}prepare/invite", {"tier": "viewer"}).status_code == 404
    aino.post(f"{HELP}/stop", {"look": str(row.id)})
    assert page_messages(aino.get(PEOPLE)) == ["Support had stopped looking along already."]
    assert len(events.recorded(Verb.LOOK_END)) == 1


def test_staff_member_stops_by_a_post_that_names_the_look(desk: Desk) -> None:
    aino, sanna = signed_in.browser(desk.world.aino), desk.browser("support")
    look = began(desk, aino, sanna)
    for answer in (sanna.get(f"{look}stop"), sanna.post(f"{look}stop")):
        assert answer["Location"] == look
    assert "You see what Aino Virtanen sees." in visible_text(sanna.get("/staff/"))
    otto = desk.browser("senior_support")
    for address in (look, f"{look}stop", f"{look}prepare/invite"):
        assert otto.get(address).status_code == 404
    assert otto.post(f"{look}stop", {"look": look.split("/")[-2]}).status_code == 404
    assert sanna.post(f"{look}stop", {"look": look.split("/")[-2]})["Location"] == LOOKS
    assert page_messages(sanna.get(LOOKS)) == ["You no longer look along."]
    assert "is looking along" not in visible_text(aino.get(PEOPLE))


def test_wrong_and_foreign_codes_have_one_answer_and_are_limited(desk: Desk) -> None:
    aino = signed_in.browser(desk.world.aino)
    code = code_of(aino)
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    eesti = desk.browser("support", unit=desk.staff.eesti)
    found: list[Any] = []
    for typed in (code, wrong):
        page = page_model(eesti.post(LOOKS, {"code": typed}), LooksPage)
        found.append(page.form.errors)
    assert found[0] == found[1] == {"code": ["This code opens nothing. Ask the caller for a new one."]}
    for typed in ("", "12345", "abcdef", "١٢٣٤٥٦"):
        assert page_model(eesti.post(LOOKS, {"code": typed}), LooksPage).form.errors == {
            "code": ["Enter the six digits."]
        }
    statuses = [eesti.post(LOOKS, {"code": wrong}).status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    assert Look.objects.get().begun_at is None


def test_code_is_shown_once_and_never_by_an_empty_post(desk: Desk) -> None:
    aino = signed_in.browser(desk.world.aino)
    for sent in ({}, {"mode": "look"}, {"mode": "all", "personal": "hidden"}):
        assert set(page_model(aino.post(HELP, sent), HelpPage).form.errors) <= {"mode", "personal"}
    assert Look.objects.count() == 0
    sent = {**ALLOW, "idempotency_key": "a1"}
    assert page_model(aino.post(HELP, sent), CodePage).code
    assert page_model(aino.post(HELP, sent), CodePage).code == ""
    page = page_model(aino.get(HELP), HelpPage)
    assert page.waiting
    aino.post(page.stop_url, {"look": page.waiting_look})
    answer = aino.get(HELP)
    assert (page_messages(answer), page_model(answer, HelpPage).waiting) == (["The code is withdrawn."], "")
    assert "withdrew the code for looking along" in visible_text(aino.get("/o/koskela/activity"))


def test_rule_lets_staff_begin_from_the_person_s_page_with_a_reason(desk: Desk) -> None:
    sanna, world = desk.browser("support"), desk.world
    url = f"/staff/organizations/koskela/people/{world.aino.id}/look"
    assert not page_model(sanna.get(url), BeginByRulePage).allowed
    aino = signed_in.browser(world.aino)
    rule = "/o/koskela/help/rule"
    assert signed_in.browser(world.mikko).get(rule).status_code == 403
    assert aino.post(rule).status_code == 200
    assert aino.post(rule, {"mode": "look"})["Location"] == HELP
    assert sanna.post(url, {"reason": ""}).status_code == 200
    look = sanna.post(url, {"reason": "Call 8841"})["Location"]
    aino.get(PEOPLE)
    page = page_of(sanna, look)
    assert (page.by_rule, page.masked, page.mode, page.title) == (True, True, "look", "People")
    assert sanna.get(f"{look}prepare/invite").status_code == 404
    assert "began to look along with Aino Virtanen" in visible_text(aino.get("/o/koskela/activity"))
    aino.post(rule, {"mode": "code"})
    assert sanna.get(look)["Location"] == LOOKS


def test_staff_page_and_the_rest_of_the_desk_take_few_statements(desk: Desk) -> None:
    aino, sanna = signed_in.browser(desk.world.aino), desk.browser("support")
    look = began(desk, aino, sanna)
    aino.get(PEOPLE)
    sanna.get(look)
    assert count_statements(sanna, look) == LOOK
    assert count_statements(sanna, "/staff/") == WITH_LOOK


def test_code_gives_no_sign_in(desk: Desk) -> None:
    aino = signed_in.browser(desk.world.aino)
    code = code_of(aino)
    other = BrowserClient()
    for address in ("/accounts/login/", "/accounts/2fa/authenticate/"):
        other.post(address, {"login": desk.world.aino.user.email, "password": code, "code": code})
    assert settings.SESSION_COOKIE_NAME not in other.cookies or not other.is_signed_in
