"""The break-glass sign-in: opened by a command alone, used once, ended in time, and seen by all staff."""

import datetime as dt
import io
import json
import re
import threading
import urllib.parse
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, transaction
from django.test import override_settings
from fido2.utils import websafe_decode, websafe_encode

from audit.foundation import clock
from audit.log.ledger import SUPPLIER
from audit.models import Event
from delegation.acts import locks
from delegation.authorization.errors import Denied, ExceedsAuthority, NotFound
from delegation.authorization.models.staff import StaffRight
from delegation.staff import commands as staff_commands
from identity.people.models import User
from identity.staff import break_glass as state
from identity.staff.models import BreakGlass, BreakGlassPasskey, StaffSession
from portal import embedded_postgres
from portal.signin.customers import rate_limits
from portal.signin.staff import break_glass
from provisioning import retention
from provisioning.mail.models import Mail
from tests.fixtures import concurrency, queued_mails, staff_provider, state_check
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.events import body
from tests.fixtures.fake_provider import FakeProvider
from tests.fixtures.security_key import SecurityKey
from tests.fixtures.staff_rights import acting_as, hired
from tests.fixtures.staff_users import enrolled, opened
from tests.fixtures.world import World, move_clock

pytestmark = pytest.mark.django_db(transaction=True)
HOME, SIGN_OUT, STAFF = "/staff/", "/staff/sign-out/", "kh-staff"
HALF_HOUR = dt.timedelta(minutes=30)


def open_path(*, new_passkey: bool = False, lasting: dt.timedelta = HALF_HOUR) -> str:
    """Open it, and give the path of the link."""
    found = break_glass.open_link(lasting=lasting, reason="The provider is down", new_passkey=new_passkey)
    return found.url.removeprefix(django_settings.ISSUER)


def key() -> SecurityKey:
    return SecurityKey(django_settings.ISSUER)


def response_of(browser: BrowserClient, path: str, security_key: SecurityKey) -> str:
    """Give the key's response to what the page asks."""
    page = browser.get(path)
    assert page.status_code == 200, page.content.decode()
    asked = page.context["js_data"]
    if "creation_options" in asked:
        return security_key.create(asked["creation_options"])
    return security_key.get(asked["request_options"])


def use(
    path: str, security_key: SecurityKey, browser: BrowserClient | None = None
) -> tuple[BrowserClient, Any]:
    browser = browser or BrowserClient()
    answer = browser.post(path, {"credential": response_of(browser, path, security_key), "name": "Safe"})
    return browser, answer


def in_a_frame(response: str, member: str) -> str:
    """Give the response as a browser sends it from a frame of another site (WebAuthn §5.8.1)."""
    parts = json.loads(response)
    client_data = json.loads(websafe_decode(parts["response"]["clientDataJSON"]))
    client_data[member] = True if member == "crossOrigin" else "https://evil.example"
    parts["response"]["clientDataJSON"] = websafe_encode(json.dumps(client_data).encode())
    return json.dumps(parts)


def is_staff(browser: BrowserClient) -> bool:
    return browser.get(HOME).status_code == 200


def staff_browser(op: FakeProvider) -> BrowserClient:
    """A staff member who signed in by the provider."""
    browser = BrowserClient()
    browser.cookies[STAFF] = opened(enrolled(), issuer=op.url)
    return browser


def supplier_verbs() -> list[str]:
    events = Event.objects.filter(chain=SUPPLIER, verb__startswith="break_glass").order_by("seq")
    return [event.verb.partition(".")[2] for event in events]


def last(verb: str) -> dict[str, Any]:
    return dict(body(Event.objects.filter(verb=verb).latest("at"))["facts"])


def test_link_adds_a_passkey_and_opens_a_session_of_the_owner_until_the_stated_time(
    world: World, op: FakeProvider
) -> None:
    browser, answer = use(open_path(), key())
    assert (answer.status_code, answer["Location"]) == (302, HOME)
    page = browser.get(HOME)
    assert [role.name for role in page.context["sign_in"].roles] == ["Owner"]
    assert page.context["staff"].strip.own
    opening, session = BreakGlass.objects.get(), StaffSession.objects.get()
    assert session.expires_at == opening.ends_at == opening.opened_at + HALF_HOUR
    assert supplier_verbs() == ["opened", "passkey_added", "used"]
    assert all(event.seq for event in Event.objects.filter(verb__startswith="break_glass"))
    assert state_check.differences() == []
    move_clock(HALF_HOUR.total_seconds() + 1)
    assert not is_staff(browser)


