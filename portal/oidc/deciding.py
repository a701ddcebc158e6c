"""Whether this person is let in: signed in, freshly and strongly enough, for one organization, with a right there."""

import dataclasses
import datetime as dt
import hashlib
from collections.abc import Mapping
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from audit import clock
from identity import keys
from portal import signin
from portal.oidc import issuing, leaving, organizations
from portal.oidc.asking import AtService, Request
from portal.requests import Request as HttpRequest

_ASKED_AT = "keyholder.oidc.fresh"
_MOST_ASKED = 8


@dataclasses.dataclass(slots=True)
class Decision:
    """One authorization request before the door. `path` is where the person comes back to; `decision` their consent."""

    request: HttpRequest
    asked: Request
    path: str
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
        if "login" in self.asked.prompts:
            self._remember_asking()
        return signin.to_sign_in(self.path)

    def _heed_hint(self) -> None:
        """Somebody else's ID token as a hint: the service expects a person who is not here (OIDC Core §3.1.2.2)."""
        hint = self.asked.id_token_hint
        if hint:
            claims = keys.verified(token=hint, audience=self.asked.way.client.id)
            if claims is None or claims["sub"] != str(self.request.user.pk):
                raise AtService("login_required", "Another person is signed in.")

    def _strong(self) -> HttpResponse | None:
        if signin.strong_enough(self.request):
            return None
        self._silent("interaction_required")
        return HttpResponseRedirect(self.path) if self.decision else signin.require(self.request)

    def _fresh(self) -> HttpResponse | None:
        """`prompt=login` and `max_age`: who has proved it since this very request first asked is fresh enough."""
        proved_at, _ = signin.authentication(self.request)
        asked_at = self._asked_at().get(self._name())
        if asked_at is not None and proved_at.timestamp() > asked_at:
            return None
        limit = self.asked.max_age
        old = limit is not None and proved_at + dt.timedelta(seconds=limit) <= clock.wall()
        if not old and "login" not in self.asked.prompts:
            return None
        self._silent("login_required")
        self._remember_asking()
        return HttpResponseRedirect(f"{reverse('account_reauthenticate')}?{urlencode({'next': self.path})}")

    def _let_in(self) -> HttpResponse:
        able = organizations.able(self.request, self.asked)
        chosen = organizations.chosen(able, self.asked)
        if not chosen:
            self._silent("access_denied")
            return organizations.refused(self.request, self.asked, able)
        if len(chosen) > 1:
            self._silent("account_selection_required")
            return organizations.choose(self.request, self.asked, chosen, self._kept())
        if self.asked.way.client.asks_consent and self.decision != "grant":
            return self._consent(chosen[0].key)
        self._forget_asking()
        code = issuing.code(self.request, self.asked, chosen[0])
        return leaving.answered(self.request, self.asked.way, code=code)

    def _consent(self, organization: str) -> HttpResponse:
        """Asked every time: remembering it belongs to the issue of the consent page."""
        self._silent("consent_required")
        if self.decision:
            raise AtService("access_denied")
        kept = {one["name"]: one["value"] for one in self._kept()} | {"organization": organization}
        context = {
            "application": leaving.name(self.request, self.asked.way),
            "kept": [{"name": name, "value": value} for name, value in kept.items()],
            "action_url": reverse("oidc_consent"),
        }
        return render(self.request, "oidc/consent.html", context)

    def _silent(self, error: str) -> None:
        if "none" in self.asked.prompts:
            raise AtService(error)

    def _kept(self) -> list[dict[str, str]]:
        """The request's parameters, for a form that repeats it."""
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
        }
        return [{"name": name, "value": value} for name, value in asked.items() if value]

    def _name(self) -> str:
        return hashlib.sha256(self.path.encode()).hexdigest()[:16]

    def _asked_at(self) -> Mapping[str, float]:
        found: dict[str, float] = self.request.session.get(_ASKED_AT, {})
        return found

    def _remember_asking(self) -> None:
        kept = list(self._asked_at().items())[-_MOST_ASKED:]
        self.request.session[_ASKED_AT] = {**dict(kept), self._name(): clock.wall().timestamp()}

    def _forget_asking(self) -> None:
        if self._name() in self._asked_at():
            kept = {name: at for name, at in self._asked_at().items() if name != self._name()}
            self.request.session[_ASKED_AT] = kept
