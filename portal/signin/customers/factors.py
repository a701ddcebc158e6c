"""Second factors: their secrets at rest, who may take one away, and what a sign-in with one proves."""

import base64
import secrets
import uuid
from collections.abc import Collection
from urllib.parse import urlsplit

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import connection
from django.utils.translation import gettext_lazy

from audit.foundation import clock, encryption
from audit.foundation.actor import Actor, Channel, Kind
from delegation import continuity
from delegation.acts import observations
from delegation.authorization import policy
from delegation.authorization.models.roles import Assurance
from identity.people.models import User

SECOND = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
"""What counts as a second factor; recovery codes stand in for one and are none."""
_CONTEXT = b"second factor"


def kinds(user: User) -> list[str]:
    """The types of second factor this person has set up."""
    return list(Authenticator.objects.filter(user=user, type__in=SECOND).values_list("type", flat=True))


def demanded(user: User) -> bool:
    """Whether this person's access asks for a second factor."""
    return policy.required_assurance(user=uuid.UUID(str(user.pk)), at=clock.now()) is Assurance.MFA


def hardware(authenticator: Authenticator) -> str:
    """`hwk` for a key that cannot leave its device, `swk` for a passkey that is synced (WebAuthn §6.1.3)."""
    data = authenticator.wrap().authenticator_data
    return "swk" if data.flags & data.FLAG.BE else "hwk"


def _looked_after(users: Collection[uuid.UUID]) -> list[uuid.UUID]:
    return [
        one for user in users for one in continuity.organizations_administered_by(user=user, at=clock.now())
    ]


class MFAAdapter(DefaultMFAAdapter):
    """Secrets encrypted at rest, passkeys bound to the issuer's host."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": gettext_lazy(
            "This does not match. Codes change every half minute: try the next one."
        ),
        "cannot_delete_authenticator": gettext_lazy(
            "Without this you could not sign in as your access asks for. Nothing was removed. Add another way first."
        ),
    }

    def encrypt(self, text: str) -> str:
        """Under the key file `secrets`."""
        return base64.urlsafe_b64encode(
            encryption.encrypt_secret(data=text.encode(), context=_CONTEXT)
        ).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """What cannot be opened becomes a fresh secret that no code ever matches: losing a key file opens no door."""
        try:
            return encryption.decrypt_secret(
                data=base64.urlsafe_b64decode(encrypted_text), context=_CONTEXT
            ).decode()
        except (encryption.DecryptionFailed, ValueError):
            return base64.b32encode(secrets.token_bytes(20)).decode()

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Never the last second factor of somebody whose access demands one, nor the last admin's way in.

        Where something is about to be written, the organizations this person looks after and the person's row are
        held, in the order of acts: neither two factors nor two admins each leave the other.
        """
        if authenticator.type not in SECOND:
            return True
        person, users = authenticator.user_id, User.objects.filter(pk=authenticator.user_id)
        if connection.in_atomic_block:
            actor = Actor(kind=Kind.PERSON, id=person, channel=Channel.WEB)
            if not observations.acquire_locks(users=[person], chains=_looked_after, actor=actor):
                return False  # became an admin somewhere while this waited: asked again, it is seen
        at, user = clock.now(), users.get()
        others = Authenticator.objects.filter(user=user, type__in=SECOND).exclude(pk=authenticator.pk)
        if demanded(user) and not others.exists():
            return False
        return continuity.keeps_admin_without(user=person, without=[authenticator.pk], at=at)

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """The relying party is the issuer's host, whatever the Host header says."""
        return {"id": urlsplit(settings.ISSUER).hostname or "localhost", "name": settings.SUPPLIER_NAME}

    def get_public_key_credential_user_entity(self, user: User) -> dict[str, str | bytes]:
        """What the device shows when it asks which passkey."""
        return {"id": user.pk.hex.encode(), "display_name": user.name, "name": user.email}
