"""An authorization request is decided by authentication, its age and strength, rights and consent."""

import dataclasses
import datetime as dt
from collections.abc import Mapping
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from audit.foundation import clock
from identity import signing_keys
from identity.memberships.eligible_memberships import EligibleMembership
from identity.sessions.sign_ins import ProofTooOld, SessionEnded
from portal.http.request_context import Request
from portal.oidc import metadata
from portal.oidc.authorize import (
    client_redirect,
    login_redirect,
    organization_choice,
    pushed_requests,
    reauthentication,
)
from portal.oidc.authorize import code as authorize_code
from portal.oidc.authorize.request import AuthorizationError, AuthorizationRequest
from portal.signin.customers import assurance, demands, gate
from portal.signin.customers.assurance import Assessment, Step
from portal.signin.proofs import Proof

_SELECT = "select_account"
_FORM_FIELDS = frozenset({"csrfmiddlewaretoken", "decision", "organization"})
"""The fields of our own forms: a parameter of the request with such a name is not repeated beside them."""
_USED = "The pushed request has led to a code already."
_PATIENCE = dt.timedelta(seconds=45)
"""How old a proof for `max_age` may get on our own pages: a second factor is typed and a choice made meanwhile."""


@dataclasses.dataclass
class AuthorizationDecision:
    """Decides one valid authorization request for the person whose browser sends it.

    `parameters` repeat the request after a sign-in; `mark` says since when it waits for reauthentication;
    `consent_answer` is the person's answer on the consent page.
    """

    request: Request
    authorization: AuthorizationRequest
    parameters: Mapping[str, str]
    mark: str = ""
    consent_answer: str = ""

    def respond(self) -> HttpResponse:
        """Answer with a code, a page, or the redirect to one. Raises AuthorizationError."""
        sign_in = self._require_sign_in()
        if sign_in is not None:
            return sign_in
        self._check_person()
        assessment = assurance.assess(self.request, demands.ACCESS, since=self._since())
        if assessment.step is not Step.NONE:
            return self._lead_to(assessment)
        return self._authorize(assessment.proof)

    def _require_sign_in(self) -> HttpResponse | None:
        return None if self.request.user.is_authenticated else self._lead_to_sign_in()

    def _lead_to_sign_in(self) -> HttpResponse:
        self._refuse_if_prompt_none("login_required")
        return login_redirect.redirect_to_sign_in(
            self.request, self.authorization, self._return_url(without=_SELECT, opens_session=True)
        )

    def _check_person(self) -> None:
        """Refuse a request that names another person than the one signed in (OIDC Core §3.1.2.2, §5.5.1)."""
        client = self.authorization.target.client
        if not self._named:
            return
        if len(self._named) > 1 or not self._named <= organization_choice.subjects_of(self.request, client):
            raise AuthorizationError("login_required", "Another person is signed in.")

    def _since(self) -> dt.datetime | None:
        """Return the instant after which the person must have proved every factor; None where any instant will do.

        An authentication since this request started to wait is recent, with `max_age` for _PATIENCE.
        """
        limit = 0 if "login" in self.authorization.prompts else self.authorization.max_age
        if limit is None:
            return None
        now = clock.now()
        oldest = now - dt.timedelta(seconds=limit)
        since = min(oldest, self._waiting_since or oldest)
        if self.authorization.max_age is None:
            return since
        # Services compare `auth_time` with their `max_age`: a page that was left open leads to another proof.
        return max(since, now - max(_PATIENCE, dt.timedelta(seconds=self.authorization.max_age)))

    def _lead_to(self, assessment: Assessment) -> HttpResponse:
        """Lead to the step that is missing, and back to this request."""
        adds_factor = assessment.step is Step.ADD_FACTOR
        self._refuse_if_prompt_none("interaction_required" if adds_factor else "login_required")
        if self.consent_answer:
            return HttpResponseRedirect(self._return_url())
        path = self._return_url(opens_session=assessment.step is Step.SIGN_IN)
        return gate.respond(self.request, assessment, path=path)

    def _authorize(self, proof: Proof) -> HttpResponse:
        candidates = organization_choice.memberships_with_rights(self.request, self.authorization)
        chosen = organization_choice.matching(self.request, candidates, self.authorization, self._named)
        if not chosen:
            self._refuse_if_prompt_none("access_denied")
            return organization_choice.refusal_page(
                self.request, self.authorization, candidates, self._url_for_another_person()
            )
        if _SELECT not in self.authorization.prompts:
            chosen = self._used_before(chosen)
        if len(chosen) > 1 or _SELECT in self.authorization.prompts:
            self._refuse_if_prompt_none("account_selection_required")
            return organization_choice.choice_page(
                self.request,
                self.authorization,
                chosen,
                self._hidden_fields(),
                self._url_for_another_person(),
            )
        if self._requires_consent() and self.consent_answer != "grant":
            return self._consent_page(chosen[0].organization_key)
        return self._issue_code(chosen[0], proof)

    def _issue_code(self, chosen: EligibleMembership, proof: Proof) -> HttpResponse:
        if self._waiting_since and not reauthentication.claim(self.mark):
            # Another request with this mark was answered, perhaps at the same moment.
            return dataclasses.replace(self, mark="").respond()
        pushed = self.parameters.get("request_uri", "")
        if pushed and pushed_requests.is_used(pushed):
            raise AuthorizationError("invalid_request", _USED)
        try:
            code = authorize_code.issue_code(self.request, self.authorization, chosen, proof)
        except SessionEnded:
            return self._lead_to_sign_in()
        except ProofTooOld as refusal:
            if self._waiting_since:
                # The mark is taken: with it, the next proof would not count.
                return dataclasses.replace(self, mark="").respond()
            return self._lead_to(assurance.assess(self.request, demands.ACCESS, since=refusal.since))
        # After the issue, which may fail: a code that is not sent is known to no one.
        if pushed and not pushed_requests.use(pushed):
            raise AuthorizationError("invalid_request", _USED)
        if self._waiting_since:
            reauthentication.spend(self.request.session, self._waiting_since)
        return client_redirect.send(self.request, self.authorization.target, code=code)

    def _used_before(self, chosen: list[EligibleMembership]) -> list[EligibleMembership]:
        """Narrow several organizations to the one that this service was used for; all of them where it is unknown."""
        if self._named and self.authorization.target.client.subject_per_organization:
            return chosen  # the `sub` has named the organization
        hinted = str(self._hint.get("organization", {}).get("id", ""))
        used = organization_choice.used_before(self.request, self.authorization, chosen, hinted)
        if not used:
            self._refuse_if_prompt_none("account_selection_required")
        return used or chosen

    @cached_property
    def _named(self) -> set[str]:
        """Return the values of `sub` that the request names; "" for a hint that is no ID token of this client."""
        named = set(self.authorization.claims.subjects)
        return named | {str(self._hint.get("sub", ""))} if self.authorization.id_token_hint else named

    @cached_property
    def _hint(self) -> Mapping[str, Any]:
        """Return the claims of the hint; none where it is no ID token of this client."""
        hint, client = self.authorization.id_token_hint, self.authorization.target.client.id
        return (signing_keys.verify(token=hint, audience=client) if hint else None) or {}

    def _url_for_another_person(self) -> str:
        """Return where another person signs in after a sign-out, and comes back from in a new session."""
        return login_redirect.sign_in_url(self._return_url(without=_SELECT, opens_session=True))

    def _requires_consent(self) -> bool:
        """A native program always asks: another program of the device may claim its address (RFC 8252 §8.6)."""
        target = self.authorization.target
        is_claimable = target.client.is_native and not target.redirect_uri.startswith("https:")
        return is_claimable or target.client.asks_consent or "consent" in self.authorization.prompts

    def _consent_page(self, organization: str) -> HttpResponse:
        """Ask for consent, which is not remembered."""
        self._refuse_if_prompt_none("consent_required")
        if self.consent_answer:
            raise AuthorizationError("access_denied")
        values = {field["name"]: field["value"] for field in self._hidden_fields()}
        values["organization"] = organization
        context = {
            "application": client_redirect.application_name(self.request, self.authorization.target.client),
            "hidden_fields": [{"name": name, "value": value} for name, value in values.items()],
            "action_url": reverse("oidc_consent"),
        }
        return render(self.request, "oidc/consent.html", context)

    def _refuse_if_prompt_none(self, error: str) -> None:
        if "none" in self.authorization.prompts:
            raise AuthorizationError(error)

    def _hidden_fields(self) -> list[dict[str, str]]:
        """Return the request's parameters for a form that repeats it, without the prompt that the form answers.

        The mark goes along, or a choice would end the wait for the proof that has been given.
        """
        values = {**self.parameters, "prompt": " ".join(sorted(self.authorization.prompts - {_SELECT}))}
        if self._waiting_since:
            values[reauthentication.PARAMETER] = self.mark
        if values.get("request_uri"):
            values[pushed_requests.ANSWERED] = pushed_requests.answered(self.request, values["request_uri"])
        return [
            {"name": name, "value": value}
            for name, value in values.items()
            if value and name not in _FORM_FIELDS
        ]

    @cached_property
    def _waiting_since(self) -> dt.datetime | None:
        if not self.mark:
            return None
        return reauthentication.waiting_since(self.request, self.authorization, self.mark)

    def _return_url(self, *, without: str = "", opens_session: bool = False) -> str:
        """Return the address of this request, `without` one prompt, with a mark where it requires reauthentication.

        `opens_session` where the person comes back in a new session.
        """
        path = self._path(without=without)
        if "login" not in self.authorization.prompts and self.authorization.max_age is None:
            return path
        mark = self.mark
        if opens_session or not self._waiting_since:
            mark = reauthentication.mark(self.request, self.authorization, opens_session=opens_session)
        return f"{path}&{urlencode({reauthentication.PARAMETER: mark})}"

    def _path(self, *, without: str = "") -> str:
        values = dict(self.parameters)
        if without in self.authorization.prompts:
            values["prompt"] = " ".join(sorted(self.authorization.prompts - {without}))
        return f"{metadata.AUTHORIZE}?{urlencode({name: value for name, value in values.items() if value})}"
