"""Second factors have a rule for their removal, and keys an RFC 8176 value."""

import itertools
import uuid
from collections.abc import Collection
from urllib.parse import urlsplit

from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import connection
from django.utils.translation import gettext, gettext_lazy

from audit.foundation import clock
from audit.foundation.actor import Actor, ActorKind, Channel
from delegation import continuity
from delegation.acts import locked_observations
from delegation.authorization import policy
from delegation.authorization.models.roles import Assurance
from identity.people.models import User
from portal.wording import dates

SECOND_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
"""Recovery codes replace a second factor and do not count as one."""


def types_of(user: User) -> list[str]:
    """Return the types of second factor this person has set up."""
    return list(
        Authenticator.objects.filter(user=user, type__in=SECOND_FACTORS).values_list("type", flat=True)
    )


def is_required(user: User) -> bool:
    """Return whether this person's access requires a second factor."""
    return policy.required_assurance(user=uuid.UUID(str(user.pk)), at=clock.now()) is Assurance.MFA


def key_amr(authenticator: Authenticator) -> str:
    """Return `hwk` for a key that cannot leave its device, `swk` for a passkey that is synced (WebAuthn §6.1.3)."""
    data = authenticator.wrap().authenticator_data
    return "swk" if data.flags & data.FLAG.BE else "hwk"


def _administered_organizations(users: Collection[uuid.UUID]) -> list[uuid.UUID]:
    return [
        organization
        for user in users
        for organization in continuity.organizations_administered_by(user=user, at=clock.now())
    ]


DID_NOT_WORK = gettext_lazy("This did not work. Check what you entered and try again.")
"""Stands for every error of allauth that has no sentence of its own here."""


class MFAAdapter(DefaultMFAAdapter):
    """Binds passkeys to the issuer's host, names them, and keeps the last factor that is needed."""

    error_messages = {
        **dict.fromkeys(DefaultMFAAdapter.error_messages, DID_NOT_WORK),
        "incorrect_code": gettext_lazy(
            "The code is incorrect. Codes change every 30 seconds: enter the newest one."
        ),
        "cannot_delete_authenticator": gettext_lazy(
            "You cannot remove your only second factor. Nothing was removed. Add another one first."
        ),
    }

    def encrypt(self, text: str) -> str:
        """Refuse: allauth does not say whose secret it is (`authenticator_apps.encrypt`). Raises TypeError."""
        raise TypeError("A secret is encrypted for one person.")

    def decrypt(self, encrypted_text: str) -> str:
        """Refuse, like `encrypt`. Raises TypeError."""
        raise TypeError("A secret is decrypted for one person.")

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Return False for the last second factor where access requires one, and for the last admin's last factor.

        In a transaction, the organizations this person administers and the person's row are locked, in the order of
        acts: two factors or two admins cannot be removed at the same time, each because of the other.
        """
        if authenticator.type not in SECOND_FACTORS:
            return True
        person, users = authenticator.user_id, User.objects.filter(pk=authenticator.user_id)
        if connection.in_atomic_block:
            actor = Actor(kind=ActorKind.PERSON, id=person, channel=Channel.WEB)
            if not locked_observations.acquire_locks(
                users=[person], chains=_administered_organizations, actor=actor
            ):
                return (
                    False  # became an admin while this waited; the next attempt locks that organization too
                )
        at, user = clock.now(), users.get()
        others = Authenticator.objects.filter(user=user, type__in=SECOND_FACTORS).exclude(pk=authenticator.pk)
        if is_required(user) and not others.exists():
            return False
        return continuity.keeps_admin_without(user=person, without=[authenticator.pk], at=at)

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:  # noqa: A002 - allauth's name
        """Suggest `Chrome on Windows`, and `Chrome on Windows 2` where the person has a passkey of that name."""
        taken = set(Authenticator.objects.filter(user=user, type=type).values_list("data__name", flat=True))
        name = dates.browser(context.request.headers.get("User-Agent", ""), unknown=gettext("Passkey"))
        numbered = (name if number == 1 else f"{name} {number}" for number in itertools.count(1))
        return next(one for one in numbered if one not in taken)

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Return the issuer's host as the relying party, for any Host header."""
        return {"id": urlsplit(settings.ISSUER).hostname or "localhost", "name": settings.SUPPLIER_NAME}

    def get_public_key_credential_user_entity(self, user: User) -> dict[str, str | bytes]:
        """Return the names that the device shows in its list of passkeys."""
        return {"id": user.pk.hex.encode(), "display_name": user.name, "name": user.email}
