"""Links in mails: what a secret from one leads to. Reading only; acceptance checks again under the lock."""

from delegation.models import Invitation
from identity import secret

PREFIX = "khi"


def invitation(link: str) -> Invitation | None:
    """The invitation behind a link, whatever its state; None for a secret that never was one."""
    if not link.startswith(f"{PREFIX}_"):
        return None
    return (
        Invitation.objects.filter(tokens__hash=secret.hashed(link))
        .select_related("organization", "role")
        .prefetch_related("sites")
        .first()
    )
