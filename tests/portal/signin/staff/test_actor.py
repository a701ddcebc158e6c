"""A staff session becomes an actor with the roles that its groups and proofs allow, and the right decides the rest."""

import pytest
from django.test import RequestFactory, override_settings

from audit.foundation import clock
from audit.foundation.actor import Actor, ActorKind
from delegation.authorization import policy
from delegation.authorization.policy import SupplierData
from delegation.authorization.verbs import Verb
from identity.staff import identities, sessions
from identity.staff.sessions import StaffProof
from portal.http import request_context
from portal.signin.staff import sign_in
from tests.fixtures import staff_provider, staff_users
from tests.fixtures.staff_rights import Staff
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)
SUBJECT = "otso"
"""The owner's subject at the provider."""


def actor(groups: tuple[str, ...], proved: tuple[str, ...]) -> Actor:
    user = identities.find(issuer=staff_users.ISSUER, subject=SUBJECT)
    assert user is not None
    proof = StaffProof(groups=groups, proved=proved, email="otso@kivisalo.example")
    secret = staff_users.opened(user, subject=SUBJECT, proof=proof)
    session = sessions.load(secret=secret, at=clock.now())
    assert session is not None
    request = request_context.attach_context(RequestFactory().get("/staff/", headers={"host": "localhost"}))
    with override_settings(STAFF_SIGN_IN=staff_provider.setting_of(staff_users.ISSUER)):
        return sign_in.actor_in(request, session)


@pytest.mark.parametrize(
    ("groups", "proved", "roles"),
    [
        (("kh-owners",), ("mfa",), {"owner"}),
        (("kh-owners", "kh-support"), ("pwd", "phr"), {"owner", "support"}),
        (("kh-owners", "kh-support"), ("pwd",), {"support"}),
        (("kh-owners",), ("pwd",), set()),
        (("kh-support",), ("mfa",), {"support"}),
        (("other",), ("mfa",), set()),
        ((), ("mfa",), set()),
    ],
)
def test_right_of_an_owner_needs_the_group_and_the_proof_of_the_last_sign_in(
    world: World, groups: tuple[str, ...], proved: tuple[str, ...], roles: set[str]
) -> None:
    Staff(world)
    found = actor(groups, proved)
    assert (found.kind, set(found.staff_roles), found.label) == (ActorKind.STAFF, roles, "Otso Rantanen")
    decision = policy.decide(actor=found, verb=Verb.STAFF_RIGHT_GIVE, on=SupplierData(), at=clock.now())
    assert bool(decision) == ("owner" in roles)
