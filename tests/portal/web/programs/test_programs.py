"""An admin creates, renews and ends programs of the organization on pages; others neither see nor change them."""

import datetime as dt
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from audit.foundation import clock
from audit.foundation.actor import system
from delegation.authorization import service_scopes
from delegation.authorization.models.roles import RoleVersion
from delegation.authorization.verbs import Verb
from delegation.service_users import commands, queries, rules
from identity.people.models import User
from identity.service_users import service_tokens
from identity.service_users.models import ServiceUser
from portal.signin.customers import demands
from portal.web.programs import wording
from portal.web.programs.context import (
    OldSecretPage,
    OrganizationProgramsPage,
    ProgramCreationPage,
    ProgramEndingPage,
    SecretRotationPage,
    ShownSecretPage,
)
from tests.fixtures import events, service_users, signed_in
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.pages import count_statements, page_messages, page_model, visible_text
from tests.fixtures.world import World, bypassing_commands, move_clock

pytestmark = pytest.mark.django_db(transaction=True)
LIST, CREATE = "/o/koskela/programs", "/o/koskela/programs/create"
NAME = "Henkilöstöhallinnon-integraatiopalvelu-Pohjois-Suomen-alue-2"
FORM = {"name": NAME, "scopes": ["people.read", "people.write"], "lasts": "365", "reason": "Leavers"}
DAY, HOUR = 24 * 3600, 3600


def created(browser: BrowserClient, **other: Any) -> ShownSecretPage:
    answer = browser.post(CREATE, {**FORM, "idempotency_key": "k1", **other})
    assert answer["Cache-Control"] == "no-store"
    return page_model(answer, ShownSecretPage)


def accepted(program: uuid.UUID | str, *secrets: str) -> list[bool]:
    found = service_tokens.find(client=str(program))
    return [found is not None and found.verify_secret(secret) for secret in secrets]


def rows_of(browser: BrowserClient) -> Any:
    return page_model(browser.get(LIST), OrganizationProgramsPage).rows


def take_from_admins(*verbs: Verb) -> None:
    """Leave these verbs out of the tier of admins."""
    version = RoleVersion.objects.get(role__key="organization_admin")
    with bypassing_commands():
        RoleVersion.objects.filter(pk=version.pk).update(verbs=sorted({*version.verbs} - {*verbs}))


def test_scopes_of_the_page_are_those_of_the_service() -> None:
    assert list(wording.SCOPES) == list(service_scopes.VERBS)


def test_admin_creates_a_program_once_and_reads_its_secret_once(world: World) -> None:
    browser = signed_in.browser(world.aino)
    assert browser.get(LIST).content.decode().count(CREATE) == 1
    assert rows_of(browser) == []
    offered = [one.value for one in page_model(browser.get(CREATE), ProgramCreationPage).scopes]
    assert offered == list(service_scopes.VERBS)
    empty = page_model(browser.post(CREATE, {}), ProgramCreationPage)
    assert set(empty.form.errors) == {"name", "scopes", "lasts", "reason"}
    wrong = browser.post(CREATE, {**FORM, "scopes": ["supplier.holds.write"], "lasts": "366"})
    assert set(page_model(wrong, ProgramCreationPage).form.errors) == {"scopes", "lasts"}
    assert not ServiceUser.objects.exists()
    program = created(browser)
    assert accepted(program.client_id, program.secret) == [True]
    assert created(browser).secret == "", "a repetition shows none"
    row = ServiceUser.objects.get()
    assert (row.owner_id, row.organization_id) == (world.aino.id, world.koskela.id)
    assert dt.timedelta(days=364) < row.valid_until - clock.now() < rules.MAX_VALIDITY
    (shown,) = rows_of(browser)
    assert (shown.id, shown.name, shown.owner) == (program.client_id, NAME, "Aino Virtanen")
    assert shown.scopes == ["Read people and their access", "Remove and restore people"]
    assert shown.last_used == "No sign-in in the last 2 hours"
    service_tokens.issue(service_user=row.id, scopes=frozenset({"people.read"}))
    assert rows_of(browser)[0].last_used.startswith("Last sign-in today ")
    (event,) = events.recorded(Verb.SERVICE_USER_CREATE)
    assert (event.actor, event.subject) == (world.aino.user_id, row.id)


