"""Whether this person is let in: signed in, freshly and strongly enough, for one organization, with a right there."""

import dataclasses
import datetime as dt
from collections.abc import Mapping
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from audit.foundation import clock
from identity import signing_keys
from portal.http.request_context import Request as HttpRequest
from portal.oidc import metadata
from portal.oidc.authorize import client_redirect, login_redirect, organization_choice, reauthentication
from portal.oidc.authorize import code as authorize_code
from portal.oidc.authorize.request import AuthorizationError, AuthorizationRequest
from portal.signin.customers import adapter as customers_adapter

_SELECT = "select_account"


@dataclasses.dataclass(slots=True)
class AuthorizationDecision:
    """One authorization request before the door.

    `given` are its parameters, for coming back to it; `mark` says since when it waits for a fresh proof; `decision` is
    the person's consent.
    """

    request: HttpRequest
    asked: AuthorizationRequest
    given: Mapping[str, str]
    mark: str = ""
    decision: str = ""

    def answer(self) -> HttpResponse:
        """A code, a page, or the way to one. Raises AtService."""
        anybody = self._signed_in()
        if anybody is not None:
            return anybody
        self._heed_hint()
        return self._strong() or self._fresh() or self._let_in()

    def _signed_in(self) -> HttpResponse | None:
        if self.request.user.is_authenticated:
            return None
        self._silent("login_required")
        return login_redirect.to_sign_in(self.request, self.asked, self._back(without=_SELECT))

    def _heed_hint(self) -> None:
        """Somebody else's ID token as a hint: the service expects a person who is not here (OIDC Core §3.1.2.2)."""
        hint = self.asked.id_token_hint
        if hint:
            claims = signing_keys.verify(token=hint, audience=self.asked.way.client.id)
            if claims is None or claims["sub"] != str(self.request.user.pk):
                raise AuthorizationError("login_required", "Another person is signed in.")

    def _strong(self) -> HttpResponse | None:
        if customers_adapter.strong_enough(self.request):
            return None
        self._silent("interaction_required")
        return (
            HttpResponseRedirect(self._back()) if self.decision else customers_adapter.require(self.request)
        )

    def _fresh(self) -> HttpResponse | None:
        """`prompt=login` and `max_age`: who has proved it since this very request first asked is fresh enough."""
        proved_at, _ = customers_adapter.authentication(self.request)
        asked_at = self._waiting_since()
        if asked_at is not None and proved_at > asked_at:
            return None
        limit = self.asked.max_age
        old = limit is not None and proved_at + dt.timedelta(seconds=limit) <= clock.wall()
        if not old and "login" not in self.asked.prompts:
            return None
        self._silent("login_required")
        return HttpResponseRedirect(
            f"{reverse('account_reauthenticate')}?{urlencode({'next': self._back()})}"
        )

    def _let_in(self) -> HttpResponse:
        able = organization_choice.able(self.request, self.asked)
        chosen = organization_choice.chosen(able, self.asked)
        if not chosen:
            self._silent("access_denied")
            return organization_choice.refused(self.request, self.asked, able)
        if len(chosen) > 1 or _SELECT in self.asked.prompts:
            self._silent("account_selection_required")
            again = self._back(without=_SELECT)
            return organization_choice.choose(self.request, self.asked, chosen, self._kept(), again)
        if self._asks_consent() and self.decision != "grant":
            return self._consent(chosen[0].key)
        if self._waiting_since():
            reauthentication.spend(self.request.session, self.mark)
        code = authorize_code.issue_code(self.request, self.asked, chosen[0])
        return client_redirect.respond(self.request, self.asked.way, code=code)

    def _asks_consent(self) -> bool:
        return self.asked.way.client.asks_consent or "consent" in self.asked.prompts

    def _consent(self, organization: str) -> HttpResponse:
        """Asked every time: remembering it belongs to the issue of the consent page."""
        self._silent("consent_required")
        if self.decision:
            raise AuthorizationError("access_denied")
        kept = {one["name"]: one["value"] for one in self._kept()} | {"organization": organization}
        context = {
            "application": client_redirect.name(self.request, self.asked.way),
            "kept": [{"name": name, "value": value} for name, value in kept.items()],
            "action_url": reverse("oidc_consent"),
        }
        return render(self.request, "oidc/consent.html", context)

    def _silent(self, error: str) -> None:
        if "none" in self.asked.prompts:
            raise AuthorizationError(error)

    def _kept(self) -> list[dict[str, str]]:
        """The request's parameters, for a form that repeats it: what is asked for there is asked no more."""
        way = self.asked.way
        asked = {
            "client_id": way.client.id,
            "redirect_uri": way.redirect_uri,
            "state": way.state,
            "response_type": "code",
            "scope": self.asked.scopes,
            "nonce": self.asked.nonce,
            "code_challenge": self.asked.challenge,
            "code_challenge_method": "S256",
            "prompt": "consent" if "consent" in self.asked.prompts else "",
        }
        return [{"name": name, "value": value} for name, value in asked.items() if value]

    def _waiting_since(self) -> dt.datetime | None:
        asked_at = reauthentication.since(self.mark, self._path()) if self.mark else None
        return (
            None
            if asked_at is None or reauthentication.is_spent(self.request.session, self.mark)
            else asked_at
        )

    def _back(self, *, without: str = "") -> str:
        """Where the person comes back to, with a mark where a fresh proof is asked for; `without` a prompt."""
        path = self._path(without=without)
        if "login" not in self.asked.prompts and self.asked.max_age is None:
            return path
        mark = self.mark if self._waiting_since() else reauthentication.mark(path)
        return f"{path}&{urlencode({reauthentication.PARAMETER: mark})}"

    def _path(self, *, without: str = "") -> str:
        values = dict(self.given)
        if without in self.asked.prompts:
            values["prompt"] = " ".join(sorted(self.asked.prompts - {without}))
        return f"{metadata.AUTHORIZE}?{urlencode({name: value for name, value in values.items() if value})}"
