"""Taking a system into provisioning. Whoever calls has asked; the note is the supplier's."""

import uuid
from collections.abc import Sequence

from django.db import connection

from audit import clock, ids, ledger, noting
from audit.actor import Actor
from audit.ledger import Subject
from delegation.verbs import Noted
from identity.models import Application
from provisioning import vault
from provisioning.models import Target

# Everybody who is there already; whoever comes later is found by the planner.
_FILL = """
INSERT INTO provisioning_account (
    target_id, user_id, membership_id, due_at, priority, marks, state, remote_id, told, told_rights, attempts,
    last_error)
SELECT DISTINCT t.id, m.user_id, CASE WHEN t.record_per = 'membership' THEN m.id END, %(at)s::timestamptz, 1, 1,
       'on_its_way', '', '', '{}'::jsonb, 0, ''
FROM provisioning_target t
JOIN delegation_entitlement e ON e.application_id = t.application_id
JOIN delegation_ceiling c ON c.entitlement_id = e.id
JOIN identity_membership m ON m.organization_id = c.organization_id
WHERE t.id = %(target)s AND EXISTS (
    SELECT 1 FROM identity_membershipperiod p WHERE p.membership_id = m.id
    AND (p.valid_until IS NULL OR p.valid_until > %(at)s))
ON CONFLICT (target_id, user_id, membership_id) DO NOTHING
"""


def register(
    *,
    actor: Actor,
    application: Application,
    base_url: str,
    token: str,
    record_per: str = Target.RecordPer.PERSON,
    when_gone: str = Target.WhenGone.DEACTIVATE,
    also_tells: Sequence[str] = (),
) -> Target:
    """A SCIM end point for an application; everybody who has rights there is told to it from now on."""
    name = ids.uuid7()
    with noting.noting(actor=actor) as note:
        at = clock.now()
        target = Target.objects.create(
            id=name,
            application=application,
            base_url=base_url,
            token=vault.seal(data=token.encode(), context=name.bytes),
            record_per=record_per,
            when_gone=when_gone,
            also_tells=list(also_tells),
            created_at=at,
        )
        fill(target=target)
        facts = {"application": application.key, "record_per": str(record_per)}
        note.say(
            Noted.TARGET_REGISTERED.value, subject=Subject("target", name), chain=ledger.SUPPLIER, facts=facts
        )
    return target


def fill(*, target: Target) -> int:
    """Make an account due for everybody to whose organization the application is offered. Returns how many are new."""
    with connection.cursor() as cursor:
        cursor.execute(_FILL, {"target": target.id, "at": clock.now()})
        return int(cursor.rowcount)


def set_token(*, target: uuid.UUID, token: str) -> None:
    """A new secret for the target; its accounts are tried again at once."""
    sealed = vault.seal(data=token.encode(), context=target.bytes)
    Target.objects.filter(id=target).update(token=sealed, failures=0, down_since=None, pause_until=None)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE provisioning_account SET due_at = %s WHERE target_id = %s AND due_at IS NOT NULL",
            [clock.now(), target],
        )
