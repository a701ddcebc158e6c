"""The errors of commands have a code and the data for their sentence (`portal.wording.refusals`)."""

from audit.foundation.errors import DomainError


class Denied(DomainError):
    """The actor may not do this.

    `reason`: no_permission, own_membership, own_right, outside_sites, exceeds_authority, wrong_state,
    organization_closed, not_owner, not_own_program, not_your_turn, not_your_review.
    """

    code = "denied"


class NotFound(DomainError):
    """The subject does not exist, or the actor may not see it: the two have the same answer."""

    code = "not_found"


class LastAdmin(DomainError):
    """The organization would have no working admin left. `refused`: the memberships of the last admins."""

    code = "last_admin"


class LastOwner(DomainError):
    """The part of the supplier that an ended right was for would have no owner left."""

    code = "last_owner"


class OwnerExists(DomainError):
    """An owner without end is in force, so the system appoints no other: owners give and end rights."""

    code = "owner_exists"


class AuditorApart(DomainError):
    """An auditor has no other staff role, so that the auditor changes nothing."""

    code = "auditor_apart"


class ExceedsAuthority(DomainError):
    """The actor may not assign so much.

    `field`: role, sites, limit, until, scopes; with `amount` and `currency` for a limit.
    """

    code = "exceeds_authority"


class ExceedsCeiling(DomainError):
    """The supplier does not offer this organization so much. `field`, `entitlement`, `amount`, `currency`."""

    code = "exceeds_ceiling"


class ConflictingAccess(DomainError):
    """A person would newly hold two entitlements that the catalogue keeps apart, for the same sites and time.

    `conflict`, `entitlements`, `text` by language, `members` (none for an access that no member has yet), `field`;
    `until` where an exception is accepted that ends before the access.
    """

    code = "conflicting_access"


class OwnDutyException(DomainError):
    """An exception is accepted by another person than the one who asked for it."""

    code = "own_duty_exception"


class DutyExceptionOver(DomainError):
    """An exception was accepted or closed already, or its end has passed: `state`."""

    code = "duty_exception_over"
    is_refusal = False


class InvalidAccess(DomainError):
    """The requested access is invalid.

    `field` and `problem`: missing, unknown, both, currency, period, past, too_late, negative, decimals, too_large,
    not_a_number, not_an_instant, zero.
    """

    code = "invalid_access"
    is_refusal = False


class Unchanged(DomainError):
    """All of these members have exactly this access already."""

    code = "unchanged"
    is_refusal = False


class AccessChanged(DomainError):
    """Some of the members hold other access than the actor was shown. `members`: their memberships."""

    code = "access_changed"
    is_refusal = False


class NotLimitable(DomainError):
    """Some of the members cannot be limited to these sites, so none was.

    `reasons` by membership: no_access, several, elsewhere, within, exceeds, outdated.
    """

    code = "not_limitable"
    is_refusal = False


class InvalidInput(DomainError):
    """The text of `field` cannot be stored.

    `problem`: missing, too_long, too_many, too_many_lines and too_many_peers (`longest`), characters, link, address,
    phone, domain, unknown, web_address, native_address, keys_of_public, insecure, invalid, proposals, file_type,
    active_content.
    """

    code = "invalid_input"
    is_refusal = False


class AlreadyExists(DomainError):
    """The value is in use already.

    `field`: key, site, number, register_id, client, email, second_email, right, hold, proposal,
    recovery, absence_claim, case, handover, takeover.
    """

    code = "already_exists"
    is_refusal = False


class SecondPersonRequired(DomainError):
    """More people would lose something by a catalogue than one person may decide. `people_losing`, `most`."""

    code = "second_person_required"


class DifferenceChanged(DomainError):
    """The catalogue, or the people affected, differ from what the actor was shown."""

    code = "difference_changed"
    is_refusal = False


class OwnProposal(DomainError):
    """Four eyes are two people: the proposer does not agree to the own proposal."""

    code = "own_proposal"


class ProposalVoid(DomainError):
    """No agreement to a proposal counts any more.

    `reason`: catalogue (it has changed), proposer (who no longer has the right to propose).
    """

    code = "proposal_void"


class ProposalDecided(DomainError):
    """A proposal has been applied, refused or withdrawn: `state`."""

    code = "proposal_decided"
    is_refusal = False


