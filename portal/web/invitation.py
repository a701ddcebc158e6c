"""Accepting an invitation: who invites, what one gets, a name and a password, then a second factor where demanded."""

import uuid
from typing import Any

from allauth.account.internal.flows import login as login_flow
from allauth.account.internal.flows import logout as logout_flow
from allauth.account.models import Login
from django import forms
from django.conf import settings
from django.contrib.auth import hashers, password_validation
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import formats, translation
from django.utils.http import urlencode
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from audit.actor import Actor, Door, Kind
from delegation import links
from delegation.commands import invitations
from delegation.errors import AlreadyMember, InvitationGone, WrongPerson
from delegation.models import Invitation
from identity import names
from identity.models import User
from portal import gains, inputs, requests, signin
from portal.accounts import factors, noted
from portal.requests import Request

_KINDS = {"cancelled": "withdrawn"}
_NOT_FOUND, _GONE, _FORBIDDEN = 404, 410, 403


class Join(inputs.Form):
    """What a newcomer gives: the rest stands in the invitation."""

    name = forms.CharField(max_length=200, error_messages={"required": gettext_lazy("Give your name.")})
    password = forms.CharField(
        strip=False,
        widget=forms.PasswordInput,
        validators=[MaxLengthValidator(1000)],
        error_messages={"required": gettext_lazy("Choose a password.")},
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean_name(self) -> str:
        """Raises ValidationError for a name of nothing but blanks."""
        name = names.cleaned(self.cleaned_data["name"])
        if not name:
            raise ValidationError(_("Give your name."), code="required")
        return name

    def clean(self) -> dict[str, Any]:
        """Judge the password knowing name and address. Raises nothing: errors stand at the field."""
        password = self.cleaned_data.get("password")
        if password:
            whose = User(email=self.email, name=self.cleaned_data.get("name", ""))
            try:
                password_validation.validate_password(password, whose)
            except ValidationError as error:
                self.add_error("password", error)
        return self.cleaned_data


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: Request, link: str) -> HttpResponse:
    """The page behind the link in the mail."""
    invitation = links.invitation(link)
    language = invitation.language if invitation else ""
    with translation.override(_language(request, language)):
        if invitation is None:
            return _state(request, "unknown")
        try:
            return _open(request, invitation, link)
        except InvitationGone as gone:
            return _state(request, str(gone.data["state"]), invitation)
        except (AlreadyMember, WrongPerson):
            return _state(request, "used", invitation)


@login_not_required
@require_POST
def sign_out(request: Request, link: str) -> HttpResponse:
    """For whoever is signed in as somebody else: out, and back to the invitation."""
    with noted.taking(request):
        logout_flow.logout(request, show_message=False)
    return HttpResponseRedirect(reverse("join", kwargs={"link": link}))


def _open(request: Request, invitation: Invitation, link: str) -> HttpResponse:
    _still_open(invitation, request)
    if isinstance(request.user, User):
        return _signed_in(request, invitation, link)
    if User.objects.filter(email__iexact=invitation.email).exists():
        return _page(request, invitation, link, kind="known")
    form = Join(
        request.POST if request.method == "POST" else None,
        email=invitation.email,
        initial={"name": invitation.name},
    )
    if request.method == "POST" and form.is_valid():
        return _newcomer(request, invitation, link, form)
    return _page(request, invitation, link, kind="new", form=form)


def _still_open(invitation: Invitation, request: Request) -> None:
    """What is shown before anything is asked; the command decides again under its lock. Raises InvitationGone."""
    if invitation.accepted_at is not None:
        raise InvitationGone(state="used")
    if invitation.cancelled_at is not None:
        raise InvitationGone(state="cancelled")
    if invitation.expires_at <= request.now:
        raise InvitationGone(state="expired")


def _signed_in(request: Request, invitation: Invitation, link: str) -> HttpResponse:
    user = request.user
    if not isinstance(user, User) or user.email.lower() != invitation.email.lower():
        return _state(request, "other", invitation, link=link)
    if request.method != "POST":
        return _page(request, invitation, link, kind="ready", form=forms.Form())
    weak = signin.require(request)
    if weak is not None:
        return weak
    invitations.accept(actor=request.actor, invitation=invitation, link=link, as_whom=user)
    return HttpResponseRedirect("/")


def _newcomer(request: Request, invitation: Invitation, link: str, form: Join) -> HttpResponse:
    password = form.cleaned_data["password"]
    newcomer = invitations.Newcomer(
        name=form.cleaned_data["name"],
        password=hashers.make_password(password),  # slow: before the act, not in it
        language=translation.get_language() or invitation.language,
    )
    actor = Actor(kind=Kind.SYSTEM, id=invitation.id, door=Door.WEB, request_id=requests.number(request))
    done = invitations.accept(actor=actor, invitation=invitation, link=link, as_whom=newcomer)
    user = User.objects.get(pk=uuid.UUID(str(done.data["user"])))
    return _sign_in(request, user)


def _sign_in(request: Request, user: User) -> HttpResponse:
    """By allauth, as with the password that has just been chosen."""
    where = reverse("mfa_index") if factors.demanded(user) else "/"
    with noted.taking(request):
        login = Login(user=user, email=user.email, redirect_url=where)
        response: HttpResponse = login_flow.perform_password_login(request, {"email": user.email}, login)
    return response


def _page(request: Request, invitation: Invitation, link: str, **more: Any) -> HttpResponse:
    here = reverse("join", kwargs={"link": link})
    context = {
        "inviter": _inviter(invitation),
        "organization_name": invitation.organization.name,
        "email": invitation.email,
        "gains": gains.of(invitation, at=request.now),
        "expiry": _("The link works until %(moment)s.") % {"moment": _moment(invitation)},
        "accept_url": here,
        "sign_in_url": f"{reverse('account_login')}?{urlencode({'next': here})}",
        **more,
    }
    return render(request, "invitation/accept.html", context)


def _state(
    request: Request, state: str, invitation: Invitation | None = None, *, link: str = ""
) -> HttpResponse:
    kind = _KINDS.get(state, state)
    context: dict[str, Any] = {"kind": kind}
    if invitation is not None and kind != "unknown":
        context["inviter"] = _inviter(invitation)
    if invitation is not None and kind == "other":
        context |= {
            "email": invitation.email,
            "signed_in_as": getattr(request.user, "email", ""),
            "sign_out_url": reverse("join_sign_out", kwargs={"link": link}),
        }
    status = {"unknown": _NOT_FOUND, "other": _FORBIDDEN}.get(kind, _GONE)
    return render(request, "invitation/state.html", context, status=status)


def _inviter(invitation: Invitation) -> dict[str, str]:
    user = User.objects.filter(pk=invitation.invited_by).first()
    return {"name": user.name, "email": user.email} if user else {"name": settings.SUPPLIER_NAME, "email": ""}


def _moment(invitation: Invitation) -> str:
    return formats.date_format(localtime(invitation.expires_at), "DATETIME_FORMAT")


def _language(request: Request, language: str) -> str:
    """The invitation's own, unless the reader chose another."""
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    known = dict(settings.LANGUAGES)
    return next((one for one in (chosen, language) if one in known), translation.get_language() or "en")
