"""The events of each command, compared exactly: chain, subject, before, after and facts."""

import datetime as dt
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from allauth.idp.oidc.models import Client as ProtocolClient

from audit.foundation import clock, digests
from audit.log import ledger
from audit.models import Event
from delegation import retention
from delegation.access import commands as access_commands
from delegation.acts.idempotency import Outcome
from delegation.applications import commands as applications_commands
from delegation.applications import new_client
from delegation.authorization.models.assignments import Assignment
from delegation.authorization.values import AmountLimit
from delegation.catalogue import ceilings, propagation
from delegation.catalogue import commands as catalogue_commands
from delegation.invitations.commands import accept as invitations_accept
from delegation.invitations.commands import send as invitations_send
from delegation.invitations.models import Invitation
from delegation.organizations import commands as organizations_commands
from delegation.organizations.new_organization import NewOrganization
from delegation.people.commands import enrollment, self_service
from delegation.people.commands import members as people_commands
from identity.memberships.models import Membership
from identity.organizations.models import Site
from identity.people.models import User
from tests.fixtures.world import CATALOGUE, PLACE, World, actor_of, hashed, move_clock

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("state_checked")]

Line = dict[str, Any]


class Names:
    """Ids of the world and of what a command made, as words."""

    def __init__(self, world: World, **more: uuid.UUID) -> None:
        people = {one.id: name for name, one in vars(world).items() if isinstance(one, Membership)}
        users = {
            one.user_id: f"{name}'s user" for name, one in vars(world).items() if isinstance(one, Membership)
        }
        sites = {one.id: one.name for one in vars(world).values() if isinstance(one, Site)}
        organizations = {world.koskela.id: "koskela", world.pohjola.id: "pohjola"}
        self.known: dict[str, str] = {
            str(one): name
            for one, name in {
                **users,
                **people,
                **sites,
                **organizations,
                **{one: name for name, one in more.items()},
                ledger.SUPPLIER: "supplier",
                world.system.id: "system",
            }.items()
        }

    def __call__(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: self(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self(item) for item in value]
        return self.known.get(str(value), value)


def lines(act: uuid.UUID, names: Names) -> list[Line]:
    """The events of an act, each without its empty parts."""
    found = []
    for event in Event.objects.filter(act=act, outcome="done").order_by("chain", "seq"):
        body = json.loads(bytes(event.body))
        line = {
            "verb": body["verb"],
            "chain": names(body["chain"]),
            "subject": f"{body['subject']['kind']} {names(body['subject']['id'])}",
            "organization": names(body["organization"]),
            "cause": body["cause"],
            "before": names(body["before"]),
            "after": names(body["after"]),
            "facts": names(body["facts"]),
            "personal": [name for name in body["personal"] if not name.startswith("actor.")],
        }
        found.append({key: value for key, value in line.items() if value})
    return sorted(found, key=lambda line: (line["chain"], line["verb"], line["subject"]))


def limit(amount: str) -> Line:
    return {PLACE: {"amount": amount, "currency": "EUR", "period": "order"}}


def assignment(of: Membership) -> str:
    return str(Assignment.objects.filter(membership=of).earliest("valid_from", "id").id)


MIKKO: Line = {
    "assignment": "assignment",
    "role": "orderer",
    "all_sites": False,
    "sites": ["Tampere"],
    "limits": limit("5000.00"),
    "until": None,
}
VIEWER: Line = {"role": "viewer", "all_sites": True, "sites": [], "limits": {}, "until": None}


def test_change_of_access_names_both_accesses(world: World) -> None:
    names = Names(world, assignment=uuid.UUID(assignment(world.mikko)))
    until = clock.now() + dt.timedelta(days=3)
    requested = replace(world.access("orderer", sites=[world.oulu], amount=7), until=until)
    done = access_commands.change(
        actor=actor_of(world.aino), memberships=[world.mikko], access=requested, reason="on leave"
    )
    after = {
        "role": "orderer",
        "all_sites": False,
        "sites": ["Oulu"],
        "limits": limit("7.00"),
        "until": until.isoformat(),
    }
    assert lines(done.act, names) == [
        {
            "verb": "access.change",
            "chain": "koskela",
            "subject": "membership mikko",
            "organization": "koskela",
            "before": {"access": [MIKKO]},
            "after": {"access": [after]},
            "personal": ["reason", "subject.label"],
        }
    ]


def test_removal_names_the_assignments_and_the_invitations_it_cancels(world: World) -> None:
    sent, _ = world.invite(
        world.koskela, "n@koskela.example", world.access("viewer"), actor=actor_of(world.ulla)
    )
    names = Names(world, assignment=uuid.UUID(assignment(world.ulla)), sent=sent.id)
    done = people_commands.remove(actor=actor_of(world.aino), memberships=[world.ulla])
    current = {**VIEWER, "role": "user_admin", "assignment": "assignment"}
    counts = {"sign_ins": 0, "token_families": 0, "sessions": 0}
    assert lines(done.act, names) == [
        {
            "verb": "invitation.cancel",
            "chain": "koskela",
            "subject": "invitation sent",
            "organization": "koskela",
            "cause": "member.remove",
        },
        {
            "verb": "member.remove",
            "chain": "koskela",
            "subject": "membership ulla",
            "organization": "koskela",
            "before": {"state": "active", "access": [current]},
            "after": {"state": "ended", "everywhere": True},
            "facts": counts,
            "personal": ["subject.label"],
        },
    ]
    assert done.result == people_commands.Removed(
        sign_ins=counts["sign_ins"], token_families=counts["token_families"], sessions=counts["sessions"]
    )
    assert Invitation.objects.get(id=sent.id).cancelled_at == done.at


def test_restoring_names_the_new_access(world: World) -> None:
    world.remove(world.vilma)
    done = people_commands.restore(
        actor=actor_of(world.aino), memberships=[world.vilma], access=world.access("viewer"), reason="back"
    )
    assert lines(done.act, Names(world)) == [
        {
            "verb": "member.restore",
            "chain": "koskela",
            "subject": "membership vilma",
            "organization": "koskela",
            "before": {"state": "ended"},
            "after": {"state": "active", "access": [VIEWER]},
            "personal": ["reason", "subject.label"],
        }
    ]


def test_invitation_names_the_access_and_encrypts_personal_values(world: World) -> None:
    requested = world.access("orderer", sites=[world.oulu], amount=7)
    done = invitations_send.invite(
        actor=actor_of(world.sami),
        organization=world.koskela,
        email="Ida@Koskela.example",
        access=requested,
        name="Ida Ranta",
        language="fi",
        reason="new shop",
    )
    made = Invitation.objects.get(id=done.result.invitation)
    facts = {"role": "orderer", "all_sites": False, "sites": ["Oulu"], "limits": limit("7.00"), "until": None}
    assert lines(done.act, Names(world, made=made.id)) == [
        {
            "verb": "member.invite",
            "chain": "koskela",
            "subject": "invitation made",
            "organization": "koskela",
            "after": {
                "invitation": "made",
                "access": facts,
                "expires_at": made.expires_at.isoformat(),
                "language": "fi",
            },
            "facts": {"invitation": "made", "link": made.tokens.get().hash},
            "personal": ["email", "name", "reason"],
        }
    ]
    assert (
        made.email,
        made.name,
        made.language,
        made.role.key,
        made.all_sites,
        list(made.sites.all()),
        made.limits,
        made.access_until,
        made.invited_by,
        made.invited_by_kind,
        made.created_at,
        made.expires_at,
        made.accepted_at,
        made.cancelled_at,
        made.membership,
    ) == (
        "ida@koskela.example",
        "Ida Ranta",
        "fi",
        "orderer",
        False,
        [world.oulu],
        [{"entitlement": PLACE, **limit("7.00")[PLACE]}],
        None,
        world.sami.user_id,
        "person",
        done.at,
        done.at + dt.timedelta(days=7),
        None,
        None,
        None,
    )


def test_acceptance_is_an_event_of_the_invitation_and_of_the_membership(world: World) -> None:
    sent, link = world.invite(
        world.koskela, "ida@koskela.example", world.access("viewer"), actor=actor_of(world.ulla)
    )
    newcomer = invitations_accept.Newcomer(name="Ida Ranta", password=hashed(), language="fi")
    done = invitations_accept.accept(actor=world.system, invitation=sent, link=link, accepted_by=newcomer)
    made = Membership.objects.get(id=done.result.membership)
    after = {"state": "active", "access": [VIEWER], "membership": "ida"}
    assert lines(done.act, Names(world, sent=sent.id, ida=made.id)) == [
        {
            "verb": "invitation.accept",
            "chain": "koskela",
            "subject": "invitation sent",
            "organization": "koskela",
            "after": after,
        },
        {
            "verb": "invitation.accept",
            "chain": "koskela",
            "subject": "membership ida",
            "organization": "koskela",
            "cause": "invitation.accept",
            "before": {"state": "none"},
            "after": {**after, "user": str(made.user_id), "password": digests.digest(hashed())},
            "facts": {"invited_by": "ulla's user", "invited_by_kind": "person", "invitation": "sent"},
            "personal": ["subject.label"],
        },
    ]
    assert (done.result.membership, done.result.user) == (made.id, made.user_id)
    given = Assignment.objects.get(membership=made)
    assert (given.assigned_by, given.assigned_by_kind, given.act, given.valid_from, given.valid_until) == (
        world.ulla.user_id,
        "person",
        done.act,
        done.at,
        None,
    )


def test_resending_names_both_senders_and_both_ends(world: World) -> None:
    sent, _ = world.invite(
        world.koskela, "ida@koskela.example", world.access("viewer"), actor=actor_of(world.ulla)
    )
    move_clock(120)
    done = invitations_send.resend(actor=actor_of(world.aino), invitation=sent)
    until = done.at + dt.timedelta(days=7)
    assert lines(done.act, Names(world, sent=sent.id)) == [
        {
            "verb": "invitation.resend",
            "chain": "koskela",
            "subject": "invitation sent",
            "organization": "koskela",
            "before": {"expires_at": sent.expires_at.isoformat(), "invited_by": "ulla's user"},
            "after": {"expires_at": until.isoformat(), "invited_by": "aino's user"},
            "facts": {"link": sent.tokens.latest("created_at").hash},
        }
    ]
    fresh = Invitation.objects.get(id=sent.id)
    assert (fresh.expires_at, fresh.invited_by, fresh.invited_by_kind) == (
        until,
        world.aino.user_id,
        "person",
    )


def test_enrolling_is_an_event_of_each_membership_and_of_the_organization(world: World) -> None:
    people = [
        enrollment.PersonToEnroll(
            email="ida@koskela.example",
            name="Ida Ranta",
            password=hashed(),
            language="fi",
            access=world.access("viewer"),
        )
    ]
    done = enrollment.enroll(actor=world.system, organization=world.koskela, people=people)
    made = Membership.objects.get(user__email="ida@koskela.example")
    assert lines(done.act, Names(world, ida=made.id)) == [
        {
            "verb": "member.enroll",
            "chain": "koskela",
            "subject": "membership ida",
            "organization": "koskela",
            "cause": "member.enroll",
            "before": {"state": "none"},
            "after": {
                "state": "active",
                "access": [VIEWER],
                "user": str(made.user_id),
                "password": digests.digest(hashed()),
            },
            "personal": ["email", "subject.label"],
        },
        {
            "verb": "member.enroll",
            "chain": "koskela",
            "subject": "organization koskela",
            "organization": "koskela",
            "facts": {"members": 1},
        },
    ]
    person = User.objects.get(id=made.user_id)
    assert (person.name, person.language, person.is_active) == ("Ida Ranta", "fi", True)


def test_ceiling_is_an_event_of_the_supplier_and_of_the_organization(world: World) -> None:
    done = ceilings.set_ceiling(
        actor=world.system,
        organization=world.koskela,
        offer={
            PLACE: AmountLimit(None),
            "crm:contacts.see": None,
            "ordering:orders.approve": AmountLimit(Decimal("12.50")),
        },
    )
    offer = {
        "crm:contacts.see": None,
        "ordering:orders.approve": {"amount": "12.50", "currency": "EUR"},
        PLACE: {"amount": None, "currency": "EUR"},
    }
    assert lines(done.act, Names(world)) == [
        {
            "verb": "ceiling.set",
            "chain": "koskela",
            "subject": "organization koskela",
            "organization": "koskela",
            "cause": "ceiling.set",
            "facts": {"offer": offer},
        },
        {
            "verb": "ceiling.set",
            "chain": "supplier",
            "subject": "supplier supplier",
            "facts": {"organization": "koskela", "offer": offer, "unit_offers": {"kivisalo": offer}},
        },
    ]


NOT_ASSIGNABLE: Line = {"allowed": True, "assignable": False, "amount": None, "currency": ""}
VIEWER_VERSION: Line = {
    "number": 2,
    "verbs": [],
    "assignable_roles": [],
    "max_assignment_days": None,
    "required_assurance": "mfa",
    "is_admin": False,
    "entitlements": dict.fromkeys(
        ("ordering:orders.see", "ordering:invoices.see", "crm:contacts.see"), NOT_ASSIGNABLE
    ),
}


def test_catalogue_event_lists_the_applied_units_roles_and_entitlements(world: World) -> None:
    roles = [replace(role, mfa=True) if role.key == "viewer" else role for role in CATALOGUE.roles]
    units = catalogue_commands.add_units(
        actor=world.system, catalogue=replace(CATALOGUE, units={"b": "B", "a": "A"})
    )
    applied = catalogue_commands.apply(actor=world.system, catalogue=replace(CATALOGUE, roles=roles))
    supplier_line = {"verb": "catalogue.apply", "chain": "supplier", "subject": "supplier supplier"}
    names = Names(world)
    assert lines(units.act, names) == [{**supplier_line, "facts": {"business_units": ["a", "b"]}}]
    entitlements = sorted(spec.key for spec in CATALOGUE.entitlements)
    assert lines(applied.act, names) == [
        {
            **supplier_line,
            "facts": {
                "roles": ["viewer"],
                "entitlements": entitlements,
                "brands": {},
                "ceiling_templates": {
                    spec.key: {
                        "units": [],
                        "offer": {key: amount and f"{amount:.2f}" for key, amount in spec.offer.items()},
                    }
                    for spec in CATALOGUE.ceiling_templates
                },
                "entitlement_settings": {
                    spec.key: {
                        "takes_amount": spec.takes_amount,
                        "takes_sites": spec.takes_sites,
                        "rank": rank,
                    }
                    for rank, spec in enumerate(CATALOGUE.entitlements)
                },
                "role_versions": {"viewer": VIEWER_VERSION},
                "people_losing": 0,
                "people_gaining": 0,
            },
        }
    ]
    propagation.propagate_all()
    consequences = Event.objects.filter(verb="catalogue.propagate").values_list("act", flat=True)
    (batch,) = set(consequences)
    facts = {"roles": ["viewer"], "catalogue_act": str(applied.act)}
    assert lines(batch, names) == [
        {
            "verb": "catalogue.propagate",
            "facts": facts,
            "chain": name,
            "subject": f"organization {name}",
            "organization": name,
        }
        for name in ("koskela", "pohjola")
    ]


def test_application_names_its_client_or_none(world: World) -> None:
    client = new_client.NewClient(client_id="erp", name="ERP", redirect_uris=["https://erp.example.test/cb"])
    facts = []
    for key, new in (("erp", client), ("files", None)):
        done = applications_commands.register_application(
            actor=world.system, key=key, name={"en": key}, unit="kivisalo", client=new
        )
        facts.append([(line["verb"], line["facts"]) for line in lines(done.act, Names(world))])
    stored = ProtocolClient.objects.get(id="erp")
    no_address = digests.digest("")
    erp = {
        "application": "erp",
        "client": "erp",
        "business_unit": "kivisalo",
        "client_active": True,
        "client_opened_at": None,
        "skip_consent": True,
        "requires_pkce": True,
        "subject_per_organization": False,
        "is_native": False,
        "requires_par": False,
        "token_algorithm": "RS256",
        "secret_made_at": stored.keyholder.secret_made_at.isoformat(),
        "secret_until": None,
        "client_owner": None,
        "former_secret_until": None,
        "client_digests": {
            "type": digests.digest("confidential"),
            "secret": digests.digest(stored.secret),
            "redirect_uris": digests.digest("https://erp.example.test/cb"),
            "scopes": digests.digest("openid\nprofile\nemail"),
            "grant_types": digests.digest("authorization_code\nrefresh_token"),
            "response_types": digests.digest("code"),
            "initiate_login_uri": no_address,
            "backchannel_logout_uri": no_address,
            "former_secret": no_address,
            "jwks_uri": no_address,
            "resources": no_address,
            "data": no_address,
        },
    }
    assert facts == [
        [("application.register", erp)],
        [("application.register", {"application": "files", "client": None, "business_unit": "kivisalo"})],
    ]


def test_created_organization_and_sites_are_the_subjects_of_their_events(world: World) -> None:
    new = NewOrganization(key="lahti", name="Lahti Oy", sites=[("Lahti", "LAH")])
    made = organizations_commands.create_organization(actor=world.system, new=new)
    site = Site.objects.get(name="Lahti")
    added = organizations_commands.add_sites(
        actor=world.system, organization=world.koskela, sites=[("Vaasa", "VAA")]
    )
    vaasa = Site.objects.get(name="Vaasa")
    names = Names(world, lahti=made.subjects[0], site=site.id, vaasa=vaasa.id)
    assert lines(made.act, names) == [
        {
            "verb": "organization.create",
            "chain": "lahti",
            "subject": "organization lahti",
            "organization": "lahti",
            "after": {
                "key": "lahti",
                "register_id": "",
                "numbers": {},
                "mail_domains": [],
                "sites": ["site"],
                "external_ids": {str(site.id): "LAH"},
            },
        }
    ]
    assert lines(added.act, names) == [
        {
            "verb": "site.create",
            "chain": "koskela",
            "subject": "organization koskela",
            "organization": "koskela",
            "after": {"sites": ["vaasa"], "external_ids": {str(vaasa.id): "VAA"}},
        }
    ]
    assert (site.external_id, vaasa.external_id) == ("LAH", "VAA")


def _forget(world: World) -> Outcome[retention.Purged]:
    return retention.purge(actor=world.system)


def _sign_out(world: World) -> Outcome[self_service.SignedOut]:
    return self_service.sign_out(actor=actor_of(world.aino), person=world.aino.user)


def _sign_out_here(world: World) -> Outcome[self_service.SignedOut]:
    return self_service.sign_out(actor=actor_of(world.aino), person=world.aino.user, session="s")


COUNTS = {"sessions": 0, "sign_ins": 0, "token_families": 0}
ENDED = self_service.SignedOut(sessions=0, sign_ins=0, token_families=0)
NOTHING_PURGED = retention.Purged(idempotency_records=0, invitation_links=0)
COUNTED: dict[str, tuple[Callable[[World], Outcome[Any]], Line, object]] = {
    "forget": (_forget, {"idempotency_records": 0, "invitation_links": 0}, NOTHING_PURGED),
    "sign out everywhere": (_sign_out, {"everywhere": True, **COUNTS}, ENDED),
    "sign out of one session": (_sign_out_here, {"everywhere": False, "ended_session": "s", **COUNTS}, ENDED),
}


@pytest.mark.parametrize("case", COUNTED)
def test_removal_counts_are_in_the_event_and_in_the_outcome(world: World, case: str) -> None:
    call, facts, result = COUNTED[case]
    done = call(world)
    (line,) = lines(done.act, Names(world))
    assert (line["facts"], done.result) == (facts, result)