def test_owner_renews_with_two_secrets_and_ends_the_old_one_earlier(world: World) -> None:
    browser = signed_in.browser(world.aino)
    program = created(browser, lasts="30")
    place = f"{LIST}/{program.client_id}"
    (row,) = rows_of(browser)
    assert (row.secret_url, row.old_secret_url) == (f"{place}/secret", "")
    assert browser.get(f"{place}/old-secret")["Location"] == LIST, "the first one still works"
    assert page_model(browser.get(row.secret_url), SecretRotationPage).row == row
    empty = page_model(browser.post(row.secret_url, {}), SecretRotationPage)
    assert set(empty.form.errors) == {"overlap", "lasts"}
    assert accepted(program.client_id, program.secret) == [True]
    before = ServiceUser.objects.get().valid_until
    renewal = {"overlap": "7d", "lasts": "90", "idempotency_key": "k2"}
    renewed = page_model(browser.post(row.secret_url, renewal), ShownSecretPage)
    assert page_model(browser.post(row.secret_url, renewal), ShownSecretPage).secret == ""
    assert ServiceUser.objects.get().valid_until - before == dt.timedelta(days=60)
    both = [program.secret, renewed.secret]
    assert accepted(program.client_id, *both) == [True, True]
    (row,) = rows_of(browser)
    assert row.credential.startswith("The old secret works until ")
    question = page_model(browser.get(row.old_secret_url), OldSecretPage).form["until"].value()
    for stale in ({}, {"until": "2020-01-01T00:00:00+00:00", "idempotency_key": "k3"}):
        assert page_model(browser.post(row.old_secret_url, stale), OldSecretPage)
    assert accepted(program.client_id, *both) == [True, True], "the page showed another secret"
    for _ in range(2):
        ended = browser.post(row.old_secret_url, {"until": question, "idempotency_key": "k4"})
        assert ended["Location"] == LIST
    assert accepted(program.client_id, *both) == [False, True]
    assert [event.outcome for event in events.recorded(Verb.SERVICE_USER_ROTATE)] == ["done", "done"]


def test_old_secret_that_has_ended_by_itself_is_shown_no_more(world: World) -> None:
    program = service_users.create_with_two_secrets(world.aino).service_user
    assert rows_of(signed_in.browser(world.aino))[0].old_secret_url == f"{LIST}/{program}/old-secret"
    move_clock(DAY + 60)
    browser = signed_in.browser(world.aino)
    (row,) = rows_of(browser)
    assert (row.credential, row.old_secret_url) == ("", "")
    assert browser.get(f"{LIST}/{program}/old-secret")["Location"] == LIST


def test_program_with_keys_gets_a_secret_instead(world: World) -> None:
    made = service_users.create(world.aino)
    row = queries.for_command(service_user=made.service_user)
    commands.use_keys(actor=system(), service_user=row, jwks_uri="https://erp.example/jwks.json")
    browser = signed_in.browser(world.aino)
    (shown,) = rows_of(browser)
    assert (shown.credential, shown.has_keys) == ("Signs in by keys of its own", True)
    page = browser.get(shown.secret_url)
    assert "own keys are refused from then on" in visible_text(page)
    renewed = browser.post(shown.secret_url, {"overlap": "0", "lasts": "same", "idempotency_key": "k"})
    assert accepted(row.id, page_model(renewed, ShownSecretPage).secret, made.secret) == [True, False]


