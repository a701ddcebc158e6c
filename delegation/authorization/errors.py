"""What can be refused, each with a code and the data its sentence needs (`portal.wording.refusals`)."""

from audit.foundation.errors import DomainError


class Denied(DomainError):
    """Not yours to do. `reason`: not_held, self, other_sites, above_you, state, closed."""

    code = "denied"


class NotFound(DomainError):
    """There is no such thing, or none that the actor may see: the two are the same answer."""

    code = "not_found"


class LastAdmin(DomainError):
    """The organization would have no working admin left. `refused`: the memberships of those it would lose."""

    code = "last_admin"


class ExceedsAuthority(DomainError):
    """More than the actor may give. `field`: role, sites, limit, until; with `amount` and `currency` for a limit."""

    code = "beyond_authority"


class ExceedsCeiling(DomainError):
    """More than the supplier offers this organization. `field`, `entitlement`, `amount`, `currency`."""

    code = "beyond_ceiling"


class InvalidAccess(DomainError):
    """The access asked for makes no sense.

    `field` and `problem`: missing, unknown, both, currency, period, past, too_late, negative, decimals, too_large,
    not_a_number, not_an_instant, zero.
    """

    code = "bad_access"
    is_refusal = False


class Unchanged(DomainError):
    """All of them hold exactly this already: nothing would change."""

    code = "unchanged"
    is_refusal = False


class InvalidInput(DomainError):
    """A text that cannot be kept, with its `field`.

    `problem`: missing, too_long (`longest`), characters, address, unknown, web_address, insecure.
    """

    code = "bad_input"
    is_refusal = False


class AlreadyExists(DomainError):
    """There is one already. `field`: key, site, number, client, email."""

    code = "taken"
    is_refusal = False


class AlreadyMember(DomainError):
    """The address belongs to a colleague who is here. `membership`."""

    code = "already_member"
    is_refusal = False


class AlreadyInvited(DomainError):
    """An invitation to this address is open. `invitation`."""

    code = "already_invited"
    is_refusal = False


class RateLimited(DomainError):
    """Enough mails for now. `what`: invitation, address, organization; `most` of them a day; again after `seconds`."""

    code = "too_often"


class InvitationGone(DomainError):
    """`state`: unknown, expired, used, cancelled, or withdrawn (whoever sent it may no longer give this)."""

    code = "invitation_gone"


class WrongPerson(DomainError):
    """The invitation was sent to another address than that of the person signed in."""

    code = "wrong_person"


class IdempotencyKeyReused(DomainError):
    """The idempotency key was used for another request."""

    code = "asked_otherwise"
    is_refusal = False