def test_use_appoints_the_owner_until_the_stated_end_also_where_an_owner_exists(
    world: World, op: FakeProvider
) -> None:
    staff_commands.appoint_owner(actor=world.system, user=enrolled(), reason="First owner")
    use(open_path(), key())
    right = StaffRight.objects.get(user__name="Break-glass")
    assert (right.role, right.valid_until) == ("owner", BreakGlass.objects.get().ends_at)


def test_second_opening_within_the_time_of_the_first_replaces_the_shorter_right(
    world: World, op: FakeProvider
) -> None:
    use(open_path(), key())
    break_glass.close()
    use(open_path(new_passkey=True), key())
    first, second = StaffRight.objects.order_by("valid_from")
    assert first.valid_until == second.valid_from
    assert second.valid_until == BreakGlass.objects.latest("opened_at").ends_at
    facts = body(Event.objects.filter(verb="owner.appoint").latest("at"))["facts"]
    assert (facts["replaced_right"], facts["right"]) == (str(first.id), str(second.id))
    assert state_check.differences() == []


def test_owner_of_a_break_glass_sign_in_makes_a_lasting_owner(world: World, op: FakeProvider) -> None:
    use(open_path(), key())
    opened_by = StaffRight.objects.get().user
    actor, kaarina = acting_as(opened_by, "owner"), hired("Kaarina Saari")
    with pytest.raises(ExceedsAuthority):  # no other role lasts longer than the opening
        staff_commands.give(actor=actor, user=kaarina, role="support", reason="First")
    staff_commands.give(actor=actor, user=kaarina, role="owner", reason="First owner")
    move_clock(HALF_HOUR.total_seconds() + 1)
    given = staff_commands.give(
        actor=acting_as(kaarina), user=hired("Sanna Heikkilä"), role="support", reason="Joined"
    )
    assert StaffRight.objects.get(id=given.result.right).valid_until is None
    with pytest.raises((Denied, NotFound)):
        staff_commands.give(actor=actor, user=hired("Otso Rantanen"), role="owner", reason="Too late")
    assert state_check.differences() == []


def test_next_link_asks_for_the_passkey_that_is_there(world: World, op: FakeProvider) -> None:
    safe = key()
    use(open_path(), safe)
    break_glass.close()
    path = open_path()
    browser, answer = use(path, key())
    assert (answer.status_code, is_staff(browser)) == (422, False)
    browser, _ = use(path, safe, browser)
    assert is_staff(browser)
    assert BreakGlassPasskey.objects.count() == 1
    assert User.all_directories.filter(directory="staff").count() == 1
    assert last("break_glass.used")["passkey"] == str(BreakGlassPasskey.objects.get().pk)
    assert [row["code"] for row in [last("staff_sign_in.denied")]] == ["passkey"]
    assert state_check.differences() == []


def test_new_passkey_is_added_beside_the_others_only_where_the_command_asks(
    world: World, op: FakeProvider
) -> None:
    use(open_path(), key())
    break_glass.close()
    assert "request_options" in BrowserClient().get(open_path()).context["js_data"]
    break_glass.close()
    browser, _ = use(open_path(new_passkey=True), key())
    assert is_staff(browser)
    assert BreakGlassPasskey.objects.count() == 2


def test_registration_sent_to_a_link_that_asks_for_a_passkey_opens_nothing(
    world: World, op: FakeProvider
) -> None:
    use(open_path(), key())
    break_glass.close()
    path = open_path()
    stranger, browser = key(), BrowserClient()
    asked = browser.get(path).context["js_data"]["request_options"]["publicKey"]
    made = stranger.create({"publicKey": {"challenge": asked["challenge"], "rp": {"id": asked["rpId"]}}})
    answer = browser.post(path, {"credential": made})
    assert (answer.status_code, is_staff(browser)) == (422, False)
    assert BreakGlassPasskey.objects.count() == 1


