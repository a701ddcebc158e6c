"""Somebody at the CRM changes one contact by hand, as happens; then the portal reads the CRM and sees it."""

import time

import django

django.setup()

# Models are there only after setup.
from audit.foundation import encryption  # noqa: E402
from demo import places  # noqa: E402
from identity.people.models import User  # noqa: E402
from provisioning.accounts import reconcile  # noqa: E402
from provisioning.accounts.models import Account  # noqa: E402
from provisioning.connectors.scim import schema as scim_schema  # noqa: E402
from provisioning.connectors.scim.endpoint import ScimEndpoint  # noqa: E402
from provisioning.http.pool import Pool  # noqa: E402
from provisioning.targets.models import Target  # noqa: E402

WHOM = "karl-gustaf.vonschantz@koskela.example"
PATIENCE_SECONDS = 300


def run() -> None:
    """Wait until everybody has been told, change one record in the CRM, and have the CRM read."""
    until = time.monotonic() + PATIENCE_SECONDS
    while (
        Account.objects.exclude(due_at=None).exists()
        or not Account.objects.filter(acknowledged_active=True).exists()
    ):
        if time.monotonic() > until:
            return
        time.sleep(1)
    target = Target.objects.get(application__key="crm")
    meddle(target, Account.objects.get(target=target, user=User.objects.get(email=WHOM)))
    reconcile.check(target=target)
    (places.from_environment().folder / "differ.stamp").touch()


def meddle(target: Target, account: Account) -> None:
    """Take the limits away in the target, behind the portal's back."""
    token = encryption.decrypt_secret(data=target.token, context=target.id.bytes).decode()
    pool = Pool()
    try:
        channel = ScimEndpoint(target.base_url, token, pool)
        record = channel.get(account.remote_id)
        record[scim_schema.EXTENSION]["limits"] = []
        channel.put(account.remote_id, record)
    finally:
        pool.close()


if __name__ == "__main__":
    run()
