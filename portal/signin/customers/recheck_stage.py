"""The last step of every sign-in: what it began under must still hold when it ends."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.stages import LoginStage
from django.http import HttpRequest, HttpResponseBase

from identity.people.models import User
from portal.signin.customers import event_transaction


class RecheckStage(LoginStage):
    """A colleague still, under the epoch of the first step. A factor may be shown minutes after the password."""

    key = "standing"

    def __init__(self, controller: Any, request: HttpRequest, login: Any) -> None:
        super().__init__(controller, request, login)
        # At the first step the user was read before the password was compared; later, the kept epoch stays.
        if isinstance(login.user, User):
            self.state.setdefault("epoch", login.user.epoch)

    def handle(self) -> tuple[HttpResponseBase | None, bool]:
        """Refuses for good: a refusal clears what was kept."""
        # Locked until the session stands, so that an ending comes before (seen here) or after (ends the session).
        known = [self.login.user.pk] if self.login.user else []
        user = User.objects.select_for_update(no_key=True).filter(pk__in=known).first()
        if user is None:
            return self.abort(), False
        refused: HttpResponseBase | None = get_adapter(self.request).pre_login(self.request, user)
        if refused is None and self.state.get("epoch") != user.epoch:
            event_transaction.refused(user, code="ended")
            refused = self.abort()
        return refused, refused is None
