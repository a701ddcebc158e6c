"""A check asks the DNS first and then notes what it said: a domain becomes verified, or lapses after some days."""

import contextlib
import datetime as dt
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import structlog

from audit import installation
from audit.foundation import clock
from audit.foundation.actor import Actor, Channel, system
from delegation.authorization.errors import AlreadyExists, NotFound
from delegation.domain_verifications import challenge, commands, queries
from identity.organizations.models import Organization
from provisioning.domain_checks import resolver
from provisioning.domain_checks.models import DomainCheck

Lookup = Callable[[str], list[str]]
"""Returns the TXT values of a name. Raises `resolver.Unreachable`."""
Answer = DomainCheck.DnsAnswer
GRACE = dt.timedelta(days=3)
"""A verified domain lapses once its record was not found for so long: a fault of a name server ends nothing."""
_DAILY, _WHILE_FAILING = dt.timedelta(days=1), dt.timedelta(hours=6)
SOONEST = dt.timedelta(seconds=10)
"""A check that is asked for again so soon answers as the last one."""
_BATCH = 500
_THREADS = 8

log = structlog.get_logger(__name__)


def check(
    *, actor: Actor, organization: Organization, domain: str, lookup: Lookup = resolver.texts
) -> DomainCheck.DnsAnswer:
    """Look the record up now, and verify the domain for the actor where it was found.

    Raises NotFound for a domain that is not the organization's, and what the command raises.
    """
    if domain not in organization.mail_domains:
        raise NotFound
    newest = DomainCheck.objects.filter(organization=organization.id, domain=domain).first()
    if newest is not None and newest.checked_at > clock.now() - SOONEST:
        return Answer(newest.result)
    result = _ask(organization.id, domain, lookup)
    _note(actor, organization, domain, result)
    return result


def check_due(*, lookup: Lookup = resolver.texts) -> int:
    """Check the verified domains whose time has come, many at once. Returns how many."""
    at = clock.now()
    _add_missing(at)
    rows = list(DomainCheck.objects.filter(due_at__lte=at).order_by("due_at")[:_BATCH])
    if not rows or installation.is_frozen():
        return 0
    organizations = Organization.objects.in_bulk([row.organization for row in rows])
    with ThreadPoolExecutor(_THREADS) as pool:
        results = list(pool.map(lambda row: _ask(row.organization, row.domain, lookup), rows))
    actor = system(channel=Channel.JOB)
    for row, result in zip(rows, results, strict=True):
        organization = organizations[row.organization]
        if row.domain not in organization.mail_domains:
            row.delete()
            continue
        try:
            _note(actor, organization, row.domain, result)
        except Exception:
            # One domain that cannot be noted holds up no other.
            log.exception("mail_domain.not_noted", organization=str(organization.id))
            DomainCheck.objects.filter(pk=row.pk).update(due_at=at + _WHILE_FAILING)
    return len(rows)


def _add_missing(at: dt.datetime) -> None:
    """Plan the check of each verified domain that has none planned, whatever became of its row."""
    for organization, domain in queries.all_verified(at=at) - _planned():
        DomainCheck.objects.update_or_create(
            organization=organization,
            domain=domain,
            defaults={"due_at": at},
            create_defaults={"due_at": at, "result": Answer.FOUND, "checked_at": at},
        )


def _planned() -> set[tuple[uuid.UUID, str]]:
    rows = DomainCheck.objects.filter(due_at__isnull=False)
    return set(rows.values_list("organization", "domain"))


def _ask(organization: uuid.UUID, domain: str, lookup: Lookup) -> DomainCheck.DnsAnswer:
    """Ask the DNS, without the database: threads call this."""
    try:
        found = lookup(challenge.name_of(domain))
    except resolver.Unreachable:
        return Answer.UNREACHABLE
    is_met = challenge.is_met(organization=organization, domain=domain, texts=found)
    return Answer.FOUND if is_met else Answer.NOT_FOUND


def _note(actor: Actor, organization: Organization, domain: str, result: DomainCheck.DnsAnswer) -> None:
    at = clock.now()
    is_verified = domain in queries.verified(organization=organization.id, at=at)
    row = DomainCheck.objects.filter(organization=organization.id, domain=domain).first()
    failing_since = None if result is Answer.FOUND else (row and row.failing_since) or at
    if result is Answer.FOUND and not is_verified:
        is_verified = _verify(actor, organization, domain)
    elif is_verified and failing_since and at - failing_since >= GRACE:
        commands.lapse(actor=system(channel=Channel.JOB), organization=organization, domain=domain)
        is_verified = False
    pause = _WHILE_FAILING if failing_since else _DAILY
    DomainCheck.objects.update_or_create(
        organization=organization.id,
        domain=domain,
        defaults={
            "result": result,
            "checked_at": at,
            "failing_since": failing_since,
            "due_at": at + pause if is_verified else None,
        },
    )


def _verify(actor: Actor, organization: Organization, domain: str) -> bool:
    with contextlib.suppress(AlreadyExists):  # another check was first
        commands.verify(actor=actor, organization=organization, domain=domain)
    return True
