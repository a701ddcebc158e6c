"""The page behind an invitation's link accepts it, and signs out another person in this browser."""

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import translation
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from delegation.authorization.errors import AlreadyMember, InvitationGone, WrongPerson
from portal.http import languages
from portal.http.request_context import Request
from portal.shell import page_model
from portal.shell.components import Contact
from portal.signin.customers import demands, gate, invitations
from portal.signin.customers.invitations import InvitationOffer
from portal.web.invitations import context
from portal.web.invitations.context import AcceptPage, InvitationStatePage
from portal.web.invitations.forms import NewcomerForm
from portal.wording import time_zones

_KINDS = {"sender_without_authority": "withdrawn", "membership_ended": "cancelled"}
"""The page kind of a state that has no page of its own."""
_STATUS = {"unknown": 404, "other": 403}
_GONE = 410


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def accept(request: Request, token: str) -> HttpResponse:
    """Show the page behind the link in the mail."""
    offer = invitations.find_offer(token)
    if offer is None:
        return _state(request, "unknown")
    with translation.override(_language(request, offer)):
        try:
            offer.check(at=request.context.now)
            return _open(request, offer)
        except InvitationGone as gone:
            return _state(request, str(gone.data["state"]), offer)
        except (AlreadyMember, WrongPerson):
            return _state(request, "used", offer)


@login_not_required
@require_POST
def sign_out(request: Request, token: str) -> HttpResponse:
    """Sign out a person who is not the invited one, and lead back to the invitation."""
    invitations.sign_out(request)
    return HttpResponseRedirect(reverse("invitation_accept", kwargs={"token": token}))


def _open(request: Request, offer: InvitationOffer) -> HttpResponse:
    if request.user.is_authenticated:
        return _signed_in(request, offer)
    if offer.has_user():
        return _page(request, offer, kind="known")
    typed = request.POST if request.method == "POST" else None
    form = NewcomerForm(typed, email=offer.email, initial={"name": offer.invitation.name})
    if typed is None or not form.is_valid():
        return _page(request, offer, kind="new", form=form)
    return invitations.join(request, offer, **form.cleaned_data)


def _signed_in(request: Request, offer: InvitationOffer) -> HttpResponse:
    if not offer.belongs_to(request):
        return _state(request, "other", offer)
    if request.method != "POST":
        return _page(request, offer, kind="ready", form=forms.Form())
    weak = gate.require(request, demands.ACCESS)
    if weak is not None:
        return weak
    invitations.accept(request, offer)
    return HttpResponseRedirect(reverse("home", kwargs={"organization": offer.invitation.organization.key}))


def _page(
    request: Request, offer: InvitationOffer, *, kind: str, form: forms.BaseForm | None = None
) -> HttpResponse:
    address = reverse("invitation_accept", kwargs={"token": offer.link})
    zone = time_zones.first_known(offer.invitation.organization.time_zone)
    expires = time_zones.date_time_with_zone(offer.invitation.expires_at, zone)
    offered = context.offered_access(offer, at=request.context.now, zone=zone)
    model = AcceptPage(
        inviter=Contact(**offer.inviter()),
        organization_name=offer.organization_name,
        email=offer.email,
        gains=offered.gains,
        ends=offered.ends,
        expiry=_("The link works until %(moment)s.") % {"moment": expires},
        kind=kind,
        form=form,
        accept_url=address,
        sign_in_url=f"{reverse('account_login')}?{urlencode({'next': address})}",
    )
    return page_model.render(request, model)


def _state(request: Request, state: str, offer: InvitationOffer | None = None) -> HttpResponse:
    """Show why an invitation cannot be accepted. Only the invited person sees its recipient and its state."""
    kind = _KINDS.get(state, state)
    if offer is not None and kind != "other" and not offer.belongs_to(request):
        kind = "gone"
    model = InvitationStatePage(kind=kind)
    if offer is not None and kind != "gone":
        model = InvitationStatePage(
            kind=kind,
            inviter=Contact(**offer.inviter()),
            email=offer.email,
            signed_in_as=getattr(request.user, "email", ""),
            sign_out_url=reverse("invitation_sign_out", kwargs={"token": offer.link}),
        )
    return page_model.render(request, model, status=_STATUS.get(kind, _GONE))


def _language(request: Request, offer: InvitationOffer) -> str:
    """Return the invitation's own language, unless the reader is signed in or chose another in this browser.

    The language of the browser's pages does not count: it may be that of another person who used the browser.
    """
    chosen = languages.of_person(request) or languages.chosen_before_sign_in(request)
    preferred = (chosen, offer.invitation.language, translation.get_language() or "")
    return languages.first_supported(preferred) or "en"
