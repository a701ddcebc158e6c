"""When something issued holds: one condition, in one place, for codes, families and access tokens.

A grant `g` (a code or a family) is in force while user, membership, organization and application are, both epochs are
the ones it was issued under, and its sign-in has not ended. Nothing that a request under way issued under an older
epoch ever holds: the epochs are read before the decision, never again when the row is written.
"""

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from django.db import connection

from audit import clock

NOW = f"now AS MATERIALIZED (SELECT {clock.SQL_NOW.replace('%s', '%(offset)s')} AS at)"
"""The statement's instant, read once; belongs into WITH."""

TABLES = """identity_user u, identity_membership m, identity_organization o, identity_client c,
  allauth_idp_oidc_client pc, identity_application a, identity_signin s, now"""

HOLDS = """u.id = g.user_id AND m.id = g.membership_id AND o.id = m.organization_id
  AND c.protocol_id = g.client_id AND pc.id = g.client_id AND a.id = c.application_id AND s.id = g.sign_in_id
  AND u.is_active AND u.epoch = g.user_epoch AND m.epoch = g.membership_epoch AND o.status = 'active'
  AND c.is_active AND a.is_active AND s.ended_at IS NULL AND g.expires_at > now.at
  AND EXISTS (SELECT 1 FROM identity_membershipperiod p
              WHERE p.membership_id = m.id AND p.state = 'active' AND p.valid_from <= now.at
                AND (p.valid_until IS NULL OR p.valid_until > now.at))"""

FACTS = """g.client_id, a.id, a.key, u.id, u.name, u.email, u.language,
  EXISTS (SELECT 1 FROM account_emailaddress e
          WHERE e.user_id = u.id AND e.verified AND lower(e.email) = lower(u.email)),
  m.id, o.id, o.key, o.name,
  coalesce((SELECT n.number FROM identity_customernumber n
            WHERE n.organization_id = o.id AND n.unit_id = a.unit_id), ''),
  s.id, g.scopes, g.nonce, g.auth_time, ARRAY(SELECT jsonb_array_elements_text(g.amr)), now.at"""

NAMES = """client, application, application_key, person, name, email, language, email_verified, membership,
  organization, organization_key, organization_name, customer_number, sid, scopes, nonce, auth_time, amr, at"""
"""FACTS by name, for a WITH that returns them."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a service may know of the sign-in it was granted; the order of the fields is that of FACTS and NAMES."""

    client: str
    application: uuid.UUID
    application_key: str
    user: uuid.UUID
    name: str
    email: str
    language: str
    email_verified: bool
    membership: uuid.UUID
    organization: uuid.UUID
    organization_key: str
    organization_name: str
    customer_number: str
    sid: uuid.UUID
    scopes: str
    nonce: str
    auth_time: dt.datetime
    amr: list[str]
    at: dt.datetime
    """The instant at which it was found to hold."""


def one(sql: str, **params: Any) -> tuple[Any, ...] | None:
    """The only row of a statement, or None. `%(offset)s` is the clock's."""
    with connection.cursor() as cursor:
        cursor.execute(sql, {"offset": clock.offset(), **params})
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row
