"""An admin signs out a member of one browser or of all, for this organization only."""

import uuid

import pytest

from audit.models import Event
from delegation.authorization import errors as authorization_errors
from delegation.people.commands import members
from delegation.people.commands.self_service import SignedOut
from identity.grants.models import TokenFamily
from identity.memberships.models import Membership
from identity.people.models import User
from identity.sessions.models import Session, SignIn
from tests.fixtures import oidc_browser, signed_in, state_check
from tests.fixtures.world import World, actor_of, bypassing_commands

pytestmark = pytest.mark.django_db(transaction=True)


def use_service(world: World, who: Membership, organization: str) -> SignIn:
    """Sign in to the web shop for this organization, with tokens, in a browser of its own."""
    known = set(SignIn.objects.values_list("id", flat=True))
    oidc_browser.tokens(world, who, organization=organization)
    return SignIn.objects.exclude(id__in=known).get()


def open_sign_ins() -> set[uuid.UUID]:
    return set(SignIn.objects.filter(ended_at=None).values_list("id", flat=True))


def open_families() -> set[uuid.UUID]:
    return set(TokenFamily.objects.filter(ended_at=None).values_list("sign_in_id", flat=True))


def test_sign_out_of_all_ends_everything_of_a_person_with_one_organization(world: World) -> None:
    first, second = (use_service(world, world.olli, "koskela") for _ in range(2))
    colleague = use_service(world, world.vilma, "koskela")
    done = members.sign_out(actor=actor_of(world.aino), membership=world.olli)
    assert done.result == SignedOut(sign_ins=2, token_families=2, sessions=2)
    assert open_sign_ins() == open_families() == {colleague.id}
    assert set(SignIn.objects.filter(id__in=[first.id, second.id]).values_list("ended_at", flat=True)) == {
        done.at
    }
    assert list(Session.objects.values_list("user_id", flat=True)) == [world.vilma.user_id]
    assert User.objects.get(id=world.olli.user_id).epoch == 2
    event = Event.objects.get(verb="member.sign_out")
    assert (event.organization, event.subject, event.outcome) == (world.koskela.id, world.olli.id, "done")


def test_sign_out_of_all_leaves_the_other_organization_of_the_person(world: World) -> None:
    here = use_service(world, world.mikko, "koskela")
    there = use_service(world, world.mikko, "pohjola")
    done = members.sign_out(actor=actor_of(world.aino), membership=world.mikko)
    assert done.result == SignedOut(sign_ins=1, token_families=1, sessions=0)
    assert open_sign_ins() == open_families() == {there.id}
    assert Session.objects.filter(session_key__in=[here.session_key, there.session_key]).count() == 2
    assert User.objects.get(id=world.mikko.user_id).epoch == 1
    assert Membership.objects.get(id=world.mikko.id).revoked_at == done.at
    assert Membership.objects.get(id=world.mikko_at_pohjola.id).revoked_at is None


def test_sign_out_of_one_browser_ends_the_session_of_a_person_with_one_organization(world: World) -> None:
    first, second = (use_service(world, world.olli, "koskela") for _ in range(2))
    done = members.sign_out(actor=actor_of(world.aino), membership=world.olli, sign_in=first.id)
    assert done.result == SignedOut(sign_ins=1, token_families=1, sessions=1)
    assert open_sign_ins() == open_families() == {second.id}
    assert list(Session.objects.values_list("session_key", flat=True)) == [second.session_key]


def test_sign_out_of_one_browser_leaves_the_session_for_the_other_organization(world: World) -> None:
    here = use_service(world, world.mikko, "koskela")
    done = members.sign_out(actor=actor_of(world.aino), membership=world.mikko, sign_in=here.id)
    assert done.result == SignedOut(sign_ins=1, token_families=1, sessions=0)
    assert Session.objects.filter(session_key=here.session_key).exists()
    assert Membership.objects.get(id=world.mikko.id).revoked_at is None


def test_sign_out_of_a_sign_in_for_another_organization_or_person_is_not_found(world: World) -> None:
    there = use_service(world, world.mikko, "pohjola")
    colleague = use_service(world, world.vilma, "koskela")
    for foreign in (there.id, colleague.id, uuid.uuid4()):
        with pytest.raises(authorization_errors.NotFound):
            members.sign_out(actor=actor_of(world.aino), membership=world.mikko, sign_in=foreign)
    assert open_sign_ins() == {there.id, colleague.id}


def test_sign_out_of_a_sign_in_that_has_ended_changes_nothing(world: World) -> None:
    first = use_service(world, world.olli, "koskela")
    members.sign_out(actor=actor_of(world.aino), membership=world.olli, sign_in=first.id)
    with pytest.raises(authorization_errors.Unchanged):
        members.sign_out(actor=actor_of(world.aino), membership=world.olli, sign_in=first.id)
    assert Event.objects.filter(verb="member.sign_out", outcome="done").count() == 1


@pytest.mark.parametrize(
    ("actor", "member", "reason"),
    [
        ("vilma", "olli", None),
        ("sami", "mikko", None),
        ("ulla", "aino", "exceeds_authority"),
        ("aino", "aino", "own_membership"),
        ("tiina", "mikko", None),
        ("stina", "olli", None),
    ],
)
def test_sign_out_is_refused_outside_authority_sites_and_organization(
    world: World, actor: str, member: str, reason: str | None
) -> None:
    who: Membership = getattr(world, member)
    session = signed_in.session_of(signed_in.browser(who)).stored_key()
    with pytest.raises((authorization_errors.Denied, authorization_errors.NotFound)) as refusal:
        members.sign_out(actor=actor_of(getattr(world, actor)), membership=who)
    assert getattr(refusal.value, "data", {}).get("reason") == reason
    assert Session.objects.filter(session_key=session).exists()
    assert Membership.objects.get(id=who.id).epoch == 1


def test_site_admin_signs_out_a_member_of_their_sites(world: World) -> None:
    use_service(world, world.olli, "koskela")
    members.sign_out(actor=actor_of(world.sami), membership=world.olli)
    assert open_sign_ins() == set()


def test_sign_out_sent_twice_with_one_key_runs_once(world: World) -> None:
    use_service(world, world.olli, "koskela")
    key = uuid.uuid4().hex
    for _ in range(2):
        done = members.sign_out(actor=actor_of(world.aino), membership=world.olli, idempotency_key=key)
        assert done.result.sign_ins == 1
    assert Membership.objects.get(id=world.olli.id).epoch == 2


@pytest.mark.parametrize("member", ["olli", "mikko"])
def test_sign_out_leaves_tables_that_follow_from_the_log(world: World, member: str) -> None:
    who: Membership = getattr(world, member)
    members.sign_out(actor=actor_of(world.aino), membership=who)
    world.remove(world.vilma)
    assert [str(difference) for difference in state_check.differences()] == []
    with bypassing_commands():
        Membership.objects.filter(id=who.id).update(revoked_at=None)
    assert [difference.column for difference in state_check.differences()] == ["revoked_at"]