def test_admin_ends_a_program_of_a_colleague_once_and_nothing_follows(world: World) -> None:
    aino, paivi = signed_in.browser(world.aino), signed_in.browser(world.paivi)
    program = created(aino)
    (row,) = rows_of(paivi)
    assert (row.owner, row.secret_url) == ("Aino Virtanen", ""), "its secret has the owner's rights"
    place = f"{LIST}/{program.client_id}"
    assert paivi.get(f"{place}/secret").status_code == 403
    refused = paivi.post(f"{place}/secret", {"overlap": "0", "lasts": "same"})
    assert refused.status_code == 403
    assert "Only its owner" in visible_text(refused)
    question = paivi.get(row.end_url)
    assert page_model(question, ProgramEndingPage).row == row
    assert "Nothing has happened yet." in visible_text(question)
    empty = page_model(paivi.post(row.end_url, {}), ProgramEndingPage)
    assert set(empty.form.errors) == {"reason"}
    assert accepted(program.client_id, program.secret) == [True]
    for _ in range(2):
        assert paivi.post(row.end_url, {"reason": "Leaked", "idempotency_key": "k"})["Location"] == LIST
    assert page_messages(paivi.get(LIST))[0] == f"The program {NAME} has ended."
    assert accepted(program.client_id, program.secret) == [False]
    (row,) = rows_of(aino)
    assert (row.is_ended, row.secret_url, row.end_url, row.last_used) == (True, "", "", "")
    sent = {"overlap": "0", "lasts": "same", "reason": "x", "until": "x", "idempotency_key": "later"}
    for page in ("secret", "old-secret", "end"):
        assert [
            answer["Location"] for answer in (aino.get(f"{place}/{page}"), aino.post(f"{place}/{page}", sent))
        ] == [
            LIST,
            LIST,
        ]
    verbs = (Verb.SERVICE_USER_CREATE, Verb.SERVICE_USER_ROTATE, Verb.SERVICE_USER_END)
    done = [[one for one in events.recorded(verb) if one.outcome == "done"] for verb in verbs]
    assert [len(one) for one in done] == [1, 0, 1]


def answers(browser: BrowserClient, program: object) -> Iterator[int]:
    """Every page about this program, opened, sent empty and sent filled in."""
    sent = {"overlap": "0", "lasts": "same", "reason": "x", "until": "x", "idempotency_key": "k"}
    for page in ("secret", "old-secret", "end"):
        place = f"{LIST}/{program}/{page}"
        for answer in (browser.get(place), browser.post(place, {}), browser.post(place, sent)):
            yield answer.status_code


def test_program_elsewhere_answers_as_a_random_id_and_members_without_the_verb_get_none(world: World) -> None:
    made = service_users.create_with_two_secrets(world.aino)
    elsewhere = service_users.create_with_two_secrets(world.tiina)
    of_staff = uuid.uuid4()
    before = list(ServiceUser.objects.order_by("id").values())
    aino = signed_in.browser(world.aino)
    for unknown in (elsewhere.service_user, of_staff):
        assert set(answers(aino, unknown)) == {404}
    for who, status in ((world.ulla, 403), (world.mikko, 403), (world.sami, 403), (world.tiina, 404)):
        browser = signed_in.browser(who)
        for program in (made.service_user, uuid.uuid4()):
            assert set(answers(browser, program)) == {status}, who
        for answer in (browser.get(LIST), browser.get(CREATE), browser.post(CREATE, FORM)):
            assert answer.status_code == status, who
        assert LIST not in browser.get("/", follow=True).content.decode()
    assert list(ServiceUser.objects.order_by("id").values()) == before
    assert LIST in aino.get("/o/koskela/").content.decode()


