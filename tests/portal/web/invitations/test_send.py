"""The panel for inviting: its fields and choices, the preview, and the mail."""

import pytest
from django.db import connection

from audit.models import Event
from delegation.invitations.models import Invitation
from portal.web.invitations.context import AcceptPage
from portal.web.invitations.send import InvitePage
from provisioning.mail.models import Mail
from tests.fixtures import queued_mails, signed_in
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.pages import (
    KOSKELA,
    orderer_form,
    page_messages,
    page_model,
    person_path,
    plain,
    visible_text,
)
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)

INVITE = f"{KOSKELA}/people/invite"


def test_invite_page_shows_the_preview_and_sends_nothing(world: World) -> None:
    browser = signed_in.browser(world.aino)
    form = orderer_form(world, email="Liisa <liisa@koskela.example>", do="preview")
    text = visible_text(browser.post(INVITE, form))
    assert "Who gets an invitation" in text
    assert "Liisa liisa @koskela.example" in " ".join(text.split())
    assert "This person will be able to" in text
    assert "Order in the web shop, up to 2 000 € an order, at Tampere" in text
    assert not Invitation.objects.filter(email="liisa@koskela.example").exists()


def test_list_behind_the_panel_ignores_a_query_that_no_address_may_have(world: World) -> None:
    """The query of the list is the value of a parameter: what is encoded twice passes the check of the address."""
    browser = signed_in.browser(world.aino)
    for query in ("q=%00", "a=1&" * 1100):
        page = page_model(browser.get(INVITE, {"list": query}), InvitePage)
        assert (page.q, page.close_url) == ("", f"{KOSKELA}/people")


def test_invitation_form_sent_twice_queues_one_mail(world: World) -> None:
    browser = signed_in.browser(world.aino)
    form = orderer_form(world, email="Liisa Hämäläinen <Liisa.H@koskela.example>")
    sent = page_messages(browser.post(INVITE, form, follow=True))
    assert sent == ["The invitation to liisa.h@koskela.example is being sent."]
    assert BrowserClient().get(f"/invitations/{queued_mails.invitation_token()}").status_code == 200
    assert Invitation.objects.get(email="liisa.h@koskela.example").name == "Liisa Hämäläinen"
    assert page_messages(browser.post(INVITE, form, follow=True)) == ["The invitation has already been sent."]
    assert Mail.objects.filter(purpose="invitation").count() == 1


def test_invitation_link_is_stored_in_the_encrypted_mail_only(world: World) -> None:
    """Having read the mail proves the address: neither the sender nor the database sees the link."""
    form = orderer_form(world, email="liisa@koskela.example")
    response = signed_in.browser(world.aino).post(INVITE, form, follow=True)
    link = queued_mails.invitation_token()
    assert link not in response.content.decode()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition"
            " AND relnamespace = 'public'::regnamespace"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT count(*) FROM "{table}" t WHERE position(%s in t::text) > 0', [link])
            assert cursor.fetchone() == (0,), table


def test_offered_admin_rights_are_equal_in_preview_mail_and_invitation(world: World) -> None:
    aino = signed_in.browser(world.aino)
    form = {
        **orderer_form(world, email="uusi@koskela.example", tier="site_admin"),
        "sites": [str(world.oulu.id)],
    }
    preview = page_model(aino.post(INVITE, {**form, "do": "preview"}), InvitePage).effect.gains
    aino.post(INVITE, form)
    invitation = page_model(
        BrowserClient().get(f"/invitations/{queued_mails.invitation_token()}"), AcceptPage
    )
    offered = list(invitation.gains)
    assert [gain[:1].lower() + gain[1:] for gain in preview] == offered
    assert offered[0].startswith("view people and their access, invite people, change people’s access")
    assert offered[0].endswith(", at Oulu")
    assert offered[-1] == "assign these tiers: Viewer, Orderer and Approver"
    assert [gain for gain in offered if plain(gain) not in plain(queued_mails.invitation_text())] == []