class AlreadySuspended(DomainError):
    """The organization is suspended, so it is not suspended again."""

    code = "already_suspended"
    is_refusal = False


class NotSuspended(DomainError):
    """The organization is not suspended, so it is not resumed."""

    code = "not_suspended"
    is_refusal = False


class NothingToRecover(DomainError):
    """The person is no present member, or has no second factor that could be replaced."""

    code = "nothing_to_recover"
    is_refusal = False


class OwnRecovery(DomainError):
    """Four eyes are two people: the opener of a request does not agree to it."""

    code = "own_recovery"


class RecoveryOver(DomainError):
    """A request to replace a lost factor was decided or used, or its time is over: `state`."""

    code = "recovery_over"
    is_refusal = False


class AnsweredRecently(DomainError):
    """The admin, or another one, has answered a claim about the admin a short time ago."""

    code = "answered_recently"
    is_refusal = False


class ClaimClosed(DomainError):
    """A claim that an admin has left was answered, withdrawn or dismissed: `state`."""

    code = "claim_closed"
    is_refusal = False


class TakeoverClosed(DomainError):
    """A report that a person's sign-in was taken over is closed."""

    code = "takeover_closed"
    is_refusal = False


class HasAdmin(DomainError):
    """The organization has a working admin, perhaps again, so no case makes another one."""

    code = "has_admin"


class CaseStep(DomainError):
    """This is not the next step of the case, or it was done: `state`."""

    code = "case_step"


class CaseStopped(DomainError):
    """An objection waits for a decision."""

    code = "case_stopped"


class CaseWaits(DomainError):
    """The time for objections, or the further time, is not over: `until`."""

    code = "case_waits"


class CaseChanged(DomainError):
    """The person or the proofs are not those that the actor was shown."""

    code = "case_changed"


class OwnCase(DomainError):
    """Four eyes are two impartial people: not the opener, the proposer, who answered an objection, or who asked."""

    code = "own_case"


class ProofsMissing(DomainError):
    """The accepted proofs are too few, too light, or rest on one source."""

    code = "proofs_missing"


class DomainVerifiedLate(DomainError):
    """The customer's domains were verified after the case or its first request began, so none of them is a proof."""

    code = "domain_verified_late"


class NoticesReturned(DomainError):
    """No notice can have reached a person: all addresses bounce. A letter by post is a notice, too."""

    code = "notices_returned"


class TierMissing(DomainError):
    """The catalogue lacks a tier that a case ends with, so none can be proposed."""

    code = "tier_missing"


class HandoverNotReady(DomainError):
    """The successor has not accepted, has no second factor, or cannot be given what the giver holds."""

    code = "handover_not_ready"
    is_refusal = False


class HandoverOver(DomainError):
    """A handover was completed or ended, or its time is over: `step`."""

    code = "handover_over"
    is_refusal = False


class ReviewOver(DomainError):
    """A review has ended, or this line of it was decided: `state`."""

    code = "review_over"
    is_refusal = False


class HasMembers(DomainError):
    """The supplier invites the first admins only, and the organization has or had members."""

    code = "has_members"


class AlreadyMember(DomainError):
    """The address belongs to a present member. `membership`."""

    code = "already_member"
    is_refusal = False


class AlreadyInvited(DomainError):
    """There is an open invitation to this address. `invitation`."""

    code = "already_invited"
    is_refusal = False


class RecipientsRefused(DomainError):
    """Some of several people cannot be invited, so none was. `recipients`: the code and data of each by address."""

    code = "recipients_refused"
    is_refusal = False


class RateLimited(DomainError):
    """Too many mails were sent. `what`: invitation, address, organization; `most` a day; retry after `seconds`."""

    code = "rate_limited"


class InvitationGone(DomainError):
    """The invitation cannot be accepted.

    `state`: unknown, expired, used, cancelled, sender_without_authority, membership_ended.
    """

    code = "invitation_gone"


class WrongPerson(DomainError):
    """The invitation was sent to an address other than that of the signed-in person."""

    code = "wrong_person"


class LookNotAllowed(DomainError):
    """The standing rule of the organization does not allow this look now. `problem`: rule, signed_out."""

    code = "look_not_allowed"


class IdempotencyKeyReused(DomainError):
    """The idempotency key was used for another request."""

    code = "idempotency_key_reused"
    is_refusal = False
