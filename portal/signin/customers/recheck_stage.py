"""Every sign-in ends with this stage: the conditions of the first stage must still hold."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.stages import LoginStage
from django.http import HttpRequest, HttpResponseBase

from identity.people.models import User
from portal.signin.customers import event_transaction


class RecheckStage(LoginStage):
    """Checks membership and epoch again: a factor may follow minutes after the password."""

    key = "recheck"

    def __init__(self, controller: Any, request: HttpRequest, login: Any) -> None:
        super().__init__(controller, request, login)
        # At the first stage the user was read before the password was compared; later stages keep that epoch.
        if isinstance(login.user, User):
            self.state.setdefault("epoch", login.user.epoch)

    def handle(self) -> tuple[HttpResponseBase | None, bool]:
        """Check the person again; a refusal is final and clears the stored state."""
        # Locked until the session is saved, so that an ending comes before (seen here) or after (ends the session).
        ids = [self.login.user.pk] if self.login.user else []
        user = User.objects.select_for_update(no_key=True).filter(pk__in=ids).first()
        if user is None:
            return self.abort(), False
        refusal: HttpResponseBase | None = get_adapter(self.request).pre_login(self.request, user)
        if refusal is None and self.state.get("epoch") != user.epoch:
            event_transaction.record_denied_sign_in(user, code="ended")
            refusal = self.abort()
        return refusal, refusal is None
