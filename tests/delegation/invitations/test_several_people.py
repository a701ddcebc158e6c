"""One act invites several people, or none of them."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.foundation import clock
from audit.models import Event
from delegation.authorization.errors import InvalidInput, RateLimited, RecipientsRefused
from delegation.invitations import mail_limits, recipients
from delegation.invitations.commands import send as invitations_send
from delegation.invitations.models import Invitation, InvitationToken
from delegation.invitations.recipients import Recipient
from identity.memberships import queries as memberships_queries
from identity.memberships.models import Membership
from tests.fixtures.world import World, actor_of, move_clock

pytestmark = pytest.mark.django_db(transaction=True)

INVITE_PEOPLE = 29
"""Statements of the act, whatever the number of people and sites."""


def people(number: int, word: str = "new") -> list[Recipient]:
    return [Recipient(f"{word}{place}@koskela.example", f"New {place}") for place in range(number)]


def invite(
    world: World, rows: list[Recipient], *, by: Membership | None = None, **other: str
) -> invitations_send.InvitationsSent:
    return invitations_send.invite_people(
        actor=actor_of(by or world.aino),
        organization=world.koskela,
        people=rows,
        access=world.access("viewer", sites=[world.oulu, world.tampere]),
        **other,
    ).result


def open_emails() -> list[str]:
    rows = Invitation.objects.filter(accepted_at=None, cancelled_at=None)
    return sorted(rows.values_list("email", flat=True))


@pytest.mark.parametrize("number", [1, 3, 40])
def test_inviting_people_takes_a_constant_number_of_statements(world: World, number: int) -> None:
    with CaptureQueriesContext(connection) as captured:
        sent = invite(world, people(number))
    assert len(captured) == INVITE_PEOPLE
    assert (sent.number, len(set(sent.links))) == (number, number)
    at_both = Invitation.objects.filter(sites=world.oulu).filter(sites=world.tampere, accepted_at=None)
    assert at_both.count() == number


def test_each_invited_person_has_one_event_about_their_invitation(world: World) -> None:
    made = invitations_send.invite_people(
        actor=actor_of(world.aino),
        organization=world.koskela,
        people=people(3),
        access=world.access("viewer"),
        reason="new shop",
    )
    events = Event.objects.filter(act=made.act)
    assert set(events.values_list("verb", "subject_kind")) == {("member.invite", "invitation")}
    invited = Invitation.objects.filter(email__startswith="new").values_list("id", flat=True)
    assert sorted(events.values_list("subject", flat=True)) == sorted(invited) == sorted(made.subjects)


def test_address_that_is_named_twice_is_invited_once(world: World) -> None:
    twice = [Recipient(" Liisa@koskela.example"), Recipient("liisa@KOSKELA.example", "Liisa")]
    assert invite(world, twice).number == 1
    assert Invitation.objects.get(email="liisa@koskela.example").name == "Liisa"


def test_faulty_people_are_named_and_no_person_is_invited(world: World) -> None:
    waiting, _ = world.invite(
        world.koskela, "waiting@koskela.example", world.access("viewer"), actor=actor_of(world.aino)
    )
    rows = [*people(2), Recipient("mikko@koskela.example"), Recipient("waiting@koskela.example")]
    with pytest.raises(RecipientsRefused) as refusal:
        invite(world, rows)
    assert refusal.value.data["recipients"] == {
        "mikko@koskela.example": {"code": "already_member", "membership": str(world.mikko.id)},
        "waiting@koskela.example": {"code": "already_invited", "invitation": str(waiting.id)},
    }
    assert open_emails() == ["waiting@koskela.example"]


def test_member_that_the_sender_may_not_see_is_no_fault(world: World) -> None:
    """No answer names that member; acceptance adds to what they have."""
    hidden = world.member(world.koskela, "Tuija Tampere", "viewer", sites=[world.tampere])
    rows = [*people(1), Recipient(hidden.user.email)]
    sent = invitations_send.invite_people(
        actor=actor_of(world.sami),
        organization=world.koskela,
        people=rows,
        access=world.access("viewer", sites=[world.oulu]),
    )
    assert sent.result.number == 2


def test_two_admins_who_invite_the_same_people_at_once_invite_each_once(
    world: World, run_concurrently: Callable[..., list[object]]
) -> None:
    done = run_concurrently(
        lambda: invite(world, people(3)), lambda: invite(world, people(3)[::-1], by=world.paivi)
    )
    assert sorted(type(one).__name__ for one in done) == ["InvitationsSent", "RecipientsRefused"]
    assert open_emails() == [f"new{place}@koskela.example" for place in range(3)]


def test_expired_invitations_are_replaced_within_the_act(world: World) -> None:
    invite(world, people(2))
    move_clock(8 * 86_400)
    invite(world, people(3))
    assert len(open_emails()) == 3
    assert Event.objects.filter(verb="invitation.cancel").count() == 2


def test_daily_limit_counts_people_and_not_acts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = InvitationToken.objects.filter(invitation__organization=world.koskela).count()
    members = (
        memberships_queries.active_or_suspended(at=clock.now()).filter(organization=world.koskela).count()
    )
    monkeypatch.setattr(mail_limits, "DAILY_PER_ORGANIZATION", sent - members + 2)
    with pytest.raises(RateLimited) as refusal:
        invite(world, people(3))
    assert refusal.value.data["what"] == "organization"
    assert open_emails() == []
    assert invite(world, people(2)).number == 2


def test_set_that_begins_below_the_daily_limit_does_not_pass_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = InvitationToken.objects.filter(invitation__organization=world.koskela).count()
    members = (
        memberships_queries.active_or_suspended(at=clock.now()).filter(organization=world.koskela).count()
    )
    monkeypatch.setattr(mail_limits, "DAILY_PER_ORGANIZATION", sent + 1)
    with pytest.raises(RateLimited):
        invite(world, people(members + 2))
    assert invite(world, people(members + 1)).number == members + 1


def test_number_of_people_in_one_act_is_limited(world: World) -> None:
    with pytest.raises(InvalidInput) as refusal:
        invite(world, people(recipients.MAX_RECIPIENTS + 1))
    assert refusal.value.data["problem"] == "too_many"
    with pytest.raises(InvalidInput):
        invite(world, [])


def test_repeated_request_sends_no_second_link(world: World) -> None:
    first = invite(world, people(3), idempotency_key="k1")
    again = invite(world, people(3), idempotency_key="k1")
    assert (len(first.links), again.number, again.links) == (3, 3, ())
    assert len(open_emails()) == 3
