"""Pages say of a mail domain whether it is verified, what the DNS answered last, and which record proves it."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from delegation.domain_verifications.queries import OwnDomain
from portal.wording import dates
from provisioning.domain_checks.queries import LastCheck


@dataclass(frozen=True, slots=True)
class DomainRow:
    """Describes a domain; `tone` is that of `kh.tag`, and `name` and `value` are those of its DNS record."""

    domain: str
    tone: str
    state: str
    sub: str
    name: str
    value: str


def row(own: OwnDomain, checked: LastCheck | None, clock: dates.Clock) -> DomainRow:
    """Return the row of one domain with its last check; None for one that was never checked."""
    tone, state = _state(own, clock)
    return DomainRow(own.domain, tone, state, _sub(checked, clock), own.record.name, own.record.value)


def _state(own: OwnDomain, clock: dates.Clock) -> tuple[str, str]:
    if own.verified_at is not None:
        return "ok", _("Verified since %(day)s") % {"day": clock.date(own.verified_at)}
    if own.lapsed_at is not None:
        return "failed", _("Lapsed %(day)s") % {"day": clock.date(own.lapsed_at)}
    return "", _("Not verified")


def _sub(checked: LastCheck | None, clock: dates.Clock) -> str:
    if checked is None:
        return _("Not checked yet")
    texts = {
        "found": _("Record found %(when)s"),
        "not_found": _("Record not found %(when)s"),
        "unreachable": _("No answer from its DNS %(when)s"),
    }
    return texts[checked.result] % {"when": clock.when(checked.checked_at)}


def was_checked(domain: str, answer: str) -> str:
    """Return the sentence about a check that has just been made."""
    texts = {
        "found": _("The record of %(domain)s was found. The domain is verified."),
        "not_found": _("The record of %(domain)s was not found. DNS changes can take some hours."),
        "unreachable": _("The DNS of %(domain)s did not answer. Check again later."),
    }
    return texts[answer] % {"domain": domain}
