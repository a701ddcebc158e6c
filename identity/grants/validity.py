"""A valid grant is defined here alone, for codes, token families and access tokens.

A grant `g` (a code or a family) is valid while user, membership, organization, client and application are in force.
Both epochs must be the ones it was issued under, and its sign-in must not have ended. A client that was closed and
opened again has only the grants that were issued since. A grant that a request under
way issues under an older epoch is never valid: the epochs are read before the decision, not when the row is written.
"""

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from audit.foundation import clock, db
from identity.clients import subjects

NOW = f"now AS MATERIALIZED (SELECT {clock.SQL_NOW.replace('%s', '%(offset)s')} AS at)"
"""The WITH part that reads the statement's instant once."""

_COLUMNS = """client, application, application_key, person, name, email, language, email_verified, membership,
  organization, organization_key, organization_name, customer_number, sid, scopes,
  id_token_claims, resource, nonce, auth_time, amr, subject_per_organization, at"""

# In steps and not in one join of eleven tables: planning that takes 50 ms each time, and the steps less than 1 ms.
_VALID_GRANT = f"""
{NOW},
g AS MATERIALIZED (GRANT),
live AS MATERIALIZED (
  SELECT g.*, u.name, u.email, u.language, m.organization_id, s.id AS sid, now.at
  FROM g
  JOIN identity_user u ON u.id = g.user_id AND u.is_active AND u.epoch = g.user_epoch
  JOIN identity_membership m ON m.id = g.membership_id AND m.epoch = g.membership_epoch
  JOIN SIGN_IN s ON s.id = g.sign_in_id AND s.ended_at IS NULL
  CROSS JOIN now
  WHERE g.expires_at > now.at
    AND (SELECT count(*) FROM identity_membershipperiod p
         WHERE p.membership_id = m.id AND p.state = 'active' AND in_force(p.valid_from, p.valid_until, now.at)) > 0
),
valid_grant ({_COLUMNS}) AS MATERIALIZED (
  SELECT live.client_id, a.id, a.key, live.user_id, live.name, live.email, live.language,
         (SELECT count(*) FROM account_emailaddress e
          WHERE e.user_id = live.user_id AND e.verified AND lower(e.email) = lower(live.email)) > 0,
         live.membership_id, o.id, o.key, o.name,
         coalesce((SELECT n.number FROM identity_customernumber n
                   WHERE n.organization_id = o.id AND n.unit_id = a.unit_id), ''),
         live.sid, live.scopes, live.id_token_claims, live.resource, live.nonce, live.auth_time,
         ARRAY(SELECT jsonb_array_elements_text(live.amr)), c.subject_per_organization,
         live.at
  FROM live
  JOIN identity_organization o ON o.id = live.organization_id AND o.status = 'active'
  JOIN identity_client c ON c.protocol_id = live.client_id AND c.is_active
    AND (c.opened_at IS NULL OR live.issued_at > c.opened_at)
  JOIN identity_application a ON a.id = c.application_id AND a.is_active
)"""  # noqa: S608 - constants of this package


def valid_grant(grant: str, *, sign_in: str = "identity_signin") -> str:
    """Return the parts of a WITH clause; the last, `valid_grant`, has one row if the grant is valid, else none.

    `grant` is a SELECT of the row of a code or family as `g.*`. `sign_in` may name a part that has locked the sign-in.
    """
    return _VALID_GRANT.replace("GRANT", grant).replace("SIGN_IN", sign_in)


@dataclass(frozen=True, slots=True)
class GrantContext:
    """Holds what a service may know about its grant: person, organization and authentication.

    The fields have the order of _COLUMNS.
    """

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
    id_token_claims: str
    resource: str
    nonce: str
    auth_time: dt.datetime
    amr: list[str]
    subject_per_organization: bool
    at: dt.datetime
    """The instant at which the grant was valid."""

    @property
    def subject(self) -> str:
        """Return the `sub` under which this client knows the person."""
        return subjects.subject(
            user=self.user,
            membership=self.membership,
            application=self.application,
            per_organization=self.subject_per_organization,
        )


def fetch_one(sql: str, **params: Any) -> tuple[Any, ...] | None:
    """Run a statement that uses NOW, and return its first row, or None."""
    return db.fetch_one(sql, {"offset": clock.offset(), **params})
