"""People without a sign-in ask, confirm, answer and object; a page reveals nothing, and a GET changes nothing."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.foundation import clock
from audit.models import Event
from delegation.absence_claims import commands as claims
from delegation.customer_contacts import commands as contacts
from delegation.customer_contacts.new_contact import NewContact
from delegation.orphan_cases import letters
from delegation.orphan_cases.commands import evidence, opening, requests
from delegation.orphan_cases.models import OrphanCase, OrphanProof, OrphanRequest
from identity.organizations.models import Organization
from identity.people.models import User
from portal.desk.orphan_cases.context import CasePage
from portal.shell import case_mails
from portal.web.home.context import HomePage
from provisioning.mail import stored
from provisioning.mail.models import Mail
from tests.fixtures import orphaned, queued_mails, signed_in
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.orphaned import DAY, TEEMU, Rescue
from tests.fixtures.pages import page_model, visible_text
from tests.fixtures.staff_desk import Desk, configured
from tests.fixtures.world import World, actor_of, bypassing_commands, move_clock, move_clock_to

pytestmark = pytest.mark.django_db(transaction=True)
ASK = "/no-admin"


def form(number: str, email: str) -> dict[str, str]:
    return {"company": "Pohjolan Sähkö", "number": number, "name": "Teemu Aalto", "email": email}


def mailed(purpose: str, to: str) -> str:
    """The path of the link in the newest mail of this purpose to this address."""
    rows = Mail.objects.filter(purpose=purpose).order_by("-created_at", "-id")
    row = next(row for row in rows if stored.recipient(row=row) == to)
    found = re.search(r"https?://[^/]+(/\S+)", queued_mails.text_of(row))
    assert found
    return found[1]


def test_request_has_the_same_answer_and_statements_for_known_and_unknown_and_counts_once_confirmed(
    world: World,
) -> None:
    orphaned.bounce(world.tiina)
    with bypassing_commands():
        Organization.objects.filter(id=world.pohjola.id).update(register_id="7654321-0")
    stranger = BrowserClient()
    stranger.get(ASK)
    stranger.post(ASK, form("no number", "warm@else.example"))
    answers, statements = [], []
    for number, email in (("7654321-0", "teemu@pohjola.example"), ("0000000-0", "eve@else.example")):
        with CaptureQueriesContext(connection) as captured:
            answer = stranger.post(ASK, form(number, email))
        answers.append((answer.status_code, answer["Location"]))
        statements.append(len(captured))
    assert answers == [(302, reverse("case_requested"))] * 2
    assert statements[0] == statements[1]
    assert "Enter your name." in visible_text(stranger.post(ASK, {}))
    # The fourth of an address within a day is not stored, and the answer does not say so.
    for _ in range(3):
        assert stranger.post(ASK, form("7654321-0", "teemu@pohjola.example"))["Location"] == answers[0][1]
    assert OrphanRequest.objects.filter(email="teemu@pohjola.example").count() == 3
    link = mailed("orphan_request", "teemu@pohjola.example")
    shown = visible_text(stranger.get(link))
    assert "Teemu Aalto asks to become the admin" in shown
    assert "Pohjolan Sähkö" in shown, "a stranger can enter any address: its owner reads for which company"
    assert OrphanCase.objects.count() == 0, "a GET opens nothing"
    pages = {
        stranger.post(one)["Location"] for one in (link, link, mailed("orphan_request", "eve@else.example"))
    }
    assert pages == {reverse("case_confirmed")}
    case = OrphanCase.objects.get()
    assert (case.organization_id, case.email, case.cause) == (
        world.pohjola.id,
        "teemu@pohjola.example",
        "request",
    )
    assert stranger.get("/no-admin/confirm/khq_unknown").status_code == 410
    for _ in range(5):
        stranger.post(ASK, form("1", "more@else.example"))
    assert stranger.post(ASK, form("1", "more@else.example")).status_code == 429


def test_signed_in_person_asks_and_confirms_and_a_link_that_was_too_old_confirms_nothing(
    world: World,
) -> None:
    orphaned.bounce(world.tiina)
    member = signed_in.browser(world.stina)
    for email in ("teemu@pohjola.example", "late@pohjola.example"):
        assert member.post(ASK, form("7654321-0", email))["Location"] == reverse("case_requested")
    assert member.post(mailed("orphan_request", "teemu@pohjola.example"))["Location"] == reverse(
        "case_confirmed"
    )
    move_clock(DAY + 60)
    late = signed_in.browser(world.stina).post(mailed("orphan_request", "late@pohjola.example"))
    assert (late.status_code, "It may be too old" in visible_text(late)) == (410, True)
    (confirmed,) = OrphanRequest.objects.exclude(confirmed_at=None)
    assert confirmed.email == "teemu@pohjola.example"


def test_colleague_old_admin_and_contact_answer_by_their_links_and_object_by_one_button(world: World) -> None:
    contact = NewContact("invoice", "Jari Lehto", "jari@office.example")
    contacts.add(actor=world.system, organization=world.pohjola, new=contact)
    move_clock(60)
    with configured():
        rescue = Rescue(world)
        case = rescue.open()
        late = NewContact("contract", "Mallory", "mallory@evil.example")
        contacts.add(actor=world.system, organization=world.pohjola, new=late)
        support = desk_browser(rescue)
        url = f"/staff/organizations/pohjola/cases/{case.id}/"
        refused = support.post(url, {"do": "ask", "email": late.email})
        assert "has this address" in visible_text(refused), "a contact that was added later proves nothing"
        for email in (world.stina.user.email, world.tiina.user.email, contact.email):
            assert support.post(url, {"do": "ask", "email": email})["Location"] == url
        stina = mailed("orphan_question", str(world.stina.user.email))
        stranger, member = BrowserClient(), signed_in.browser(world.stina)
        assert "Sign in to answer" in visible_text(stranger.get(stina))
        stranger.post(stina, {"do": "yes"})
        assert OrphanProof.objects.count() == 0, "a colleague's mailbox alone is not enough"
        for browser, link in (
            (member, stina),
            (stranger, mailed("orphan_question", str(world.tiina.user.email))),
            (stranger, mailed("orphan_question", contact.email)),
        ):
            browser.get(link)
            browser.post(link, {"do": "object"})
            browser.post(link, {})
            for _ in range(2):
                browser.post(link, {"do": "yes"})
            assert "Thank you" in visible_text(browser.get(link))
        assert sorted(case.proofs.values_list("kind", flat=True)) == ["contact", "mailbox", "member"]
        shown = page_model(support.get(url), CasePage)
        assert shown.forms.verdict is not None
        verdicts = {f"verdict_{one.id.hex}": "yes" for one in case.proofs.all()}
        support.post(url, {**verdicts, "do": "propose", "shown": shown.forms.verdict["shown"].value()})
    notice = mailed("orphan_notice", contact.email)
    text = visible_text(stranger.get(notice))
    assert "Teemu Aalto" in text
    case.refresh_from_db()
    assert (case.state, case.stopped_at) == ("proposed", None), "a GET changes nothing"
    for _ in range(2):
        stranger.post(notice, {"do": "object", "text": "He left in August"})
    case.refresh_from_db()
    assert case.stopped_at is not None
    assert "You have objected" in visible_text(stranger.get(notice))
    before = Event.objects.filter(verb="orphan_case.object", outcome="refused").count()
    unknown = reverse("case_letter", args=["khc_guessed"])
    assert (stranger.get(unknown).status_code, stranger.post(unknown).status_code) == (404, 404)
    assert Event.objects.filter(verb="orphan_case.object", outcome="refused").count() == before + 1
    with configured():
        (objection,) = page_model(desk_browser(rescue).get(url), CasePage).objections
        assert objection.text == "He left in August"
        assert objection.by.startswith("Jari Lehto")
        for reason in ("", "Spoke with Jari"):
            desk_browser(rescue).post(objection.continue_url, {"reason": reason})
    case.refresh_from_db()
    assert case.stopped_at is None


def test_letter_past_its_end_names_neither_the_customer_nor_the_person(world: World) -> None:
    rescue = Rescue(world)
    case = rescue.open()
    rescue.prove(case, "register", "call_back")
    asked = evidence.ask(actor=rescue.sanna, case=case, membership=world.tiina).result
    answered = evidence.ask(actor=rescue.sanna, case=case, membership=world.stina).result
    letter = letters.find(answered.link)
    assert letter is not None
    evidence.answer(actor=actor_of(world.stina), letter=letter, link=answered.link, agrees=False)
    rescue.propose(case)
    notice = rescue.notices[world.stina.id]
    over = [asked.link]
    for ended in (False, True):
        if ended:
            opening.close(actor=rescue.otto, case=case, reason="Tiina called")
            over = [asked.link, answered.link, notice.link]
        for link in over:
            page = BrowserClient().get(f"/cases/{link}")
            assert (page.status_code, "This question is over" in visible_text(page)) == (410, True)
            assert not any(name in page.content.decode() for name in ("Teemu Aalto", world.pohjola.name))


def test_case_that_rests_on_a_question_says_so_and_how_an_admin_stops_it(world: World) -> None:
    rescue = Rescue(world)
    with bypassing_commands():
        User.objects.filter(id=world.tiina.user_id).update(mail_bounced_at=None)
    claims.claim(actor=actor_of(world.stina), admin=world.tiina, reason="left")
    move_clock(8 * DAY)
    opened = opening.open_case(actor=rescue.sanna, organization=world.pohjola, cause="claim", person=TEEMU)
    case = OrphanCase.objects.get(id=opened.result.case)
    rescue.prove(case, "register", "call_back")
    rescue.propose(case)
    case_mails.queue_notices(organization=world.pohjola.id, case=case.id, sent=list(rescue.notices.values()))
    for who, is_admin in ((world.tiina, True), (world.stina, False)):
        page = visible_text(BrowserClient().get(mailed("orphan_notice", str(who.user.email))))
        assert f"no admin of {world.pohjola.name} answered" in page
        assert "who can sign in" not in page
        assert ("If you are still an admin, sign in" in page) is is_admin
    texts = [queued_mails.text_of(row) for row in Mail.objects.filter(purpose="orphan_notice")]
    assert all("in time, or signed in since" in " ".join(one.split()) for one in texts)
    assert sum("If you are still an admin" in one for one in texts) == 1


def desk_browser(rescue: Rescue) -> BrowserClient:
    """A browser of Sanna, of support."""
    return Desk.signed_in(User.all_directories.get(pk=rescue.sanna.id), "support")


def test_new_admin_reads_until_when_they_invite_and_view(world: World) -> None:
    case = Rescue(world).joined()
    assert case.membership is not None
    world.factor(case.membership.user)
    browser = signed_in.browser(case.membership)
    note = page_model(browser.get("/o/pohjola/"), HomePage).note
    assert note is not None
    assert "Kaikki pääkäyttäjän oikeudet alkavat" in note.text  # the new admin reads Finnish


def test_owner_of_an_address_that_strangers_entered_all_day_asks_by_a_link_of_the_mailbox(
    world: World,
) -> None:
    orphaned.bounce(world.tiina)
    with bypassing_commands():
        Organization.objects.filter(id=world.pohjola.id).update(register_id="7654321-0")
    links = [orphaned.request_link("1") for _ in range(requests.DAILY_PER_ADDRESS)]
    case_mails.queue_request(link=links[0], email=TEEMU.email, language="en")
    owner = BrowserClient()
    owner.post(ASK, form("7654321-0", TEEMU.email))
    assert OrphanRequest.objects.count() == requests.DAILY_PER_ADDRESS
    url = reverse("case_request_by_link", args=[mailed("orphan_request", TEEMU.email).rpartition("/")[2]])
    assert url in owner.get(mailed("orphan_request", TEEMU.email)).content.decode()
    assert "Enter the company’s name." in visible_text(owner.post(url, {}))
    before = Mail.objects.count()
    confirm = owner.post(url, form("7654321-0", "mallory@evil.example"))["Location"]
    assert "Pohjolan Sähkö" in visible_text(owner.get(confirm))
    assert owner.post(confirm)["Location"] == reverse("case_confirmed")
    case = OrphanCase.objects.get()
    assert (case.email, Mail.objects.count()) == (TEEMU.email, before), (
        "the address of the link, without a mail"
    )
    move_clock(DAY + 60)
    assert owner.get(url).status_code == 410
    assert owner.post(url, form("7654321-0", TEEMU.email)).status_code == 410


def test_network_asks_twenty_times_a_day_at_most(world: World) -> None:
    del world
    stranger, answers = BrowserClient(), []
    # Days are those of UTC: the three hours are of one, whatever the time of the test.
    noon = dt.datetime.combine(clock.now().date() + dt.timedelta(days=1), dt.time(12), tzinfo=dt.UTC)
    for hour in range(3):
        move_clock_to(noon + hour * dt.timedelta(seconds=3601))
        answers += [
            stranger.post(ASK, form("1", f"eve{hour}{number}@else.example")).status_code
            for number in range(10)
        ]
    assert answers == [302] * 20 + [429] * 10


def test_networks_of_one_ipv6_site_ask_as_one(world: World) -> None:
    del world
    answers = [
        BrowserClient(REMOTE_ADDR=f"2001:db8:7:{network}::1")
        .post(ASK, form("1", f"eve{network}@else.example"))
        .status_code
        for network in range(11)
    ]
    other = BrowserClient(REMOTE_ADDR="2001:db8:8::1").post(ASK, form("1", "eve@else.example"))
    assert (answers, other.status_code) == ([302] * 10 + [429], 302)
