"""Targets follow from their registration and the changes since; each setting is that of the newest event with it."""

from audit.state import declarations
from audit.state.declarations import Rebuilt

_SYNC = "how far a sync is; the deliverer writes it without an event"
_HEALTH = "records how the target answers; the deliverer writes it without an event"


def _newest(part: str, name: str, default: str = "NULL") -> str:
    return f"""coalesce((SELECT c.{part} -> '{name}' FROM change c WHERE c.id_target = r.id_target
                         AND c.{part} ? '{name}' ORDER BY c.seq DESC LIMIT 1), {default})"""  # noqa: S608


declarations.register(
    Rebuilt(
        table="provisioning_target",
        key=("id",),
        events="verb IN ('target.register', 'target.update', 'target.pause', 'target.resume')",
        expected=f"""
            WITH change AS (SELECT *, (facts ->> 'target')::uuid AS id_target FROM event)
            SELECT r.id_target AS id, r.facts ->> 'application' AS application_id, r.at AS created_at,
                   r.after ->> 'kind' AS kind, r.after ->> 'record_per' AS record_per,
                   {_newest("after", "include_applications")} AS include_applications,
                   {_newest("after", "on_removal")} #>> '{{}}' AS on_removal,
                   {_newest("after", "name_form")} #>> '{{}}' AS name_form,
                   {_newest("after", "send_phone")}::boolean AS send_phone,
                   {_newest("after", "media_type")} #>> '{{}}' AS media_type,
                   {_newest("after", "verify_writes", "'true'")}::boolean AS verify_writes,
                   {_newest("after", "is_active", "'true'")}::boolean AS is_active,
                   ({_newest("after", "paused_until")} #>> '{{}}')::timestamptz AS paused_until,
                   {_newest("personal", "address")} AS base_url
            FROM change r WHERE r.verb = 'target.register'
        """,  # noqa: S608 - constants of this module
        actual="""
            SELECT t.id, a.key AS application_id, t.created_at, t.kind, t.record_per, t.include_applications,
                   t.on_removal, t.name_form, t.send_phone, t.media_type, t.verify_writes, t.is_active,
                   t.paused_until, t.base_url
            FROM provisioning_target t JOIN identity_published_application a ON a.id = t.application_id
        """,
        columns=(
            "application_id",
            "created_at",
            "kind",
            "record_per",
            "include_applications",
            "on_removal",
            "name_form",
            "send_phone",
            "media_type",
            "verify_writes",
            "is_active",
            "paused_until",
        ),
        encrypted=("base_url",),
        not_compared={
            "token": "encrypted under the row's id by a key outside the database",
            "supports_patch": _HEALTH,
            "without_patch": _HEALTH,
            "down_since": _HEALTH,
            "pause_until": _HEALTH,
            "failures": _HEALTH,
            "sync_cursor": _SYNC,
            "synced_at": _SYNC,
        },
    )
)