@pytest.mark.parametrize(
    "defect", ["origin", "flags", "challenge", "frame", "top origin", "nested", "empty", "text", "list"]
)
def test_wrong_response_opens_nothing_and_leaves_the_link(
    world: World, op: FakeProvider, defect: str
) -> None:
    path, other = open_path(), key()
    if defect == "origin":
        other.origin = "https://evil.example"
    if defect == "flags":
        other.flags = type(other.flags).UP
    browser = BrowserClient()
    response = response_of(browser, path, other)
    if defect == "challenge":
        response = other.create({"publicKey": {"challenge": "AAAA", "rp": {"id": "localhost"}}})
    if defect in {"frame", "top origin"}:
        response = in_a_frame(response, {"frame": "crossOrigin", "top origin": "topOrigin"}[defect])
    if defect == "nested":
        parts = json.loads(response)
        parts["response"]["attestationObject"] = websafe_encode(b"\x81" * 5000)
        response = json.dumps(parts)
    others = {"empty": "", "text": "x", "list": "[]"}
    answer = browser.post(path, {"credential": others.get(defect, response)})
    assert (answer.status_code, is_staff(browser)) == (422, False)
    assert (BreakGlassPasskey.objects.count(), StaffSession.objects.count()) == (0, 0)
    assert is_staff(use(path, key(), browser)[0])


def test_link_is_used_once(world: World, op: FakeProvider) -> None:
    path, safe = open_path(), key()
    browser = BrowserClient()
    response = response_of(browser, path, safe)
    assert browser.post(path, {"credential": response}).status_code == 302
    thief = BrowserClient()
    assert thief.get(path).status_code == 404
    assert thief.post(path, {"credential": response}).status_code == 404
    assert (is_staff(thief), is_staff(browser)) == (False, True)
    assert last("staff_sign_in.denied")["code"] == "link"


def test_link_that_is_used_twice_at_once_opens_one_session(world: World, op: FakeProvider) -> None:
    path = open_path()
    browsers = [BrowserClient(), BrowserClient()]
    responses = [response_of(browser, path, key()) for browser in browsers]

    def arrive(number: int) -> Callable[[], int]:
        return lambda: int(browsers[number].post(path, {"credential": responses[number]}).status_code)

    assert set(concurrency.run_concurrently(arrive(0), arrive(1))) == {302, 404}
    assert (StaffSession.objects.count(), BreakGlassPasskey.objects.count()) == (1, 1)
    assert supplier_verbs() == ["opened", "passkey_added", "used"]


