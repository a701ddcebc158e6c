"""Everything about one person is read by a fixed number of statements, for the person alone."""

import uuid
from collections import defaultdict
from collections.abc import Sequence

from allauth.mfa.models import Authenticator

from delegation.authorization.models.assignments import Assignment
from delegation.invitations.models import Invitation
from delegation.own_data import own_events, own_notices
from delegation.own_data.records import (
    OwnAccess,
    OwnData,
    OwnDetails,
    OwnGrant,
    OwnInvitation,
    OwnLimit,
    OwnMembership,
    OwnMethod,
    OwnPeriod,
    OwnSession,
    OwnSignIn,
)
from identity.grants.models import TokenFamily
from identity.memberships.models import Membership
from identity.people.models import User
from identity.sessions.models import Session, SignIn


def own_data(*, user: uuid.UUID) -> OwnData:
    """Read what is stored about this person. 24 statements, whatever the number of rows."""
    person = User.objects.get(pk=user)
    members = list(
        Membership.objects.filter(user=user)
        .select_related("organization")
        .prefetch_related("periods")
        .order_by("created_at", "id")
    )
    keys = {row.organization_id: row.organization.key for row in members}
    events, complete = own_events.events_of(user=user, memberships=[row.id for row in members])
    return OwnData(
        person=_details(person),
        has_password=person.has_usable_password(),
        sign_in_methods=_methods(user),
        memberships=_memberships(members),
        sessions=_sessions(user),
        sign_ins=_sign_ins(user),
        services=_services(user),
        invitations=_invitations(person),
        programs=own_notices.programs(user),
        questions=own_notices.questions(user),
        blocks=own_notices.blocks(user),
        recoveries=own_notices.recoveries(user),
        warnings=own_notices.warnings(user),
        confirmations=own_notices.confirmations(user),
        events=[event.with_organization(keys) for event in events],
        events_complete=complete,
    )


def _details(user: User) -> OwnDetails:
    return OwnDetails(
        str(user.pk),
        user.name,
        user.email or "",
        user.phone,
        user.language,
        user.created_at,
        user.mail_bounced_at,
    )


def _methods(user: uuid.UUID) -> list[OwnMethod]:
    rows = Authenticator.objects.filter(user=user).order_by("-created_at", "-id")
    return [OwnMethod(str(row.type), row.created_at, row.last_used_at) for row in rows]


def _memberships(members: Sequence[Membership]) -> list[OwnMembership]:
    access = defaultdict(list)
    rows = Assignment.objects.filter(membership__in=[row.id for row in members]).select_related("role")
    for row in rows.prefetch_related("sites__site", "limits__entitlement").order_by("-valid_from", "id"):
        access[row.membership_id].append(_access(row))
    return [
        OwnMembership(
            id=str(member.id),
            organization=member.organization.key,
            organization_name=member.organization.name,
            title=member.title,
            created_at=member.created_at,
            periods=[
                OwnPeriod(one.state, one.valid_from, one.valid_until)
                for one in sorted(member.periods.all(), key=lambda one: one.valid_from, reverse=True)
            ],
            access=access[member.id],
        )
        for member in members
    ]


def _access(row: Assignment) -> OwnAccess:
    return OwnAccess(
        role=row.role.key,
        role_name=row.role.name,
        all_sites=row.all_sites,
        sites=sorted(one.site.name for one in row.sites.all()),
        limits=[
            OwnLimit(
                one.entitlement.key, None if one.amount is None else str(one.amount), one.currency, one.period
            )
            for one in row.limits.all()
        ],
        valid_from=row.valid_from,
        valid_until=row.valid_until,
    )


def _sessions(user: uuid.UUID) -> list[OwnSession]:
    rows = Session.objects.filter(user=user).order_by("-last_seen_at", "session_key")
    return [OwnSession(row.agent, row.created_at, row.last_seen_at, row.expire_date) for row in rows]


def _sign_ins(user: uuid.UUID) -> list[OwnSignIn]:
    rows = SignIn.objects.filter(user=user).select_related("membership__organization")
    return [
        OwnSignIn(
            organization=row.membership.organization.key,
            methods=list(row.amr),
            authenticated_at=row.auth_time,
            last_seen_at=row.last_seen_at,
            ended_at=row.ended_at,
            services=sorted(client.application.key for client in row.clients.all()),
        )
        for row in rows.prefetch_related("clients__application").order_by("-started_at", "id")
    ]


def _services(user: uuid.UUID) -> list[OwnGrant]:
    rows = TokenFamily.objects.filter(user=user).select_related(
        "client__application", "membership__organization"
    )
    return [
        OwnGrant(
            service=row.client.application.key,
            service_name=row.client.application.name,
            organization=row.membership.organization.key,
            scopes=row.scopes.split(),
            issued_at=row.issued_at,
            expires_at=row.expires_at,
            ended_at=row.ended_at,
        )
        for row in rows.order_by("-issued_at", "id")
    ]


def _invitations(user: User) -> list[OwnInvitation]:
    """List the invitations to the person's verified address."""
    rows = Invitation.objects.filter(email=user.email).select_related("organization", "role")
    return [
        OwnInvitation(
            row.organization.key,
            row.role.key,
            row.created_at,
            row.expires_at,
            row.accepted_at,
            row.cancelled_at,
        )
        for row in rows.order_by("-created_at", "id")
    ]
