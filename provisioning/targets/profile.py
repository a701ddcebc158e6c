"""A connector gets the row of a target as plain values, its profile."""

from audit.foundation import encryption
from provisioning.connectors.connector import TargetProfile
from provisioning.targets.models import Target


def build(*, target: Target) -> TargetProfile:
    """Build the profile, with the decrypted token."""
    return TargetProfile(
        base_url=target.base_url,
        token=encryption.decrypt_secret(data=target.token, context=target.id.bytes).decode(),
        supports_patch=target.supports_patch,
        verify_writes=target.verify_writes,
        media_type=target.media_type,
        deletes=target.on_removal == Target.OnRemoval.DELETE,
        target=target.id,
    )
