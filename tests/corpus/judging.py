"""Whether an answer is what a line of the corpus expects; gives the problems, none when it passed."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from django.http import HttpResponse

from portal.oidc import parameters
from tests.corpus.cast import Cast
from tests.corpus.placeholders import CLIENTS
from tests.fixtures import oidc_browser
from tests.fixtures.grants import VERIFIER

Line = Mapping[str, Any]

_FIELDS = """
    name role section kind session method path query headers body raw_body expect_status expect_error error_in expect
    source note after parallel allow_success still_logged_in expect_redirect expect_login rp_token check_scope_absent
    check_no_outbound
"""
_DESCRIBED = frozenset(_FIELDS.split())


class UnknownDemand(ValueError):
    """The line demands something that this runner does not judge, so nothing may count as its answer."""


def require_known(line: Line) -> None:
    """Raise UnknownDemand for a field that no check reads."""
    if unknown := line.keys() - _DESCRIBED - CHECKS.keys():
        raise UnknownDemand(f"{line['name']}: {sorted(unknown)}")


def problems(line: Line, response: HttpResponse, cast: Cast) -> list[str]:
    """Everything that is wrong with the answer."""
    if response.status_code >= 500:
        return [f"status {response.status_code}"]
    if line.get("allow_success") and _succeeded(line, response, cast):
        return _success(line, response, cast)
    found = [] if response.status_code in line["expect_status"] else [f"status {response.status_code}"]
    found += _PLACES[line["error_in"]](line, response, cast)
    return found + _further(line, response, cast)


def _location(response: HttpResponse) -> str:
    return str(response.headers.get("Location", ""))


def _query(response: HttpResponse) -> dict[str, str]:
    return {name: value[0] for name, value in parse_qs(urlsplit(_location(response)).query).items()}


def _registered(line: Line, cast: Cast) -> str:
    client = next((cast.filled(value) for name, value in line["query"] if name == "client_id"), "")
    return cast.address(client.removeprefix("corpus-")) if client.removeprefix("corpus-") in CLIENTS else "//"


def _succeeded(line: Line, response: HttpResponse, cast: Cast) -> bool:
    if response.status_code == 200 and line["error_in"] in {"json", "www-authenticate"}:
        return True
    return _location(response).startswith(f"{_registered(line, cast)}?") and "code" in _query(response)


def _success(line: Line, response: HttpResponse, cast: Cast) -> list[str]:
    absent = line.get("check_scope_absent")
    if not absent:
        return _further(line, response, cast)
    body = {
        "grant_type": "authorization_code",
        "code": _query(response)["code"],
        "redirect_uri": _registered(line, cast),
        "code_verifier": VERIFIER,
    }
    scopes = cast.token(body)["scope"].split()
    return [f"scope {absent} granted"] if absent in scopes else _further(line, response, cast)


def _page(line: Line, response: HttpResponse, cast: Cast) -> list[str]:
    target = _location(response)
    return [f"leaves to {target}"] if target and not target.startswith("/") else []


def _redirect(line: Line, response: HttpResponse, cast: Cast) -> list[str]:
    if not _location(response).startswith(f"{_registered(line, cast)}?"):
        return [f"goes to {_location(response)!r}"]
    answer = _query(response)
    found = [] if answer.get("error") in line["expect_error"] else [f"error {answer.get('error')!r}"]
    found += [] if answer.get("state") in _states(line, cast) else [f"state {answer.get('state')!r}"]
    found += ["a code besides"] if "code" in answer else []
    return found + (["no iss"] if answer.get("iss") != oidc_browser.ISSUER else [])


def _states(line: Line, cast: Cast) -> list[str | None]:
    """The states that an answer may carry: the one of the request, or none where that one is itself refused."""
    sent: list[str] = [cast.filled(value) for name, value in line["query"] if name == "state"]
    read = parameters.parse(urlencode([("state", value) for value in sent]))
    return [None] if "state" in read.faults or not any(sent) else [sent[0]]


def _any(line: Line, response: HttpResponse, cast: Cast) -> list[str]:
    outside = _location(response).startswith("http")
    return _redirect(line, response, cast) if outside else _page(line, response, cast)


def _own(line: Line, response: HttpResponse, cast: Cast) -> list[str]:
    found = _page(line, response, cast)
    return found + (["a code"] if "code=" in urlsplit(_location(response)).query.split("next=")[0] else [])


def _json(line: Line, response: HttpResponse, cast: Cast) -> list[str]:
    body: Any = response
    error = body.json().get("error") if response.content else None
    wanted = line["expect_error"]
    return [] if (error in wanted if wanted else error is None) else [f"error {error!r}"]


def _challenge(line: Line, response: HttpResponse, cast: Cast) -> list[str]:
    header = str(response.headers.get("WWW-Authenticate", ""))
    if not header.startswith("Bearer"):
        return [f"WWW-Authenticate {header!r}"]
    wanted = line["expect_error"]
    return [] if not wanted or any(f'error="{one}"' in header for one in wanted) else [header]


def _none(line: Line, response: HttpResponse, cast: Cast) -> list[str]:
    wanted = line.get("expect_redirect")
    if not wanted:
        return []
    answer = _query(response)
    right = (
        _location(response).startswith(f"{wanted}?") and "code" in answer and answer.get("state") == "s-123"
    )
    return [] if right else [f"goes to {_location(response)!r}"]


_PLACES = {
    "page": _page,
    "redirect": _redirect,
    "any": _any,
    "login": _own,
    "interaction": _own,
    "json": _json,
    "www-authenticate": _challenge,
    "none": _none,
}


Check = Callable[[Any, Any, Line, Cast], bool]
CHECKS: Mapping[str, Check] = {
    "forbid_location": lambda expected, response, *_: expected not in _location(response),
    "forbid_body": lambda expected, response, *_: all(
        one not in response.content.decode("utf-8", "replace")
        for one in ([expected] if isinstance(expected, str) else expected)
    ),
    "check_header_any": lambda expected, response, *_: any(
        value in str(response.headers.get(header, "")).lower() for header, value in expected
    ),
    "check_no_id_token": lambda expected, response, *_: not expected or "id_token" not in response.json(),
    "check_state_exact": lambda expected, response, line, cast: (
        _query(response).get("state") == _state(line, cast, expected)
    ),
    "check_json": lambda expected, response, *_: _holds(response.json(), expected),
    "check_id_token_claims": lambda expected, response, *_: _holds(
        oidc_browser.claims_of(response.json()["id_token"]), expected
    ),
    "check_issuer": lambda _, response, *__: response.json()["issuer"] == oidc_browser.ISSUER,
    "forbid_response_types": lambda expected, response, *_: (
        not set(expected) & set(response.json()["response_types_supported"])
    ),
}
"""What a line may demand of the answer besides its place: the demand, the answer, the line, the cast."""


def _further(line: Line, response: HttpResponse, cast: Cast) -> list[str]:
    return [
        name
        for name, check in CHECKS.items()
        if name in line and not check(cast.filled(line[name]), response, line, cast)
    ]


def _state(line: Line, cast: Cast, expected: object) -> object:
    asked = next((cast.filled(value) for name, value in line["query"] if name == "state"), None)
    return expected if isinstance(expected, str) else asked


def _holds(found: Mapping[str, Any], expected: Any) -> bool:
    """A list of names that must be there, pairs, or an object of values."""
    if isinstance(expected, Mapping):
        return all(name in found and value in {None, found[name]} for name, value in expected.items())
    pairs = [one if isinstance(one, list) else [one] for one in expected]
    return all(name in found and (not value or found[name] == value[0]) for name, *value in pairs)
