"""Links in mails: what a secret from one leads to. Reading only; acceptance checks again under the lock."""

from delegation.models import Invitation
from delegation.wanted import Access, Limit
from identity import secret

PREFIX = "khi"


def invitation(link: str) -> Invitation | None:
    """The invitation behind a link, whatever its state; None for a secret that never was one."""
    if not link.startswith(f"{PREFIX}_"):
        return None
    return (
        Invitation.objects.filter(tokens__hash__in=secret.hashes(link))
        .select_related("organization", "role")
        .prefetch_related("sites")
        .first()
    )


def offered(invitation: Invitation) -> Access:
    """The access an invitation offers."""
    return Access(
        role=invitation.role.key,
        all_sites=invitation.all_sites,
        sites=frozenset(invitation.sites.values_list("id", flat=True)),
        limits={line["entitlement"]: Limit.from_json(line) for line in invitation.limits},
        until=invitation.access_until,
    )
