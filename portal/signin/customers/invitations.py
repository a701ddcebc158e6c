"""An invitation as its link shows it, and becoming a colleague by it."""

import datetime as dt
from dataclasses import dataclass

from allauth.account.internal.flows import login as login_flow
from allauth.account.internal.flows import logout as logout_flow
from allauth.account.models import Login
from django.conf import settings
from django.contrib.auth import hashers, password_validation
from django.http import HttpResponse
from django.urls import reverse
from django.utils import translation

from audit.foundation.actor import Actor, Channel, Kind
from delegation.authorization.errors import InvitationGone
from delegation.invitations import links
from delegation.invitations.commands import accept as invitations_accept
from delegation.invitations.models import Invitation
from identity.people import addresses
from identity.people.models import User
from portal.http import request_context
from portal.http.request_context import Request
from portal.signin.customers import event_transaction, factors, first_sign_in


@dataclass(frozen=True, slots=True)
class InvitationOffer:
    """An invitation and the secret that led to it."""

    link: str
    invitation: Invitation

    @property
    def email(self) -> str:
        """The address it was sent to."""
        return self.invitation.email

    @property
    def organization_name(self) -> str:
        """The customer."""
        return self.invitation.organization.name

    def check(self, *, at: dt.datetime) -> None:
        """What is shown before anything is asked; the command decides again under its lock. Raises InvitationGone."""
        if self.invitation.accepted_at is not None:
            raise InvitationGone(state="used")
        if self.invitation.cancelled_at is not None:
            raise InvitationGone(state="cancelled")
        if self.invitation.expires_at <= at:
            raise InvitationGone(state="expired")

    def inviter(self) -> dict[str, str]:
        """Name and address of whoever sent it; the supplier's name where it was the system."""
        user = User.objects.filter(pk=self.invitation.invited_by).first()
        if user is None:
            return {"name": settings.SUPPLIER_NAME, "email": ""}
        return {"name": user.name, "email": user.email}

    def is_known(self) -> bool:
        """Whether there is a sign-in with this address: it has to be used."""
        return bool(addresses.owners(addresses=[self.email.lower()]))

    def is_for(self, request: Request) -> bool:
        """Whether the invited person is signed in: by any address proved to be theirs, which is nobody else's."""
        holder = addresses.owners(addresses=[self.email.lower()]).get(self.email.lower())
        return holder is not None and holder == request.user


def find_offer(link: str) -> InvitationOffer | None:
    """What the link leads to, whatever its state."""
    invitation = links.invitation_of_link(link)
    return InvitationOffer(link, invitation) if invitation else None


def judge(*, password: str, email: str, name: str) -> None:
    """Raises ValidationError for a password that is too easily guessed."""
    password_validation.validate_password(password, User(email=email, name=name))


def accept(request: Request, offer: InvitationOffer) -> None:
    """Become a colleague, signed in. Raises what the command raises."""
    if not isinstance(request.user, User):
        raise TypeError(request.user)
    invitations_accept.accept(
        actor=request.actor, invitation=offer.invitation, link=offer.link, accepted_by=request.user
    )
    first_sign_in.joined(request, organization=offer.organization_name)


def begin(request: Request, offer: InvitationOffer, *, name: str, password: str) -> HttpResponse:
    """Become a colleague and be signed in, then on to a second factor where one is demanded."""
    newcomer = invitations_accept.Newcomer(
        name=name,
        password=hashers.make_password(password),  # slow: before the act, not in it
        language=translation.get_language() or offer.invitation.language,
    )
    actor = Actor(
        kind=Kind.SYSTEM,
        id=offer.invitation.id,
        channel=Channel.WEB,
        request_id=request_context.request_id(request),
    )
    done = invitations_accept.accept(
        actor=actor, invitation=offer.invitation, link=offer.link, accepted_by=newcomer
    )
    answer = _sign_in(request, User.objects.get(pk=done.result.user))
    first_sign_in.joined(request, organization=offer.organization_name)
    return answer


def _sign_in(request: Request, user: User) -> HttpResponse:
    """By allauth, as with the password that has just been chosen."""
    where = reverse("mfa_index") if factors.demanded(user) else "/"
    with event_transaction.event_transaction(request):
        login = Login(user=user, email=user.email, redirect_url=where)
        response: HttpResponse = login_flow.perform_password_login(request, {"email": user.email}, login)
    return response


def sign_out(request: Request) -> None:
    """End the session of whoever is signed in as somebody else."""
    with event_transaction.event_transaction(request):
        logout_flow.logout(request, show_message=False)
