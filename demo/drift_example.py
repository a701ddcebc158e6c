"""Changes one contact in the CRM by hand and reads the CRM, so that the portal shows a record out of date."""

import time

import django

django.setup()

# Models are there only after setup.
from audit.foundation import clock  # noqa: E402
from demo import ports_and_paths  # noqa: E402
from identity.people.models import User  # noqa: E402
from provisioning.accounts import planner, reconcile  # noqa: E402
from provisioning.accounts.models import Account  # noqa: E402
from provisioning.connectors.scim import schema as scim_schema  # noqa: E402
from provisioning.connectors.scim.endpoint import ScimEndpoint  # noqa: E402
from provisioning.http.pool import Pool  # noqa: E402
from provisioning.targets import profile  # noqa: E402
from provisioning.targets.models import Target  # noqa: E402

EMAIL = "karl-gustaf.vonschantz@koskela.example"
WAIT_SECONDS = 300


def run() -> None:
    """Change one record in the CRM, and read the CRM, once all events are planned and all accounts acknowledged."""
    until = time.monotonic() + WAIT_SECONDS
    while (
        planner.behind()
        or Account.objects.exclude(due_at=None).exists()
        or not Account.objects.filter(acknowledged_active=True).exists()
        or Account.objects.filter(acknowledged_at__gt=clock.now() - reconcile.SETTLING).exists()
    ):
        if time.monotonic() > until:
            return
        time.sleep(1)
    target = Target.objects.get(application__key="crm")
    change_record(target, Account.objects.get(target=target, user=User.objects.get(email=EMAIL)))
    reconcile.check(target=target)
    (ports_and_paths.from_environment().folder / "drift.stamp").touch()


def change_record(target: Target, account: Account) -> None:
    """Remove the limits in the target without the portal."""
    pool = Pool()
    try:
        endpoint = ScimEndpoint(profile.build(target=target), pool)
        record = endpoint.get(account.remote_id)
        record[scim_schema.EXTENSION]["limits"] = []
        endpoint.put(account.remote_id, record)
    finally:
        pool.close()


if __name__ == "__main__":
    run()