def test_use_waits_for_a_close_that_is_under_way_and_opens_nothing(
    world: World, op: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, browser, closing = open_path(), BrowserClient(), threading.Event()
    response = response_of(browser, path, key())
    honest = state.end_open

    def slowly(**which: Any) -> Any:
        closing.set()
        concurrency.wait_until_blocking(concurrency.own_backend())
        return honest(**which)

    def arrive() -> int:
        assert closing.wait(concurrency.TIMEOUT)
        return int(browser.post(path, {"credential": response}).status_code)

    monkeypatch.setattr(state, "end_open", slowly)
    assert concurrency.run_concurrently(break_glass.close, arrive) == [True, 404]
    assert StaffSession.objects.count() == 0
    assert supplier_verbs() == ["opened", "ended"]


def test_step_that_waits_for_a_held_chain_gives_up_and_changes_nothing(
    world: World, op: FakeProvider, database_urls: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits in a thread of the customers' pages."""
    path, browser = open_path(), BrowserClient()
    response = response_of(browser, path, key())
    monkeypatch.setattr(locks, "PEOPLE", dt.timedelta(milliseconds=50))
    with psycopg.connect(database_urls[embedded_postgres.APP]) as holder:
        holder.execute("SELECT FROM audit_chain WHERE id = %s FOR UPDATE", [SUPPLIER])
        assert browser.post(path, {"credential": response}).status_code == 503
        for words in (("close",), ("open", "--for", "30m", "--reason", "x")):
            with pytest.raises(CommandError, match="Nothing was changed"):
                command(*words)
    assert supplier_verbs() == ["opened"]
    assert browser.post(path, {"credential": response}).status_code == 302


def test_two_openings_at_once_leave_one(world: World, op: FakeProvider) -> None:
    def begin() -> str:
        try:
            return open_path()
        except break_glass.AlreadyOpen:
            return ""

    found = concurrency.run_concurrently(begin, begin)
    assert sorted(map(bool, found)) == [False, True]
    assert supplier_verbs() == ["opened"]


def test_database_holds_one_opening_that_has_not_ended(world: World) -> None:
    open_path()
    row = BreakGlass.objects.get()
    row.pk, row.link_hash, row._state.adding = None, "other", True
    with transaction.atomic(), pytest.raises(IntegrityError):
        row.save(force_insert=True)


@pytest.mark.parametrize(
    "change",
    [
        lambda: BreakGlass.objects.update(used_at=None, ended_at=None),
        lambda: BreakGlass.objects.update(ends_at=clock.now() + dt.timedelta(days=1)),
        lambda: BreakGlassPasskey.objects.update(name="x"),
        lambda: BreakGlassPasskey.objects.all().delete(),
    ],
)
def test_row_is_not_changed_without_an_event(
    world: World, op: FakeProvider, change: Callable[[], object]
) -> None:
    use(open_path(), key())
    with pytest.raises(DatabaseError, match="without the event"), transaction.atomic():
        change()


@pytest.mark.parametrize("seconds", [601, 1801])
def test_link_after_its_time_opens_nothing(world: World, op: FakeProvider, seconds: int) -> None:
    path, browser = open_path(), BrowserClient()
    response = response_of(browser, path, key())
    move_clock(seconds)
    assert browser.get(path).status_code == 404
    assert browser.post(path, {"credential": response}).status_code == 404
    assert StaffSession.objects.count() == 0


def test_link_of_an_opening_shorter_than_the_link_ends_with_it(world: World) -> None:
    open_path(lasting=dt.timedelta(minutes=2))
    row = BreakGlass.objects.get()
    assert row.link_expires_at == row.ends_at


def test_close_ends_the_session_at_once(world: World, op: FakeProvider) -> None:
    browser, _ = use(open_path(), key())
    assert break_glass.close()
    assert not is_staff(browser)
    assert not break_glass.close()
    assert supplier_verbs() == ["opened", "passkey_added", "used", "ended"]
    assert last("break_glass.ended")["ended_by"] == "command"
    assert state_check.differences() == []


def test_sign_out_ends_the_opening(world: World, op: FakeProvider) -> None:
    path = open_path()
    browser, _ = use(path, key())
    answer = browser.post(SIGN_OUT)
    assert answer.status_code == 200
    assert "break-glass sign-in has ended" in answer.content.decode()
    assert not is_staff(browser)
    assert last("break_glass.ended")["ended_by"] == "person"
    assert state.current(at=clock.now()) is None


def test_end_by_time_is_recorded_by_the_hourly_job_and_by_the_next_opening(
    world: World, op: FakeProvider
) -> None:
    use(open_path(), key())
    move_clock(HALF_HOUR.total_seconds() + 1)
    retention.purge()
    assert supplier_verbs()[-1] == "ended"
    assert last("break_glass.ended")["ended_by"] == "time"
    open_path(lasting=dt.timedelta(minutes=1))
    move_clock(HALF_HOUR.total_seconds() + 120)
    open_path()
    assert supplier_verbs()[-3:] == ["opened", "ended", "opened"]
    assert state_check.differences() == []


def test_strip_is_on_every_staff_page_while_it_is_open_and_only_then(world: World, op: FakeProvider) -> None:
    sam = staff_browser(op)
    assert sam.get(HOME).context["staff"].strip is None
    path = open_path()
    page = sam.get(HOME)
    assert "It was not used yet" in page.content.decode()
    assert not page.context["staff"].strip.own
    use(path, key())
    assert "It is in use" in sam.get(HOME).content.decode()
    assert "Break-glass" not in BrowserClient().get("/staff/sign-in/").content.decode()
    move_clock(HALF_HOUR.total_seconds())
    sam.cookies[STAFF] = opened(enrolled("staff-2", "Sara"), subject="staff-2", issuer=op.url)
    assert sam.get(HOME).context["staff"].strip is None


def test_sign_in_without_a_configured_provider_exists_while_it_is_open(world: World) -> None:
    paths = [HOME, "/staff/sign-in/", "/staff/sign-in/start", "/staff/sign-in/callback"]
    assert {BrowserClient().get(path).status_code for path in paths} == {404}
    path = open_path()
    browser, _ = use(path, key())
    assert [browser.get(one).status_code for one in paths] == [200, 200, 404, 404]
    assert browser.post("/staff/backchannel-logout", {"logout_token": "x"}).status_code == 404
    assert "is not set up here" in browser.get("/staff/sign-in/").content.decode()
    break_glass.close()
    assert {browser.get(one).status_code for one in [*paths, path]} == {404}


@pytest.mark.usefixtures("at_the_start_of_a_window")
def test_unknown_links_are_limited_per_network(world: World, op: FakeProvider) -> None:
    browser, path = BrowserClient(), "/staff/break-glass/khb_x"
    statuses = {browser.get(path).status_code for _ in range(rate_limits.STAFF_SIGN_IN.amount)}
    assert (statuses, browser.get(path).status_code) == ({404}, 429)


def test_session_moved_to_an_opening_is_not_loaded(world: World, op: FakeProvider) -> None:
    """It would have the role of the owner."""
    sam = staff_browser(op)
    open_path()
    StaffSession.objects.update(break_glass=BreakGlass.objects.get())
    assert not is_staff(sam)


def test_logout_token_of_the_provider_ends_no_break_glass_session(world: World, op: FakeProvider) -> None:
    browser, _ = use(open_path(), key())
    token = op.logout_token(client_id="keyholder", sub=state.SUBJECT)
    assert BrowserClient().post("/staff/backchannel-logout", {"logout_token": token}).status_code == 200
    assert is_staff(browser)


def test_link_is_stored_hashed_and_in_no_mail_and_no_event(world: World) -> None:
    with override_settings(STAFF_ALERTS=["otso@kivisalo.example", "maarja@kivisalo.example"]):
        link = open_path().rpartition("/")[2]
    assert link not in BreakGlass.objects.get().link_hash
    assert Mail.objects.count() == 2
    for mail in Mail.objects.all():
        text = queued_mails.text_of(mail)
        assert "The provider is down" in text
        assert link not in text
    assert not any(link in str(body(event)) for event in Event.objects.all())


def test_use_sends_mails_too(world: World, op: FakeProvider) -> None:
    with override_settings(STAFF_ALERTS=["otso@kivisalo.example"]):
        use(open_path(), key())
    assert [mail.purpose for mail in Mail.objects.all()] == ["break_glass"] * 2


def command(*words: str) -> str:
    out = io.StringIO()
    call_command("staff", *words, stdout=out)
    return out.getvalue()


@override_settings(STAFF_ALERTS=[])
def test_command_prints_a_link_that_works(world: World, op: FakeProvider) -> None:
    text = command("open", "--for", "30m", "--reason", "First owner")
    found = re.search(rf"{re.escape(django_settings.ISSUER)}(/staff/break-glass/khb_\S+)", text)
    assert found is not None
    assert "KEYHOLDER_STAFF_ALERTS is empty" in text
    assert is_staff(use(found[1], key())[0])
    assert command("close") == "Closed.\n"
    assert command("close") == "Nothing was open.\n"


@pytest.mark.parametrize(
    "words",
    [
        ("--for", "30m", "--reason", ""),
        ("--for", "30m", "--reason", " \n\t"),
        ("--for", "30m", "--reason", "x" * 501),
        ("--for", "61m", "--reason", "x"),
        ("--for", "2h", "--reason", "x"),
        ("--for", "0m", "--reason", "x"),
        ("--for", "-5m", "--reason", "x"),
        ("--for", "30", "--reason", "x"),
        ("--for", "30m"),
        ("--reason", "x"),
    ],
    ids=repr,
)
def test_opening_without_a_reason_or_a_short_time_is_refused(world: World, words: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        command("open", *words)
    assert not BreakGlass.objects.exists()


def test_opening_while_one_is_open_is_refused(world: World) -> None:
    command("open", "--for", "1h", "--reason", "x")
    with pytest.raises(CommandError, match="open already"):
        command("open", "--for", "1m", "--reason", "x")


def test_new_sign_in_by_the_provider_in_the_browser_ends_the_break_glass_session(
    world: World, op: FakeProvider
) -> None:
    browser, _ = use(open_path(), key())
    op.person = dict(staff_provider.SAM)
    left = urllib.parse.urlsplit(browser.get("/staff/sign-in/start")["Location"]).query
    came_back = urllib.parse.urlsplit(op.authorize(dict(urllib.parse.parse_qsl(left)))).query
    browser.get(f"/staff/sign-in/callback?{came_back}")
    assert browser.get(HOME).context["staff"].name == "Sam Salonen"
    assert last("break_glass.ended")["ended_by"] == "person"
