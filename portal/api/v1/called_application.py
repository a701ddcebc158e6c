"""Every view about one application starts from the program's rights for its business unit."""

from collections.abc import Collection
from dataclasses import dataclass

from rest_framework.request import Request

from delegation.applications import queries
from delegation.applications.queries import ApplicationView, ClientView
from delegation.authorization.errors import Denied, InvalidInput, NotFound
from delegation.authorization.verbs import Verb
from portal.api.bearer_tokens import Caller
from portal.api.v1 import view
from provisioning.accounts import target_status
from provisioning.accounts.target_status import TargetStatus


@dataclass(frozen=True, slots=True)
class CalledApplication:
    """Describes the program that calls, and the application that the call is about; its `row` is what commands take."""

    caller: Caller
    found: ApplicationView


def application_of(request: Request, key: str, verb: Verb) -> CalledApplication:
    """Return the application of this key, where the program's rights allow the verb. Six statements at most.

    Raises NotFound for one of another business unit, as for an unknown key, and Denied where it may be read alone.
    """
    caller = view.caller_of(request)
    found = queries.find(actor=caller.actor, key=key, at=caller.at)
    if found is None:
        raise NotFound
    if queries.find(actor=caller.actor, key=key, at=caller.at, verb=verb) is None:
        raise Denied(reason="no_permission")
    return CalledApplication(caller, found)


def client_of(called: CalledApplication, client: str) -> ClientView:
    """Return the client of this application. One statement. Raises NotFound for that of another."""
    own = queries.clients(applications=[called.found.id], at=called.caller.at)[called.found.id]
    found = next((one for one in own if one.id == client), None)
    if found is None:
        raise NotFound
    return found


def target_of(called: CalledApplication) -> TargetStatus:
    """Return the connected system of this application. Two statements. Raises NotFound where none is connected."""
    status = target_status.of_applications(applications=[called.found.id], at=called.caller.at)
    if called.found.id not in status:
        raise NotFound
    return status[called.found.id]


def require_visible(called: CalledApplication, keys: Collection[str]) -> None:
    """Raise InvalidInput for keys of applications that the program does not see, whether or not they exist."""
    if not keys:
        return
    visible = queries.applications(actor=called.caller.actor, at=called.caller.at)
    if not set(keys) <= {one.key for one in visible}:
        raise InvalidInput(field="include_applications", problem="unknown")
