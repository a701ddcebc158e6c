"""The pages of an organization, as a browser without script sees them."""

import datetime as dt
import email
import re
from decimal import Decimal
from email import policy

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.foundation import clock, encryption
from audit.models import Event
from delegation.authorization.values import AmountLimit
from delegation.catalogue import ceilings
from delegation.invitations.models import Invitation
from identity.clients.models import Application
from identity.memberships.models import Membership
from identity.sessions.models import Session
from provisioning.accounts.models import Account
from provisioning.mail.models import Mail
from provisioning.targets import commands as targets_commands
from tests.fixtures import signed_in
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.pages import KOSKELA, orderer_form, person_path, visible_text
from tests.fixtures.world import APPROVE, OFFER, World, bypassing_commands, move_clock

pytestmark = pytest.mark.django_db(transaction=True)

# Statements a page asks, whatever it shows.
LIST, PERSON, INVITE, CHANGE, REMOVE, ACTIVITY, START = 21, 27, 26, 34, 17, 14, 11


def statements(browser: BrowserClient, url: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert browser.get(url).status_code == 200
    return len(asked)


# The list


def test_an_admin_sees_everybody_and_what_they_hold(world: World) -> None:
    text = visible_text(signed_in.browser(world.aino).get(f"{KOSKELA}/people"))
    assert "7 people, 2 admins" in text
    assert re.search(r"Mikko Laine mikko\s?@koskela\.example Orderer up to 5 000 € Tampere", text)
    assert "Tiina" not in text


def test_a_site_admin_sees_those_of_the_own_sites(world: World) -> None:
    text = visible_text(signed_in.browser(world.sami).get(f"{KOSKELA}/people"))
    assert "Olli Mäkinen" in text
    assert "Mikko Laine" not in text


def test_who_looks_after_nobody_sees_no_list(world: World) -> None:
    response = signed_in.browser(world.mikko).get(f"{KOSKELA}/people")
    assert response.status_code == 403
    assert "Olli" not in visible_text(response)


EVERYBODY = {"Aino", "Mikko", "Olli", "Päivi", "Sami", "Ulla", "Vilma"}
SEARCHES: dict[str, set[str]] = {
    "q=mikko": {"Mikko"},
    "q=M%C3%84KI": {"Olli"},
    "q=vilma%40kos": {"Vilma"},
    "q=%25": set(),
    "tier=orderer": {"Mikko", "Olli"},
    "tier=nonsense": EVERYBODY,
    "who=former": set(),
    "q=a&tier=viewer": {"Vilma"},
    "after=nonsense&before=00000000-0000-7000-8000-000000000000": EVERYBODY,
}


def test_search_and_filters_stand_in_the_address(world: World) -> None:
    browser = signed_in.browser(world.aino)
    shown = {asked: browser.get(f"{KOSKELA}/people?{asked}").content.decode() for asked in SEARCHES}
    names = {asked: re.findall(r'class="kh-name"[^>]*><bdi>([^< ]+)', html) for asked, html in shown.items()}
    assert {asked: set(found) for asked, found in names.items()} == SEARCHES


def test_sites_filter_and_a_foreign_site_is_none(world: World) -> None:
    browser = signed_in.browser(world.aino)
    there = visible_text(browser.get(f"{KOSKELA}/people?site={world.tampere.id}"))
    assert "Mikko Laine" in there
    assert "Olli" not in there
    assert "Olli" in visible_text(browser.get(f"{KOSKELA}/people?site={world.rovaniemi.id}"))


def test_pages_follow_one_another_and_lead_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from delegation.people import queries as people_queries  # noqa: PLC0415 - its default is what is changed

    monkeypatch.setattr(people_queries, "PAGE_SIZE", 3)
    browser = signed_in.browser(world.aino)
    seen, url, turns = [], f"{KOSKELA}/people", []
    while url:
        html = browser.get(url).content.decode()
        seen.append(re.findall(r'class="kh-name"[^>]*><bdi>([^<]+)', html))
        turns.append(html)
        following = re.search(r'href="([^"]+)" rel="next"', html)
        url = following[1].replace("&amp;", "&") if following else ""
    assert [len(page) for page in seen] == [3, 3, 1]
    assert len({name for page in seen for name in page}) == 7
    back = re.search(r'href="([^"]+)" rel="prev"', turns[2])
    assert back
    html = browser.get(back[1].replace("&amp;", "&")).content.decode()
    assert re.findall(r'class="kh-name"[^>]*><bdi>([^<]+)', html) == seen[1]


def test_the_list_asks_the_same_for_one_and_for_three(world: World) -> None:
    browser = signed_in.browser(world.aino)
    assert statements(browser, f"{KOSKELA}/people?tier=viewer") == LIST
    world.member(world.koskela, "Venla Aho", "viewer")
    world.member(world.koskela, "Ville Aho", "viewer", sites=[world.oulu])
    assert statements(browser, f"{KOSKELA}/people?tier=viewer") == LIST


def test_the_only_admin_is_warned(world: World) -> None:
    text = visible_text(signed_in.browser(world.tiina).get("/o/pohjola/people"))
    assert "You are the only admin. If you are away, nobody can invite people or remove a leaver." in text
    assert "only admin" not in visible_text(signed_in.browser(world.aino).get(f"{KOSKELA}/people"))


# Inviting


def mailed_link() -> str:
    """The secret of the link in the one invitation that is mailed."""
    found = re.search(r"http://localhost:8000/invitations/(khi_[\w-]+)", mailed_text())
    assert found
    return found[1]


def mailed_text() -> str:
    """What is read in the one invitation that is mailed."""
    mail = Mail.objects.get(purpose="invitation")
    message = email.message_from_bytes(
        encryption.decrypt_secret(data=mail.body, context=mail.id.bytes),
        policy=policy.default,
    )
    body = message.get_body(("plain",))
    return str(body.get_content()) if body else ""


def test_an_admin_to_be_reads_on_the_page_and_in_the_mail_what_was_foreseen(world: World) -> None:
    panel, aino = f"{KOSKELA}/people/invite", signed_in.browser(world.aino)
    fields = {
        **orderer_form(world, email="uusi@koskela.example", tier="site_admin"),
        "sites": [str(world.oulu.id)],
    }
    foreseen = visible_text(aino.post(panel, {**fields, "do": "preview"}))
    aino.post(panel, fields)
    page = visible_text(BrowserClient().get(f"/invitations/{mailed_link()}"))
    for gain in (
        "view people and their access, at Oulu",
        "remove people, at Oulu",
        "assign these tiers: Viewer, Orderer and Approver",
    ):
        assert [gain in text for text in (foreseen, mailed_text(), page)] == [True] * 3, gain


def test_an_invitation_is_mailed_once(world: World) -> None:
    browser = signed_in.browser(world.aino)
    form = orderer_form(world, email=" Liisa.H@koskela.example", name="Liisa Hämäläinen")
    response = browser.post(f"{KOSKELA}/people/invite", form)
    assert response.status_code == 200
    assert "The invitation to liisa.h@koskela.example is being sent." in visible_text(response)
    assert BrowserClient().get(f"/invitations/{mailed_link()}").status_code == 200
    assert Invitation.objects.get(email="liisa.h@koskela.example").name == "Liisa Hämäläinen"

    again = browser.post(f"{KOSKELA}/people/invite", form)
    assert "has already been sent" in visible_text(again)
    assert Mail.objects.filter(purpose="invitation").count() == 1


def test_the_secret_of_a_link_stands_in_the_sealed_mail_alone(world: World) -> None:
    """Having read the mail proves the address: whoever invites never sees the link, nor does the database."""
    response = signed_in.browser(world.aino).post(
        f"{KOSKELA}/people/invite", orderer_form(world, email="liisa@koskela.example")
    )
    link = mailed_link()
    assert link not in response.content.decode()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition"
            " AND relnamespace = 'public'::regnamespace"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT count(*) FROM "{table}" t WHERE position(%s in t::text) > 0', [link])
            assert cursor.fetchone() == (0,), table


def test_a_preview_says_what_follows_and_sends_nothing(world: World) -> None:
    browser = signed_in.browser(world.aino)
    form = orderer_form(world, email="liisa@koskela.example", name="Liisa", do="preview")
    text = visible_text(browser.post(f"{KOSKELA}/people/invite", form))
    assert "Liisa will be able to" in text
    assert "order in the web shop, up to 2 000 € an order, at Tampere" in text
    assert not Invitation.objects.filter(email="liisa@koskela.example").exists()


WRONG: list[tuple[dict[str, object], str]] = [
    ({"email": ""}, "Enter an e-mail address."),
    ({"email": "liisa@koskela"}, "Enter the whole address, for example name@company.com."),
    ({"email": "mikko@koskela.example"}, "This address belongs to a person in your organization."),
    ({"email": "waiting@koskela.example"}, "This address has a pending invitation."),
    ({"tier": ""}, "Choose a tier."),
    ({"tier": "emperor"}, "This is not one of the choices. Choose again."),
    ({"limit_orderer": ""}, "Enter a limit."),
    ({"limit_orderer": "5,000"}, "Enter 5000 without a separator: 5,000 can be read in two ways."),
    ({"limit_orderer": "lots"}, "Enter the limit as an amount"),
    ({"limit_orderer": "20 000,01"}, "The limit must be 20 000 € or less"),
    ({"sites": []}, "Choose at least one site."),
    ({"until": "12/10/2027"}, "Enter the day like this: 24 Dec 2026."),
    ({"until": "31.2.2027"}, "31.2.2027 does not exist. Choose another day."),
    ({"until": "31.12.2999"}, "Choose a day before the year 2200."),
    ({"email": "a@koskela.example, b@koskela.example"}, "Enter one address at a time."),
    ({"until": "1.1.2020"}, "The day is in the past. Choose a later one."),
    ({"name": "x" * 201}, "This is too long."),
]


def test_what_is_wrong_is_said_at_the_field_and_kept(world: World) -> None:
    world.invite(world.koskela, "waiting@koskela.example", world.access("viewer"))
    before = Event.objects.filter(outcome="done").count()
    browser = signed_in.browser(world.aino)
    for change, sentence in WRONG:
        form = orderer_form(world, email="liisa@koskela.example", name="Liisa") | change
        response = browser.post(f"{KOSKELA}/people/invite", form)
        html = response.content.decode()
        assert response.status_code == 200, change
        assert sentence in visible_text(response), change
        assert "<title>Error:" in html, change
        assert f'value="{form["email"]}"' in html or not form["email"], change
    assert Event.objects.filter(outcome="done").count() == before


def test_a_site_admin_gives_at_the_own_sites_and_no_admins(world: World) -> None:
    browser = signed_in.browser(world.sami)
    html = browser.get(f"{KOSKELA}/people/invite").content.decode()
    assert 'value="orderer"' in html
    assert 'value="organization_admin"' not in html
    assert "You can assign up to 10\N{NO-BREAK SPACE}000\N{NO-BREAK SPACE}€." in html
    beyond = visible_text(
        browser.post(f"{KOSKELA}/people/invite", orderer_form(world, email="x@koskela.example"))
    )
    assert "You can assign only the sites you manage." in beyond
    too_much = orderer_form(world, email="x@koskela.example", limit_orderer="10 001") | {
        "sites": [str(world.oulu.id)]
    }
    assert "The limit must be 10 000 € or less" in visible_text(
        browser.post(f"{KOSKELA}/people/invite", too_much)
    )


def test_who_may_invite_nobody_has_no_page_for_it(world: World) -> None:
    assert signed_in.browser(world.vilma).get(f"{KOSKELA}/people/invite").status_code == 403


def test_an_invitation_is_sent_again_renewed_and_cancelled(world: World) -> None:
    invitation, first = world.invite(world.koskela, "kadri@koskela.example", world.access("viewer"))
    browser, again = signed_in.browser(world.aino), {"do": f"resend:{invitation.id}", "idempotency_key": "b1"}
    response = browser.post(f"{KOSKELA}/people/invitations", again, follow=True)
    assert "This invitation was sent less than a minute ago. It was not sent again." in visible_text(response)
    move_clock(61)
    response = browser.post(f"{KOSKELA}/people/invitations", again)
    assert "The invitation to kadri@koskela.example is being sent." in visible_text(response)
    move_clock(8 * 24 * 3600)
    browser = signed_in.browser(world.aino)
    page = browser.get(f"{KOSKELA}/people")
    assert "Expired" in visible_text(page)
    assert f"resend:{invitation.id}" in page.content.decode()
    browser.post(f"{KOSKELA}/people/invitations", {"do": f"resend:{invitation.id}", "idempotency_key": "b2"})
    invitation.refresh_from_db()
    assert invitation.expires_at > clock.now()
    url = f"{KOSKELA}/people/invitations/{invitation.id}/cancel"
    assert url in browser.get(f"{KOSKELA}/people").content.decode()
    assert "The link in the mail stops working." in visible_text(browser.get(url))
    invitation.refresh_from_db()
    assert invitation.cancelled_at is None
    gone = browser.post(url, follow=True)
    assert "The invitation to kadri@koskela.example is cancelled." in visible_text(gone)
    assert BrowserClient().get(f"/invitations/{first}").status_code == 410
    for answer in (browser.get(url, follow=True), browser.post(url, follow=True)):
        assert "That invitation is no longer pending." in visible_text(answer)


@pytest.mark.parametrize("path", ["people/invitations", "people/select"])
def test_an_address_that_takes_forms_leads_to_the_list(world: World, path: str) -> None:
    answer = signed_in.browser(world.aino).get(f"{KOSKELA}/{path}")
    assert (answer.status_code, answer["Location"]) == (302, f"{KOSKELA}/people")


# One colleague


def test_a_colleague_is_shown_with_the_reason_of_every_right(world: World) -> None:
    world.change(world.mikko, world.access("orderer", sites=[world.tampere, world.oulu], amount=2000))
    text = visible_text(signed_in.browser(world.paivi).get(person_path(world.mikko)))
    assert "Order in the web shop, up to 2 000 € an order Oulu and Tampere Why?" in text
    assert "Tier Orderer includes this Tiers of Kivisalo, version 1" in text
    number = Event.objects.get(verb="access.change", outcome="done").seq
    assert re.search(
        rf"Aino Virtanen assigned it: Oulu and Tampere, up to 2 000 € an order .* event {number} ", text
    )
    assert "changed Mikko Laine’s access" in text
    assert "Pohjolan" not in text


def test_an_admin_of_both_companies_sees_the_other_one(world: World) -> None:
    world.member(world.pohjola, "Aino Virtanen", "organization_admin", user=world.aino.user)
    text = visible_text(signed_in.browser(world.aino).get(person_path(world.mikko)))
    assert "Also works for Pohjolan Sähkö Oy" in text


def test_buttons_are_drawn_by_the_policy_with_the_reason(world: World) -> None:
    browser = signed_in.browser(world.ulla)
    html = browser.get(person_path(world.aino)).content.decode()
    assert person_path(world.aino, "remove") not in html
    assert "This person has more access than you can assign." in html
    assert person_path(world.mikko, "remove") in browser.get(person_path(world.mikko)).content.decode()
    own = browser.get(person_path(world.ulla)).content.decode()
    assert own.count("You cannot change your own access or remove yourself. Ask another admin.") == 1
    assert "aria-disabled" not in own


def test_a_page_of_a_person_asks_the_same_for_one_and_for_three_rights(world: World) -> None:
    browser = signed_in.browser(world.aino)
    assert statements(browser, person_path(world.vilma)) == PERSON
    assert statements(browser, person_path(world.mikko)) == PERSON


# Changing access


def test_the_panels_ask_the_same_for_one_and_for_three(world: World) -> None:
    browser = signed_in.browser(world.aino)
    assert statements(browser, f"{KOSKELA}/people/invite?list=tier%3Dviewer") == INVITE
    world.member(world.koskela, "Venla Aho", "viewer")
    world.member(world.koskela, "Ville Aho", "viewer", sites=[world.oulu])
    assert statements(browser, f"{KOSKELA}/people/invite?list=tier%3Dviewer") == INVITE
    assert statements(browser, person_path(world.vilma, "access")) == CHANGE
    assert statements(browser, person_path(world.mikko, "access")) == CHANGE


def test_what_a_script_asks_while_one_chooses_is_the_answer_alone(world: World) -> None:
    browser = signed_in.browser(world.aino)
    for url in (f"{KOSKELA}/people/invite", person_path(world.mikko, "access")):
        part = browser.post(url, orderer_form(world, do="preview"), headers={"hx-request": "true"})
        html = part.content.decode()
        assert html.strip().startswith('<div class="kh-effect" id="effect"')
        assert "2\N{NO-BREAK SPACE}000\N{NO-BREAK SPACE}€" in html
        assert "<h1" not in html


def test_a_panel_is_closed_onto_the_list_as_it_was(world: World) -> None:
    browser = signed_in.browser(world.aino)
    html = browser.get(f"{KOSKELA}/people?tier=viewer&q=a&nonsense=1").content.decode()
    found = re.search(r'href="([^"]*/people/invite[^"]*)"', html)
    assert found
    panel = browser.get(found[1].replace("&amp;", "&")).content.decode()
    assert f'href="{KOSKELA}/people?q=a&amp;tier=viewer"' in panel
    assert "Vilma" in panel
    assert "Olli" not in panel


def test_access_is_changed_once(world: World) -> None:
    browser = signed_in.browser(world.aino)
    form = orderer_form(world, limit_orderer="3000", reason="New site")
    for _ in range(2):
        done = browser.post(person_path(world.mikko, "access"), form)
        assert (done.status_code, done["Location"]) == (302, person_path(world.mikko))
    assert Event.objects.filter(verb="access.change", outcome="done").count() == 1
    assert "Order in the web shop, up to 3 000 € an order" in visible_text(
        browser.get(person_path(world.mikko))
    )


def test_the_preview_says_what_the_change_then_does(world: World) -> None:
    browser = signed_in.browser(world.aino)
    form = orderer_form(world, do="preview") | {"sites": [str(world.oulu.id)], "limit_orderer": "9000"}
    text = visible_text(browser.post(person_path(world.mikko, "access"), form))
    assert "Mikko Laine will be able to" in text
    assert "order in the web shop, up to 9 000 € an order, at Oulu" in text
    assert "will no longer be able to" in text
    assert "order in the web shop, up to 5 000 € an order, at Tampere" in text
    assert not Event.objects.filter(verb="access.change", outcome="done").exists()


def test_a_change_that_changes_nothing_is_none(world: World) -> None:
    browser = signed_in.browser(world.aino)
    until = clock.now() + dt.timedelta(days=400)
    same = orderer_form(world, limit_orderer="5000", until=until.date().isoformat(), idempotency_key="s1")
    first = browser.post(person_path(world.mikko, "access"), same, follow=True)
    assert "Mikko Laine’s access is changed." in visible_text(first)
    preview = browser.post(person_path(world.mikko, "access"), {**same, "do": "preview"})
    assert "Nothing changes." in visible_text(preview)
    again = browser.post(
        person_path(world.mikko, "access"), {**same, "idempotency_key": "s2", "reason": "x"}, follow=True
    )
    assert "Nothing was changed: Mikko Laine already has this access." in visible_text(again)
    assert Event.objects.filter(verb="access.change").count() == 1


def test_wherever_access_is_said_its_end_is_said(world: World) -> None:
    browser = signed_in.browser(world.aino)
    until = (clock.now() + dt.timedelta(days=400)).date()
    day = f"until {until.day} {until:%b %Y}"
    form = orderer_form(world, until=until.isoformat(), email="liisa@koskela.example")
    preview = visible_text(browser.post(f"{KOSKELA}/people/invite", {**form, "do": "preview"}))
    assert f"order in the web shop, up to 2 000 € an order, at Tampere, {day}" in preview
    sent = visible_text(browser.post(f"{KOSKELA}/people/invite", form))
    assert f"Orderer, up to 2 000 €, Tampere, {day}. Expires" in sent
    assert f"This access ends on {until.day} {until:%b %Y}." in visible_text(
        BrowserClient().get(f"/invitations/{mailed_link()}")
    )
    assert f"This access ends on {until.day} {until:%b %Y}." in mailed_text()
    invitation = Invitation.objects.get(email="liisa@koskela.example")
    asked = visible_text(browser.get(f"{KOSKELA}/people/invitations/{invitation.id}/cancel"))
    assert f"Orderer, up to 2 000 €, Tampere, {day}." in asked

    change = orderer_form(world, until=until.isoformat(), do="preview")
    foreseen = visible_text(browser.post(person_path(world.mikko, "access"), change))
    assert "order in the web shop up to 5 000 € an order, only up to 2 000 €" in foreseen
    assert f"order in the web shop after {day[6:]}" in foreseen
    browser.post(
        person_path(world.mikko, "access"), orderer_form(world, until=until.isoformat(), idempotency_key="w2")
    )
    held = f"Orderer, up to 2 000 €, Tampere, {day}"
    assert f"Now: {held}" in visible_text(browser.get(person_path(world.mikko, "access")))
    assert held in visible_text(browser.get(person_path(world.mikko, "remove")))
    assert f"Orderer up to 2 000 €, {day} Tampere" in visible_text(browser.get(f"{KOSKELA}/people"))
    assert f"Tampere, {day}" in visible_text(browser.get(person_path(world.mikko)))
    world.remove(world.mikko)
    back = browser.get(person_path(world.mikko, "restore"))
    assert f"Previous access: {held}" in visible_text(back)
    assert f'value="{day[6:]}"' in back.content.decode()


def test_the_preview_says_what_is_missing(world: World) -> None:
    browser = signed_in.browser(world.aino)
    said_of: dict[str, dict[str, object]] = {
        "Enter a limit.": {"limit_orderer": ""},
        "A limit of 0 allows no orders.": {"limit_orderer": "0"},
        "Choose at least one site.": {"sites": []},
        "The day is in the past.": {"until": "1.1.2020"},
    }
    for sentence, change in said_of.items():
        for url in (f"{KOSKELA}/people/invite", person_path(world.mikko, "access")):
            text = visible_text(browser.post(url, {**orderer_form(world, do="preview"), **change}))
            assert f"Nothing has happened yet. {sentence}" in text, url
    without_address = visible_text(
        browser.post(f"{KOSKELA}/people/invite", orderer_form(world, do="preview"))
    )
    assert "The person will be able to" in without_address


def test_what_one_may_do_to_colleagues_is_part_of_what_changes(world: World) -> None:
    browser = signed_in.browser(world.aino)
    viewer = {"tier": "viewer", "where": "all", "do": "preview"}
    admin = {"tier": "organization_admin", "where": "all", "do": "preview"}
    assert "Nothing changes." in visible_text(browser.post(person_path(world.paivi, "access"), admin))
    less = visible_text(browser.post(person_path(world.ulla, "access"), viewer))
    assert "Ulla Nieminen will no longer be able to view people and their access, at all sites invite" in less
    assert "assign these tiers: Viewer, Orderer, Approver and Site admin" in less
    more = visible_text(browser.post(person_path(world.ulla, "access"), admin))
    assert (
        "Ulla Nieminen will be able to view the activity log, at all sites assign these tiers: User" in more
    )
    assert "no longer" not in more
    browser.post(f"{KOSKELA}/people/invite", {**admin, "email": "x@koskela.example", "do": ""})
    assert "invite people" in visible_text(BrowserClient().get(f"/invitations/{mailed_link()}"))


def test_the_form_begins_with_what_is_held(world: World) -> None:
    html = signed_in.browser(world.aino).get(person_path(world.mikko, "access")).content.decode()
    assert re.search(r'value="orderer"[^>]* checked', html)
    assert 'value="5\N{NO-BREAK SPACE}000"' in html
    assert re.search(rf'value="{world.tampere.id}"[^>]* checked', html)
    assert "Nothing changes." in html


def test_the_last_admin_is_not_made_less(world: World) -> None:
    second = world.member(world.pohjola, "Toini Aro", "organization_admin", factor=False)
    world.factor(second.user)
    browser = signed_in.browser(second)
    world.remove(world.tiina, by=second)
    third = world.member(world.pohjola, "Kaisa Aro", "user_admin")
    viewer = {"tier": "viewer", "where": "all", "idempotency_key": "c1"}
    assert signed_in.browser(third).post(f"/o/pohjola/people/{second.id}/access", viewer).status_code == 403
    own = browser.post(f"/o/pohjola/people/{second.id}/access", viewer)
    assert own.status_code == 403


# Removing


def test_removing_is_shown_first_then_done_once_then_receipted(world: World) -> None:
    browser = signed_in.browser(world.aino)
    world.invite(world.koskela, "new@koskela.example", world.access("viewer"))
    before = visible_text(browser.get(person_path(world.mikko, "remove")))
    assert "Nothing has happened yet." in before
    assert "Is this the right Mikko Laine?" in before
    form = {"reason": "left", "note": "Retires", "idempotency_key": "d1"}
    first = browser.post(person_path(world.mikko, "remove"), form)
    second = browser.post(person_path(world.mikko, "remove"), form)
    assert first.status_code == second.status_code == 302
    assert first["Location"] == second["Location"]
    receipt = browser.get(first["Location"])
    text = visible_text(receipt)
    assert "Mikko Laine is removed" in text
    assert "Reason Left the company · “Retires”" in text
    assert "By Aino Virtanen" in text
    assert Event.objects.filter(verb="member.remove", outcome="done").count() == 1
    assert "Mikko" not in visible_text(browser.get(f"{KOSKELA}/people"))
    assert "Mikko Laine" in visible_text(browser.get(f"{KOSKELA}/people?who=former"))


def test_a_receipt_is_answered_with_304_while_nothing_is_new(world: World) -> None:
    browser = signed_in.browser(world.aino)
    url = browser.post(person_path(world.mikko, "remove"), {"reason": "left", "idempotency_key": "d2"})[
        "Location"
    ]
    first = browser.get(url)
    again = browser.get(url, headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert browser.get(url, headers={"if-none-match": '"other"'}).status_code == 200


def test_a_receipt_is_for_who_did_it_and_who_sees_the_log(world: World) -> None:
    form = {"reason": "left", "idempotency_key": "d3"}
    url = signed_in.browser(world.sami).post(person_path(world.olli, "remove"), form)["Location"]
    assert signed_in.browser(world.sami).get(url).status_code == 200
    assert signed_in.browser(world.paivi).get(url).status_code == 200
    assert signed_in.browser(world.ulla).get(url).status_code == 404
    assert signed_in.browser(world.tiina).get(url.replace("koskela", "pohjola")).status_code == 404


def test_several_are_removed_together_or_not_at_all(world: World) -> None:
    browser = signed_in.browser(world.aino)
    ticked = [str(world.mikko.id), str(world.olli.id)]
    to = browser.post(f"{KOSKELA}/people/select", {"m": ticked, "do": "remove"})["Location"]
    assert "Remove 2 people" in visible_text(browser.get(to))
    both = [*ticked, str(world.stina.id)]
    assert browser.post(f"{KOSKELA}/people/remove", {"m": both, "reason": "left"}).status_code == 404
    assert not Event.objects.filter(verb="member.remove", outcome="done").exists()
    done = browser.post(f"{KOSKELA}/people/remove", {"m": ticked, "reason": "left", "idempotency_key": "e1"})
    assert "Mikko Laine and Olli Mäkinen are removed" in visible_text(browser.get(done["Location"]))


def test_a_receipt_names_everybody_and_each_event(world: World) -> None:
    browser = signed_in.browser(world.aino)
    ticked = [str(one.id) for one in (world.mikko, world.olli, world.vilma)]
    done = browser.post(f"{KOSKELA}/people/remove", {"m": ticked, "reason": "left", "idempotency_key": "e2"})
    receipt = visible_text(browser.get(done["Location"]))
    for event in Event.objects.filter(verb="member.remove", outcome="done"):
        who = Membership.objects.get(id=event.subject).user
        name, at, domain = who.email.partition("@")
        assert f"{who.name} , {name} {at}{domain} Log: event {event.seq}" in receipt


def test_what_ends_is_counted_alike_before_and_after(world: World) -> None:
    for one in (world.olli, world.olli, world.vilma):
        signed_in.browser(one)
    with bypassing_commands():
        old = Session.objects.filter(user=world.olli.user).first()
        assert old
        Session.objects.filter(pk=old.pk).update(expire_date=clock.now())
    browser = signed_in.browser(world.aino)
    ids = [str(world.olli.id), str(world.vilma.id)]
    before = visible_text(browser.get(f"{KOSKELA}/people/remove?m={ids[0]}&m={ids[1]}"))
    assert "Signed in to Kivisalo 2 sessions end" in before
    done = browser.post(f"{KOSKELA}/people/remove", {"m": ids, "reason": "left", "idempotency_key": "e3"})
    assert "2 sessions ended" in visible_text(browser.get(done["Location"]))


def test_the_page_of_a_removal_does_not_grow_with_the_set(world: World) -> None:
    browser = signed_in.browser(world.aino)
    ids = [f"m={one.id}" for one in (world.mikko, world.olli, world.vilma)]
    assert statements(browser, f"{KOSKELA}/people/remove?{'&'.join(ids)}") == REMOVE
    assert statements(browser, f"{KOSKELA}/people/remove?{'&'.join(ids[:2])}") == REMOVE


def test_nobody_ticked_says_so(world: World) -> None:
    browser = signed_in.browser(world.aino)
    assert "No people are selected." in visible_text(
        browser.post(f"{KOSKELA}/people/select", {"do": "remove"}, follow=True)
    )


def test_all_admins_together_are_not_removed(world: World) -> None:
    world.remove(world.ulla)
    browser = signed_in.browser(world.aino)
    assert browser.post(person_path(world.aino, "remove"), {"reason": "left"}).status_code == 403
    ids = f"m={world.paivi.id}&m={world.aino.id}"
    assert browser.get(f"{KOSKELA}/people/remove?{ids}").status_code == 403


def test_the_pages_of_somebody_removed_say_so_and_lead_on(world: World) -> None:
    browser = signed_in.browser(world.aino)
    receipt = browser.post(person_path(world.mikko, "remove"), {"reason": "left", "idempotency_key": "g1"})[
        "Location"
    ]
    answers = [
        browser.get(person_path(world.mikko, "remove"), follow=True),
        browser.get(person_path(world.mikko, "access"), follow=True),
        browser.post(person_path(world.mikko, "access"), orderer_form(world), follow=True),
        browser.post(
            person_path(world.mikko, "remove"), {"reason": "left", "idempotency_key": "g2"}, follow=True
        ),
        browser.get(f"{KOSKELA}/people/remove?m={world.mikko.id}", follow=True),
    ]
    for answer in answers:
        html = answer.content.decode()
        assert answer.status_code == 200
        assert "Removed today" in visible_text(answer)
        assert "by Aino Virtanen." in visible_text(answer)
        assert receipt in html
        assert person_path(world.mikko, "restore") in html
    assert Event.objects.filter(verb="member.remove", outcome="done").count() == 1


def test_of_several_those_who_are_gone_are_left_out(world: World) -> None:
    browser = signed_in.browser(world.aino)
    world.remove(world.mikko)
    both = f"{KOSKELA}/people/remove?m={world.mikko.id}&m={world.olli.id}"
    text = visible_text(browser.get(both))
    assert "Mikko Laine has already been removed." in text
    assert "Remove Olli Mäkinen" in text
    world.remove(world.olli)
    gone = browser.get(both, follow=True)
    assert "Mikko Laine and Olli Mäkinen have already been removed." in visible_text(gone)
    assert "2 matches" in visible_text(gone)


def test_who_no_longer_sees_a_leaver_sees_the_own_receipt(world: World) -> None:
    browser = signed_in.browser(world.sami)
    receipt = browser.post(person_path(world.olli, "remove"), {"reason": "left", "idempotency_key": "h1"})[
        "Location"
    ]
    for page in ("", "remove", "access"):
        answer = browser.get(person_path(world.olli, page) if page else person_path(world.olli))
        assert (answer.status_code, answer["Location"]) == (302, receipt), page
    assert browser.get(person_path(world.mikko)).status_code == 404


def test_who_comes_back_is_offered_what_they_had_and_no_more_than_may_be_given(world: World) -> None:
    world.change(world.mikko, world.access("approver", sites=[world.tampere, world.oulu], amount=15000))
    world.remove(world.mikko)
    html = signed_in.browser(world.aino).get(person_path(world.mikko, "restore")).content.decode()
    assert (
        "Previous access: Approver, up to 15\N{NO-BREAK SPACE}000\N{NO-BREAK SPACE}€, Oulu and Tampere"
        in html
    )
    assert "Check it before restoring" in html
    assert "approve others’ orders, up to 15" in html
    assert re.search(r'value="approver"[^>]* checked', html)
    assert 'value="15\N{NO-BREAK SPACE}000"' in html
    for site in (world.tampere, world.oulu):
        assert re.search(rf'value="{site.id}"[^>]* checked', html)
    assert not re.search(rf'value="{world.tallinn.id}"[^>]* checked', html)
    ceilings.set_ceiling(
        actor=world.system, organization=world.koskela, offer={**OFFER, APPROVE: AmountLimit(Decimal(4000))}
    )
    assert (
        'value="4\N{NO-BREAK SPACE}000"'
        in signed_in.browser(world.aino).get(person_path(world.mikko, "restore")).content.decode()
    )
    world.remove(world.paivi)
    theirs = signed_in.browser(world.ulla).get(person_path(world.paivi, "restore")).content.decode()
    assert "Previous access: Admin, all sites" in theirs
    assert 'value="organization_admin"' not in theirs


def test_those_removed_are_a_list_from_which_they_come_back(world: World) -> None:
    world.remove(world.mikko)
    html = signed_in.browser(world.aino).get(f"{KOSKELA}/people?who=former").content.decode()
    assert f'href="{person_path(world.mikko, "restore")}">Restore…' in html
    assert person_path(world.mikko, "access") not in html
    assert "restore" not in signed_in.browser(world.aino).get(f"{KOSKELA}/people").content.decode()


def test_what_differs_is_counted_found_and_put_right(world: World) -> None:
    crm = Application.objects.get(key="crm")
    targets_commands.register(
        actor=world.system, application=crm, base_url="http://127.0.0.1:9/crm", token="t"
    )
    browser = signed_in.browser(world.aino)
    assert "needs attention" not in visible_text(browser.get(f"{KOSKELA}/people"))
    assert "Sync now" not in visible_text(browser.get(person_path(world.mikko)))
    Account.objects.filter(user=world.olli.user).update(state="out_of_date")
    page = browser.get(f"{KOSKELA}/people")
    assert "1 needs attention" in visible_text(page)
    way = "1 person’s access is out of date in CRM portal Open the person’s page and select “Sync now”."
    assert way in visible_text(browser.get(f"{KOSKELA}/"))
    assert f'href="{KOSKELA}/people?systems=look"' in page.content.decode()
    assert "1 match" in visible_text(browser.get(f"{KOSKELA}/people?systems=look"))
    assert "Sync now" in visible_text(browser.get(person_path(world.olli)))
    assert "Sync now" not in visible_text(signed_in.browser(world.vilma).get(person_path(world.vilma)))
    url = person_path(world.olli, "resync")
    assert browser.get(url)["Location"] == person_path(world.olli)
    assert "Sync started for Olli Mäkinen." in visible_text(browser.post(url, follow=True))
    assert Event.objects.filter(verb="account.resync", outcome="done").count() == 1
    again = browser.post(person_path(world.mikko, "resync"), follow=True)
    assert "Sync started for Olli Mäkinen." not in visible_text(again)


def test_somebody_removed_comes_back_with_a_new_access(world: World) -> None:
    world.remove(world.mikko)
    browser = signed_in.browser(world.aino)
    page = browser.get(person_path(world.mikko))
    assert "Removed today" in visible_text(page)
    assert "by Aino Virtanen." in visible_text(page)
    assert person_path(world.mikko, "restore") in page.content.decode()
    form = orderer_form(world, limit_orderer="700", idempotency_key="f1")
    for _ in range(2):
        done = browser.post(person_path(world.mikko, "restore"), form)
        assert (done.status_code, done["Location"]) == (302, person_path(world.mikko))
    text = visible_text(browser.get(person_path(world.mikko)))
    assert "up to 700 € an order" in text
    assert "Mikko Laine is restored." in text
    assert Event.objects.filter(verb="member.restore", outcome="done").count() == 1


# The rest


def test_the_story_is_told_in_order_and_followed(world: World) -> None:
    world.change(world.mikko, world.access("viewer"))
    world.remove(world.mikko)
    text = visible_text(signed_in.browser(world.aino).get(f"{KOSKELA}/activity"))
    removed, changed = text.index("removed Mikko Laine"), text.index("changed Mikko Laine’s access")
    assert removed < changed < text.index("Mikko Laine joined")
    assert "Orderer, up to 5 000 €, Tampere → Viewer, all sites" in text
    assert "Log verified (" in text


def test_the_log_is_filtered_by_the_address(world: World) -> None:
    world.remove(world.mikko)
    browser = signed_in.browser(world.aino)
    only = visible_text(browser.get(f"{KOSKELA}/activity?what=removals"))
    assert "removed Mikko Laine" in only
    assert " joined" not in only
    by_name = visible_text(browser.get(f"{KOSKELA}/activity?q=olli"))
    assert "Olli Mäkinen joined" in by_name
    assert "Vilma" not in by_name
    of_one = visible_text(browser.get(f"{KOSKELA}/activity?person={world.vilma.id}"))
    assert "Vilma Salo joined" in of_one
    assert "Olli" not in of_one
    assert "No events match" in visible_text(browser.get(f"{KOSKELA}/activity?person={world.stina.id}"))


def test_the_log_is_for_those_who_may_see_it(world: World) -> None:
    assert signed_in.browser(world.ulla).get(f"{KOSKELA}/activity").status_code == 403


def test_a_refusal_stands_in_the_log(world: World) -> None:
    signed_in.browser(world.ulla).post(person_path(world.aino, "remove"), {"reason": "left"})
    text = visible_text(signed_in.browser(world.aino).get(f"{KOSKELA}/activity?outcome=refused"))
    assert "Ulla Nieminen tried to remove Aino Virtanen and was refused" in text


def test_the_log_finds_who_was_only_invited_and_says_how_much_there_is(world: World) -> None:
    for address in ("new.one@koskela.example", "other@koskela.example"):
        world.invite(world.koskela, address, world.access("viewer"), name="Nelli Uusi")
    browser = signed_in.browser(world.aino)
    assert "changes. System updates and mail are under “Type”." in visible_text(
        browser.get(f"{KOSKELA}/activity")
    )
    found = visible_text(browser.get(f"{KOSKELA}/activity?q=New.One@koskela"))
    assert "invited new.one@koskela.example" in found
    assert "other@koskela.example" not in found
    assert "1 event found" in found
    assert "2 events found" in visible_text(browser.get(f"{KOSKELA}/activity?q=nelli"))
    assert "0 events found" in visible_text(
        signed_in.browser(world.tiina).get("/o/pohjola/activity?q=new.one")
    )


def test_the_log_asks_the_same_for_few_and_for_many(world: World) -> None:
    browser = signed_in.browser(world.aino)
    assert statements(browser, f"{KOSKELA}/activity") == ACTIVITY
    world.member(world.koskela, "Venla Aho", "viewer")
    world.member(world.koskela, "Ville Aho", "viewer")
    assert statements(browser, f"{KOSKELA}/activity") == ACTIVITY


def test_the_start_page_offers_ones_own_services(world: World) -> None:
    browser = signed_in.browser(world.mikko)
    page = browser.get(f"{KOSKELA}/")
    text = visible_text(page)
    assert "You can order in the web shop, up to 5 000 € an order, at Tampere." in text
    assert "Aino Virtanen" in text
    assert "Needs your attention" not in text
    opened = browser.get(f"{KOSKELA}/open/ordering")
    assert opened.status_code == 302
    assert opened["Location"] == (
        "https://ordering.example.test/initiate?iss=http%3A%2F%2Flocalhost%3A8000"
        f"&login_hint={world.mikko.user_id}&organization=koskela"
    )
    assert browser.get(f"{KOSKELA}/open/nonsense").status_code == 404


def test_the_start_page_asks_the_same_for_every_number_of_services(world: World) -> None:
    assert statements(signed_in.browser(world.vilma), f"{KOSKELA}/") == START
    assert statements(signed_in.browser(world.olli), f"{KOSKELA}/") == START


def test_the_root_leads_to_the_first_company_and_the_switcher_to_others(world: World) -> None:
    browser = signed_in.browser(world.mikko)
    assert browser.get("/")["Location"] == "/o/pohjola/"
    assert 'href="/o/koskela/"' in browser.get("/o/pohjola/").content.decode()


def test_ones_own_access_and_sessions(world: World) -> None:
    other = signed_in.browser(world.mikko)
    browser = signed_in.browser(world.mikko)
    page = browser.get(f"{KOSKELA}/me")
    assert "Order in the web shop, up to 5 000 € an order" in visible_text(page)
    keys = re.findall(r'name="session" value="([^"]+)"', page.content.decode())
    assert len(keys) == 3
    assert keys[-1] == "all"
    mine = next(key for key in keys[:2] if key == signed_in.session_of(browser).stored_key())
    (theirs,) = set(keys[:2]) - {mine}
    done = browser.post(f"{KOSKELA}/me/sessions", {"session": theirs}, follow=True)
    assert "The session is signed out." in visible_text(done)
    assert not other.is_signed_in
    assert browser.is_signed_in
    assert browser.post(f"{KOSKELA}/me/sessions", {"session": "all"})["Location"] == "/account/login/"
    assert not browser.is_signed_in


def test_ones_own_browsers_are_named_and_this_one_comes_first(world: World) -> None:
    other, browser = signed_in.browser(world.mikko), signed_in.browser(world.mikko)
    agents = {
        other: "Mozilla/5.0 (Windows NT 10.0) Firefox/130.0",
        browser: "Mozilla/5.0 (iPhone) Safari/604.1",
    }
    for one, agent in agents.items():
        Session.objects.filter(session_key=signed_in.session_of(one).stored_key()).update(agent=agent)
    move_clock(60)
    other.get(f"{KOSKELA}/me")
    text = visible_text(browser.get(f"{KOSKELA}/me"))
    assert re.search(
        r"Safari on iPhone This browser signed in today [0-9:]+ · active today [0-9:]+ Sign out : Safari on iPhone "
        r"Firefox on Windows signed in today [0-9:]+ · active today [0-9:]+ Sign out : Firefox on Windows",
        text,
    )
    assert "Sign out everywhere" in text


def test_an_admins_own_access_begins_with_whom_they_look_after(world: World) -> None:
    text = visible_text(signed_in.browser(world.sami).get(f"{KOSKELA}/me"))
    assert "You manage access for 1 person." in text
    rows = [
        "View people and their access Oulu",
        "Invite people Oulu",
        "Remove people Oulu",
        "Assign these tiers: Viewer, Orderer and Approver Oulu",
    ]
    places = [text.index(row) for row in rows]
    assert places == sorted(places)
    assert "Invite people" not in visible_text(signed_in.browser(world.mikko).get(f"{KOSKELA}/me"))


@pytest.mark.parametrize(
    ("opened", "page"), [(f"{KOSKELA}/me/sessions", f"{KOSKELA}/me"), ("/language", "/")]
)
def test_an_address_for_sending_leads_to_its_page_when_it_is_opened(
    world: World, opened: str, page: str
) -> None:
    browser = signed_in.browser(world.mikko)
    answer = browser.get(opened)
    assert (answer.status_code, answer["Location"]) == (302, page)
    assert browser.is_signed_in


def test_a_session_of_somebody_else_is_not_found(world: World) -> None:
    other = signed_in.browser(world.aino)
    browser = signed_in.browser(world.mikko)
    answer = browser.post(f"{KOSKELA}/me/sessions", {"session": signed_in.session_of(other).stored_key()})
    assert answer.status_code == 404
    assert other.is_signed_in


def test_pages_speak_finnish_and_keep_the_readers_time(world: World) -> None:
    browser = signed_in.browser(world.aino)
    browser.post("/language", {"language": "fi", "next": f"{KOSKELA}/people"})
    page = browser.get(f"{KOSKELA}/people")
    assert '<html lang="fi">' in page.content.decode()
    assert "7 henkilöä" in visible_text(page)
    assert re.search(r"tänään \d{1,2}\.\d\d", visible_text(page))


def test_an_access_ends_on_the_evening_of_its_last_day(world: World) -> None:
    day = (clock.now() + dt.timedelta(days=400)).date()
    browser = signed_in.browser(world.aino)
    browser.post(person_path(world.mikko, "access"), orderer_form(world, until=day.isoformat()))
    event = Event.objects.get(verb="access.change", outcome="done")
    assert event
    assert f"until {day.day} {day:%b %Y}" in visible_text(browser.get(person_path(world.mikko)))
