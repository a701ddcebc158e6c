"""The reason of an assignment is shown with it, and stands in the log alone, encrypted."""

import pytest
from django.db import connection

from delegation.access import commands as access_commands
from delegation.invitations.commands import accept as invitations_accept
from delegation.invitations.commands import send as invitations_send
from delegation.invitations.models import Invitation
from delegation.people.commands import members as people_commands
from identity.memberships.models import Membership
from portal.web.people.detail_context import PersonPage
from tests.fixtures import person_keys, signed_in
from tests.fixtures.pages import KOSKELA, page_model
from tests.fixtures.world import World, actor_of, hashed

pytestmark = pytest.mark.django_db(transaction=True)

REASON = "covers for Liisa during her sick leave"
TABLES = """
SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition
AND relnamespace = 'public'::regnamespace
"""


def notes(world: World, member: Membership) -> list[str]:
    """Give the line below who assigned each right."""
    answer = signed_in.browser(world.aino).get(f"{KOSKELA}/people/{member.id}")
    return [right.chain[1].sub for right in page_model(answer, PersonPage).rights]


def tables_with(text: str) -> list[str]:
    """Give the tables in which this text stands in clear."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT count(*) FROM "{table}" t WHERE position(%s in t::text) > 0', [text])
            found += [table] * cursor.fetchone()[0]
    return found


def changed(world: World) -> Membership:
    access_commands.change(
        actor=actor_of(world.aino), memberships=[world.mikko], access=world.access("viewer"), reason=REASON
    )
    return world.mikko


def restored(world: World) -> Membership:
    world.remove(world.mikko)
    people_commands.restore(
        actor=actor_of(world.aino), memberships=[world.mikko], access=world.access("viewer"), reason=REASON
    )
    return world.mikko


def invited(world: World) -> Membership:
    sent = invitations_send.invite(
        actor=actor_of(world.aino),
        organization=world.koskela,
        email="new@koskela.example",
        access=world.access("viewer"),
        reason=REASON,
    ).result
    newcomer = invitations_accept.Newcomer(name="Nelli Uusi", password=hashed(), language="en")
    done = invitations_accept.accept(
        actor=world.system,
        invitation=Invitation.objects.get(id=sent.invitation),
        link=sent.link,
        accepted_by=newcomer,
    )
    return Membership.objects.get(id=done.result.membership)


@pytest.mark.parametrize("assign", [changed, restored, invited])
def test_reason_is_shown_with_the_right_and_stored_in_no_table_in_clear(world: World, assign: object) -> None:
    assert callable(assign)
    member = assign(world)
    shown = notes(world, member)
    assert shown
    assert [note for note in shown if REASON not in note] == []
    assert tables_with(REASON) == []


def test_reason_whose_writer_is_erased_is_shown_no_more(world: World) -> None:
    member = changed(world)
    person_keys.destroy(world.aino.user_id)
    assert [note for note in notes(world, member) if REASON in note] == []
