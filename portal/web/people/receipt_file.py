"""The receipt of a removal is a JSON file that the portal signs; `audit.verify_receipt` verifies it anywhere."""

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

from django.conf import settings

from audit.verify_receipt import FORMAT, TYPE
from delegation.activity.events import EventView
from identity import signing_keys
from portal.shell.page_context import PageContext
from portal.web.people import receipt, removal_facts
from portal.web.people.receipt import ReceiptPage
from portal.wording import dates
from provisioning.accounts.progress import SystemProgress


def signed_receipt(page: PageContext, events: Sequence[EventView]) -> bytes:
    """Return the file: the receipt as it is now, and the JWS whose payload is exactly this receipt."""
    content = _content(page, events)
    signature = signing_keys.sign(claims=content, typ=TYPE)
    return json.dumps({"receipt": content, "signature": signature}, ensure_ascii=False, indent=2).encode()


def _content(page: PageContext, events: Sequence[EventView]) -> dict[str, Any]:
    first = events[0]
    model = receipt.receipt_page(page, events, dates.Clock(page.at, page.zone))
    progress = receipt.progress_of(page, events)
    return {
        "format": FORMAT,
        "number": model.receipt.number,
        "issuer": settings.ISSUER,
        "organization": {"id": str(page.organization_id), "name": page.organization.name},
        "act": str(first.act),
        "made_at": _instant(page.at),
        "access_ended_at": _instant(removal_facts.ended_at(first)),
        "recorded_at": _instant(first.at),
        "removed_by": {"id": str(removal_facts.remover(first)), "name": model.receipt.by},
        "reason": model.receipt.reason,
        "sessions_ended": int(first.facts.get("sessions", 0)),
        "sign_ins_ended": int(first.facts.get("sign_ins", 0)),
        "offline_tokens": first.facts.get("offline_tokens", {}),
        "people": _people(model, events),
        "systems": [_system(line) for line in progress.lines],
        "is_complete": progress.done,
    }


def _people(model: ReceiptPage, events: Sequence[EventView]) -> list[dict[str, Any]]:
    return [
        {
            "membership": str(event.subject),
            "name": person.name,
            "email": person.email,
            "event": {"id": str(event.id), "seq": event.seq, "hash": event.hash},
        }
        for person, event in zip(model.receipt.people, events, strict=True)
    ]


def _system(line: SystemProgress) -> dict[str, Any]:
    return {
        "application": line.application,
        "kind": line.kind,
        "state": line.state,
        "count": line.count,
        "waiting": line.waiting,
        "confirmed_at": _instant(line.at) if line.at else None,
        "attempts": line.attempts,
        "error": line.error,
    }


def _instant(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
