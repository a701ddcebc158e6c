"""A person who has lost the second factor replaces it after the password, once two of the staff have agreed."""

from typing import Any

from allauth.account.internal import stagekit
from allauth.account.stages import LoginStageController
from allauth.mfa.base import views as mfa
from allauth.mfa.stages import AuthenticateStage
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from audit.foundation import clock
from delegation.authorization.errors import NotFound
from delegation.factor_recoveries import commands, queries
from identity.people.models import User
from portal.http import request_context
from portal.signin.customers import recovery_mails
from portal.signin.customers.recheck_stage import RecheckStage


class EnterCode(mfa.AuthenticateView):
    """Asks for the second factor, and offers its replacement where two of the staff have agreed to it."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the address of the replacement; empty for everybody else."""
        page: dict[str, Any] = super().get_context_data(**kwargs)
        usable = queries.usable_by(user=self.stage.login.user.pk, at=clock.now())
        return page | {"replace_url": reverse("mfa_replace_lost") if usable else ""}


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def replace(request: HttpRequest) -> HttpResponse:
    """GET says what is removed; POST removes it, ends this sign-in and asks for the password again.

    Only a person who has just entered the right password, and whose password is still that one, comes so far.
    """
    stage = stagekit.get_pending_stage(request)
    if stage is None or stage.key != AuthenticateStage.key or not isinstance(stage.login.user, User):
        return HttpResponseRedirect(reverse("account_login"))
    user = stage.login.user
    recovery = queries.usable_by(user=user.pk, at=clock.now())
    if recovery is None or not _is_same_epoch(stage.controller, user):
        return HttpResponseRedirect(reverse("mfa_authenticate"))
    if request.method != "POST":
        return render(request, "mfa/replace_lost.html", {"email": user.email})
    try:
        commands.use(actor=request_context.person(request, user=user.pk, name=user.name), person=user)
    except NotFound:  # used in another browser meanwhile, or withdrawn
        return HttpResponseRedirect(reverse("mfa_authenticate"))
    recovery_mails.queue_used(recovery)
    stagekit.clear_login(request)
    return HttpResponseRedirect(f"{reverse('account_login')}?next={reverse('mfa_index')}")


def _is_same_epoch(controller: LoginStageController, user: User) -> bool:
    """Return whether nothing has ended the person's sign-ins since the password was compared (`recheck_stage`)."""
    recheck = controller.get_stage(RecheckStage.key)
    return recheck is not None and bool(recheck.state.get("epoch") == user.epoch)
