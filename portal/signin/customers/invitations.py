"""An invited person opens an invitation by its link, and joins by it."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from allauth.account.internal.flows import login as login_flow
from allauth.account.internal.flows import logout as logout_flow
from allauth.account.models import Login
from django.conf import settings
from django.contrib.auth import hashers, password_validation
from django.http import HttpResponse
from django.urls import reverse
from django.utils import translation

from audit.foundation.actor import Actor, ActorKind, Channel
from delegation.authorization.errors import InvitationGone
from delegation.invitations import links as invitation_links
from delegation.invitations import sender_authority
from delegation.invitations.commands import accept as invitations_accept
from delegation.invitations.models import Invitation
from identity.people import addresses
from identity.people.models import User
from portal.http import request_context
from portal.http.request_context import Request
from portal.signin.customers import event_transaction, factors, first_sign_in


@dataclass(frozen=True, slots=True)
class InvitationOffer:
    """Holds an invitation and the secret of its link."""

    link: str
    invitation: Invitation

    @property
    def email(self) -> str:
        """Return the address that the invitation was sent to."""
        return self.invitation.email

    @property
    def organization_name(self) -> str:
        """Return the customer's name."""
        return self.invitation.organization.name

    def check(self, *, at: dt.datetime) -> None:
        """Check state and sender for the page; the command checks them again under its lock. Raises InvitationGone."""
        invitation_links.require_open(self.invitation)
        if self.invitation.expires_at <= at:
            raise InvitationGone(state="expired")
        access = invitation_links.access_of_loaded(self.invitation)
        sender_authority.require(invitation=self.invitation, access=access, channel=Channel.WEB, at=at)

    def inviter(self) -> dict[str, str]:
        """Return name and address of the sender: of a service user, its owner; the supplier's name for the system."""
        user = User.objects.filter(pk=sender_authority.responsible(invitation=self.invitation)).first()
        if user is None:
            return {"name": settings.SUPPLIER_NAME, "email": ""}
        return {"name": user.name, "email": user.email}

    def has_user(self) -> bool:
        """Return whether a user with this address exists, who must sign in to accept."""
        return bool(addresses.owners(addresses=[self.email.lower()]))

    def belongs_to(self, request: Request) -> bool:
        """Return whether the person signed in owns the invited address, verified and unique."""
        owner = addresses.owners(addresses=[self.email.lower()]).get(self.email.lower())
        return owner is not None and owner == request.user


def find_offer(link: str) -> InvitationOffer | None:
    """Return the invitation behind a link, in any state."""
    invitation = invitation_links.invitation_of_link(link)
    return InvitationOffer(link, invitation) if invitation else None


def find_offers(links: Sequence[str]) -> list[InvitationOffer]:
    """Return the invitations behind these links, in any state, in order. The number of statements is constant."""
    found = invitation_links.invitations_of_links(links)
    return [InvitationOffer(link, invitation) for link, invitation in found.items()]


def validate_password(*, password: str, email: str, name: str) -> None:
    """Check the new password. Raises ValidationError for one that is too easy to guess."""
    password_validation.validate_password(password, User(email=email, name=name))


def accept(request: Request, offer: InvitationOffer) -> None:
    """Accept as the person signed in. Raises what the command raises."""
    if not isinstance(request.user, User):
        raise TypeError(request.user)
    outcome = invitations_accept.accept(
        actor=request.context.actor, invitation=offer.invitation, link=offer.link, accepted_by=request.user
    )
    if outcome.result.joined:
        first_sign_in.store_joined(request, organization=offer.organization_name)


def join(request: Request, offer: InvitationOffer, *, name: str, password: str) -> HttpResponse:
    """Create the user, sign them in, and lead to a second factor where one is required."""
    newcomer = invitations_accept.Newcomer(
        name=name,
        password=hashers.make_password(password),  # slow: before the act, not in it
        language=translation.get_language() or offer.invitation.language,
    )
    actor = Actor(
        kind=ActorKind.SYSTEM,
        id=offer.invitation.id,
        channel=Channel.WEB,
        request_id=request_context.request_id(request),
    )
    outcome = invitations_accept.accept(
        actor=actor, invitation=offer.invitation, link=offer.link, accepted_by=newcomer
    )
    response = _sign_in(request, User.objects.get(pk=outcome.result.user))
    first_sign_in.store_joined(request, organization=offer.organization_name)
    return response


def _sign_in(request: Request, user: User) -> HttpResponse:
    """Sign in through allauth, with the password that has just been chosen."""
    next_url = reverse("mfa_index") if factors.is_required(user) else "/"
    with event_transaction.event_transaction(request):
        login = Login(user=user, email=user.email, redirect_url=next_url)
        response: HttpResponse = login_flow.perform_password_login(request, {"email": user.email}, login)
    return response


def sign_out(request: Request) -> None:
    """End the session of another person signed in in this browser."""
    with event_transaction.event_transaction(request):
        logout_flow.logout(request, show_message=False)
