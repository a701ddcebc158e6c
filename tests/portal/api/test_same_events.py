"""The same story by pages and by REST leaves the same events, but for the actor."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from audit.models import Event
from delegation.authorization.verbs import Verb
from delegation.invitations.commands import accept as invitations_accept
from delegation.invitations.models import Invitation
from identity.memberships.models import Membership
from tests.fixtures import events, queued_mails, signed_in
from tests.fixtures.pages import KOSKELA, orderer_form, person_path
from tests.fixtures.rest_api import Program
from tests.fixtures.snapshot import RestoreWorld
from tests.fixtures.world import World, actor_of, hashed

pytestmark = pytest.mark.django_db(transaction=True)
EMAIL = "nea@koskela.example"
Story = dict[str, Callable[..., Any]]
STORY = (Verb.MEMBER_INVITE, Verb.INVITATION_ACCEPT, Verb.ACCESS_CHANGE, Verb.MEMBER_REMOVE)


def by_pages(world: World) -> Story:
    browser = signed_in.browser(world.aino)
    viewer = {"tier": "viewer", "where": "all", "until": "", "reason": "", "idempotency_key": "a"}
    invited = {**viewer, "email": EMAIL, "language": "en"}
    return {
        "invite": lambda: browser.post(f"{KOSKELA}/people/invite", invited),
        "change": lambda person: browser.post(
            person_path(person, "access"), orderer_form(world, reason="more", idempotency_key="b")
        ),
        "remove": lambda person: browser.post(
            person_path(person, "remove"), {"why": "left", "reason": "left", "idempotency_key": "c"}
        ),
    }


def by_rest(world: World) -> Story:
    program = Program(world.aino)
    access = {
        "role": "orderer",
        "sites": [str(world.tampere.id)],
        "limits": {"ordering:orders.place": {"amount": "2000.00"}},
        "reason": "more",
    }
    invited = {"email": EMAIL, "access": {"role": "viewer", "all_sites": True}}
    return {
        "invite": lambda: program.post("invitations", invited),
        "change": lambda person: program.put(f"people/{person.id}/access", access, If_Match="*"),
        "remove": lambda person: program.post(f"people/{person.id}/remove", {"reason": "left"}),
    }


def events_of(world: World, story: Story) -> list[dict[str, Any]]:
    """Run the story, and return its events without ids and instants."""
    assert story["invite"]().status_code in {201, 302}
    invitation = Invitation.objects.get(email=EMAIL)
    link = queued_mails.invitation_token()
    newcomer = invitations_accept.Newcomer(name="Nea Uusi", password=hashed(), language="en")
    done = invitations_accept.accept(
        actor=actor_of(world.aino), invitation=invitation, link=link, accepted_by=newcomer
    )
    person = Membership.objects.get(id=done.result.membership)
    for step in ("change", "remove"):
        answer = story[step](person)
        assert answer.status_code in {200, 302}, answer.content
    found = [event for verb in STORY for event in events.recorded(verb, organization=world.koskela.id)]
    about = {invitation.id, person.id}
    return [plain(event) for event in found if event.subject in about]


def plain(event: Event) -> dict[str, Any]:
    body = events.body(event)
    facts = {name: value for name, value in body["facts"].items() if name not in {"link", "invited_by_kind"}}
    kept = {
        "verb": body["verb"],
        "subject": body["subject"]["kind"],
        "before": body["before"],
        "after": body["after"],
        "facts": facts,
        "personal": sorted(name for name in body["personal"] if not name.startswith("actor.")),
    }
    return dict(without_ids(kept))


def without_ids(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_ids(one) for name, one in value.items()}
    if isinstance(value, list):
        return [without_ids(one) for one in value]
    if isinstance(value, str):
        value = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "ID", value)
        value = re.sub(r"\d{4}-\d\d-\d\dT[\d:.+]+", "AT", value)
        return re.sub(r"[0-9a-f]{64}", "DIGEST", value)
    return value


def _worlds(restore_world: RestoreWorld) -> Iterator[tuple[Callable[[World], Story], World]]:
    """Give each channel a new world, one after the other."""
    for channel in (by_pages, by_rest):
        yield channel, restore_world()


def test_invite_accept_change_remove_leaves_the_same_events_by_pages_and_rest(
    restore_world: RestoreWorld,
) -> None:
    pages, rest = (events_of(world, channel(world)) for channel, world in _worlds(restore_world))
    assert [event["verb"] for event in pages] == [
        "member.invite",
        "invitation.accept",
        "invitation.accept",
        "access.change",
        "member.remove",
    ]
    assert rest == pages