def test_creating_and_renewing_ask_for_a_recent_proof_and_ending_does_not(world: World) -> None:
    program = service_users.create(world.aino).service_user
    old = signed_in.browser(world.aino, ago=3 * HOUR)
    assert {verb for verb in Verb if verb.rule.gives_access and "service_user" in verb} == {
        Verb.SERVICE_USER_CREATE,
        Verb.SERVICE_USER_ROTATE,
    }
    for name in ("program_create", "program_secret"):
        assert demands.BY_URL_NAME[name] == demands.GIVING_ACCESS
    kept = old.post(CREATE, FORM)
    assert (kept.status_code, f'value="{NAME}"' in kept.content.decode()) == (419, True)
    assert old.post(f"{LIST}/{program}/secret", {"overlap": "0", "lasts": "same"}).status_code == 419
    assert ServiceUser.objects.count() == 1
    assert old.post(f"{LIST}/{program}/end", {"reason": "Leaked"})["Location"] == LIST


def test_scopes_are_those_of_the_admin_at_the_instant_of_sending(world: World) -> None:
    """A tier with the verb and without others offers less; a form of before is refused at its field."""
    browser = signed_in.browser(world.aino)
    with_less = {"people.read", "people.write", "access.write", "invitations.write"}
    take_from_admins(Verb.ACTIVITY_VIEW)
    offered = page_model(browser.get(CREATE), ProgramCreationPage).scopes
    assert {one.value for one in offered} == with_less
    refused = browser.post(CREATE, {**FORM, "scopes": ["activity.read"]})
    assert set(page_model(refused, ProgramCreationPage).form.errors) == {"scopes"}
    assert not ServiceUser.objects.exists()


def test_admin_without_one_verb_gets_neither_its_button_nor_its_page(world: World) -> None:
    """A tier that only sees programs; the owner's name is for readers who see people."""
    place = f"{LIST}/{service_users.create_with_two_secrets(world.paivi).service_user}"
    own = f"{LIST}/{service_users.create_with_two_secrets(world.aino).service_user}"
    take_from_admins(
        Verb.SERVICE_USER_CREATE, Verb.SERVICE_USER_END, Verb.SERVICE_USER_ROTATE, Verb.MEMBER_VIEW
    )
    browser = signed_in.browser(world.aino)
    page = page_model(browser.get(LIST), OrganizationProgramsPage)
    assert page.create_url == ""
    assert {row.owner for row in page.rows} == {""}
    assert {(row.secret_url, row.old_secret_url, row.end_url) for row in page.rows} == {("", "", "")}
    for one in (
        CREATE,
        *(f"{base}/{act}" for base in (place, own) for act in ("secret", "old-secret", "end")),
    ):
        assert (browser.get(one).status_code, browser.post(one, FORM).status_code) == (403, 403), one


def test_number_of_programs_is_limited_with_a_sentence_at_the_name(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "MAX_IN_FORCE", 1)
    browser = signed_in.browser(world.aino)
    created(browser)
    second = browser.post(CREATE, {**FORM, "idempotency_key": "k2"})
    assert set(page_model(second, ProgramCreationPage).form.errors) == {"name"}


def test_list_takes_the_same_statements_for_few_and_many_programs(world: World) -> None:
    browser = signed_in.browser(world.aino)
    service_users.create(world.aino)
    assert count_statements(browser, LIST) == 10
    for name in ("HR", "CRM"):
        service_users.create_with_two_secrets(world.paivi)
        service_users.create(world.aino, name=name)
    assert count_statements(browser, LIST) == 10


def test_program_of_a_blocked_owner_is_stopped_until_its_end(world: World) -> None:
    service_users.create_with_two_secrets(world.paivi)
    with bypassing_commands():
        User.objects.filter(pk=world.paivi.user_id).update(is_active=False)
    (row,) = rows_of(signed_in.browser(world.aino))
    assert row.end == "Stopped: its owner’s access is blocked or has ended"
    assert (row.is_ended, row.last_used, row.credential, bool(row.end_url)) == (False, "", "", True)
    assert row.old_secret_url
    move_clock(31 * DAY)
    (row,) = rows_of(signed_in.browser(world.aino))
    assert (row.is_ended, row.old_secret_url, row.end_url) == (True, "", "")