WRONG: list[tuple[dict[str, object], str]] = [
    ({"email": ""}, "Enter an e-mail address."),
    ({"email": "liisa@koskela"}, "“liisa@koskela” is not an e-mail address. Enter it like name@company.com."),
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
    ({"email": "a@koskela.example, b@, c@d"}, "“b@” and “c@d” are not e-mail addresses."),
    ({"email": "www.evil.example <a@koskela.example>"}, "“www.evil.example” is not a name."),
    (
        {"email": ", ".join(f"a{n}@koskela.example" for n in range(101))},
        "Invite at most 100 people at a time.",
    ),
    ({"email": "x" * 20_001}, "Invite at most 100 people at a time."),
    ({"until": "1.1.2020"}, "The day is in the past. Choose a later one."),
]


def test_invitation_form_with_invalid_input_names_the_field_and_keeps_it(world: World) -> None:
    world.invite(world.koskela, "waiting@koskela.example", world.access("viewer"))
    before = Event.objects.filter(outcome="done").count()
    browser = signed_in.browser(world.aino)
    for change, sentence in WRONG:
        form = orderer_form(world, email="liisa@koskela.example") | change
        response = browser.post(INVITE, form)
        page = page_model(response, InvitePage)
        (field,) = change
        assert plain(" ".join(map(str, page.form.errors[field]))).startswith(sentence), change
        assert page.form["email"].value() == form["email"], change
        assert "<title>Error:" in response.content.decode(), change
    assert Event.objects.filter(outcome="done").count() == before


def test_invitation_to_a_known_address_links_to_its_invitation_or_person(world: World) -> None:
    browser = signed_in.browser(world.aino)
    world.invite(world.koskela, "waiting@koskela.example", world.access("viewer"))
    waiting = Invitation.objects.get(email="waiting@koskela.example")
    form = orderer_form(world, email="waiting@koskela.example")
    html = browser.post(INVITE, form).content.decode()
    assert f'<a href="{KOSKELA}/people?pending=all#i{waiting.id}">View the invitation</a>' in html
    assert f'<li id="i{waiting.id}">' in browser.get(f"{KOSKELA}/people").content.decode()
    form = orderer_form(world, email="mikko@koskela.example", idempotency_key="a2")
    html = browser.post(INVITE, form).content.decode()
    assert f'<a href="{person_path(world.mikko, "access")}">Change access</a>' in html


def test_invitation_form_with_a_chosen_tier_shows_the_preview(world: World) -> None:
    browser = signed_in.browser(world.aino)
    blank = page_model(browser.get(INVITE), InvitePage).effect
    assert (blank.gains, blank.nothing) == ([], "Choose a tier to see what they will be able to do.")
    assert page_model(browser.get(f"{INVITE}?tier=organization_admin"), InvitePage).effect.gains


def test_invitation_form_of_a_site_admin_offers_the_own_sites_and_tiers(world: World) -> None:
    browser = signed_in.browser(world.sami)
    page = page_model(browser.get(INVITE), InvitePage)
    tiers = {tier.value: plain(tier.limit_hint) for tier in page.tiers}
    assert tiers["orderer"] == "You can assign up to 10 000 €."
    assert "organization_admin" not in tiers
    assert page.all_sites.disabled_reason
    beyond = page_model(browser.post(INVITE, orderer_form(world, email="x@koskela.example")), InvitePage)
    assert "You can assign only the sites you manage." in str(beyond.form.errors)
    too_much = orderer_form(world, email="x@koskela.example", limit_orderer="10 001") | {
        "sites": [str(world.oulu.id)]
    }
    errors = page_model(browser.post(INVITE, too_much), InvitePage).form.errors["limit_orderer"]
    assert plain(str(errors[0])).startswith("The limit must be 10 000 € or less")


def test_invitation_form_for_a_person_who_may_not_invite_is_denied(world: World) -> None:
    assert signed_in.browser(world.vilma).get(INVITE).status_code == 403
