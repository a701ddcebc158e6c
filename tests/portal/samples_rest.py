"""Removing, the log, the start page, one's own access."""

from typing import Any

from tests.portal import samples_forms as forms
from tests.portal import samples_people as people
from tests.portal import samples_shell as shells


def start() -> dict[str, Any]:
    """An admin's start: what is wrong comes first."""
    services = [
        {
            "name": "Web shop",
            "icon": "shopping-cart",
            "url": "/open/ordering",
            "sentence": "Order up to 2 000 €. Above it, Päivi Korhonen decides.",
        },
        {
            "name": "CRM portal",
            "icon": "address-book",
            "url": "/open/crm",
            "sentence": "See contacts and open tickets.",
        },
        {"name": "Tool rental", "icon": "box", "url": "", "sentence": "Not yours yet.", "off": True},
    ]
    todo = [
        {
            "text": "CRM portal has not confirmed the removal of Mikko Laine",
            "sub": "We keep trying, next at 14:03",
            "url": "/removal",
            "label": "Look",
            "state": "wait",
        },
        {
            "text": "The invitation to j.rautio@koskela.example came back",
            "sub": "The address does not exist",
            "url": "/people",
            "label": "Correct",
            "state": "failed",
        },
    ]
    return {
        "shell": shells.shell("home"),
        "lead": "You order for all sites, up to 20 000 € an order, and look after 298 colleagues.",
        "note": people.listing()["note"],
        "services": services,
        "can_look_after": True,
        "todo": todo,
        "events": people.person()["events"],
        "events_url": "/activity",
        "admins": [],
    }


def start_colleague() -> dict[str, Any]:
    """A colleague's start."""
    admins = [{"name": "Aino Virtanen", "email": "aino.virtanen@koskela.example"}]
    return start() | {
        "shell": shells.colleague("home"),
        "lead": "You order for Tampere and Oulu, up to 2 000 € an order.",
        "note": None,
        "can_look_after": False,
        "events": [],
        "admins": admins,
    }


def remove() -> dict[str, Any]:
    """The impact of one removal."""
    return {
        "shell": shells.shell("people"),
        "title": "Remove Mikko Laine",
        "sub": "from Rakennusliike Koskela Oy. Nothing has happened yet.",
        "stops": [
            {"text": "Signing in for Rakennusliike Koskela Oy", "value": "no longer possible"},
            {"text": "Signed in to Kivisalo", "value": "3 browsers are signed out"},
            {"text": "Signed in to Web shop", "value": "ends now"},
            {"text": "Invitations sent and not yet accepted", "value": "1 is cancelled"},
        ],
        "closes": [
            {"name": "Web shop", "what": "Account closed", "last_used": "today 09:12", "usual": "2 s"},
            {"name": "CRM portal", "what": "Contact made inactive", "last_used": "12 Oct", "usual": "4 s"},
        ],
        "stays": "Past orders, invoices, and everything Mikko did in the log. Access to Koskela Kiinteistöt Oy too.",
        "who": {
            "question": "Is this the right Mikko?",
            "email": "mikko.laine@koskela.example",
            "work": "Site manager, Tampere and Oulu",
            "last_seen": "Today 09:12, web shop",
            "namesake_text": "Mikko Laine, Tallinn",
            "namesake_url": "/people/7",
        },
        "form": forms.Remove(),
        "button": "Remove Mikko Laine",
        "undo": "Can be undone for 30 days.",
        "remove_url": "/people/5/remove",
        "back_url": "/people/5",
        "back_label": "Mikko Laine",
    }


def remove_blocked() -> dict[str, Any]:
    """Three at once, one of them the last admin: not possible, and why."""
    who = [{"name": name, "email": f"{email}@koskela.example"} for name, email, *_ in people.ROWS[:4]]
    blocked = {
        "text": "Aino Virtanen is the only admin. Without an admin nobody could invite or remove people.",
        "url": "/people",
        "label": "Choose a second admin",
    }
    return remove() | {
        "title": "Remove 4 colleagues",
        "people": who,
        "ids": ["1", "2", "3", "4"],
        "who": None,
        "blocked": blocked,
        "back_label": "People",
    }


def removal() -> dict[str, Any]:
    """Under way: one system is late."""
    lines = [
        {
            "name": "CRM portal",
            "sub": "Has not answered three times, next at 14:03. Meanwhile Mikko cannot sign in to it through us.",
            "when": "2 min so far",
            "state": "wait",
        },
        {
            "name": "Signing in for Rakennusliike Koskela Oy",
            "sub": "2 sign-ins ended, 3 browsers signed out",
            "when": "14:00:07",
            "state": "closed",
        },
        {
            "name": "Web shop",
            "sub": "Account closed, read back to be sure",
            "when": "after 2 s",
            "state": "closed",
        },
    ]
    gone = {
        "name": "Mikko Laine",
        "email": "mikko.laine@koskela.example",
        "event_number": "61 204",
        "event_url": "/activity#e61204",
        "hash": "9f2c 71e0",
    }
    receipt = {
        "number": "R-a3d549-07b739",
        "people": [gone],
        "single": gone,
        "by": "Aino Virtanen, organization admin",
        "when": "24 Nov 2026, 14:00:07 (Helsinki time)",
        "reason": "Left the company",
    }
    return {
        "shell": shells.shell("people"),
        "title": "Mikko Laine is removed",
        "lead": "Signing in stopped everywhere at 14:00:07. Two of three have confirmed. CRM portal has not yet.",
        "open": True,
        "here_url": "/removal",
        "lines": lines,
        "receipt": receipt,
        "next_text": "We keep trying until every system has confirmed. You may close this page.",
        "back_url": "/people",
    }


def removal_done() -> dict[str, Any]:
    """Every door is closed."""
    lines = [dict(line, state="closed", when="after 4 s") for line in removal()["lines"]]
    return removal() | {
        "open": False,
        "lead": "Every door closed within 4 s.",
        "lines": [
            line | {"sub": "Account closed"} if "account" in line["sub"].lower() else line for line in lines
        ],
        "next_text": "Nothing is left to do.",
        "restore_url": "/restore",
        "restore_label": "Bring Mikko Laine back",
    }


def activity() -> dict[str, Any]:
    """A removal and what followed from it, then the day before."""
    rows = [
        (
            "61 205",
            "e21b 48f9",
            "Today",
            "14:00:07",
            "",
            "An invitation Mikko Laine had sent was cancelled",
            "k.saar@koskela.example",
            True,
        ),
        (
            "61 204",
            "9f2c 71e0",
            "Today",
            "14:00:07",
            "Aino Virtanen",
            "removed Mikko Laine",
            "Left the company · 3 sessions and 2 accesses ended",
            False,
        ),
        (
            "61 203",
            "1fd8 a6c0",
            "Yesterday",
            "16:40:02",
            "Aino Virtanen",
            f"invited {people.LONG}",
            "Orderer, up to 2 000 €, Tampere and Oulu",
            False,
        ),
        ("61 202", "77b3 0e52", "Yesterday", "09:02:44", "Päivi Korhonen", "signed in", "passkey", False),
    ]
    keys = ("number", "hash", "day", "time", "actor", "text", "sub", "also")
    events = [dict(zip(keys, row, strict=True)) for row in rows]
    for event in events:
        event |= {
            "anchor": f"e{str(event['number']).replace(' ', '')}",
            "iso": "2026-11-24T14:00:07Z",
            "prev": "c04a 9d11",
            "told": "Told: Web shop in 0.4 s, CRM portal in 4.1 s" if event["number"] == "61 204" else "",
        }
    return {
        "shell": shells.shell("activity"),
        "sub": "61 205 numbered changes. Deliveries and mails are under “What”.",
        "verified": {"state": "ok", "text": "3 links followed, unbroken"},
        "search_url": "/activity",
        "filters": [
            {"label": "What", "options": [{"label": "All changes", "url": "/activity", "current": True}]}
        ],
        "events": events,
        "pager": {"text": "4 events on this page", "next_url": "/activity?before=61202"},
    }


def my_access() -> dict[str, Any]:
    """One's own rights."""
    return {
        "shell": shells.colleague("access"),
        "lead": "You order for Tampere and Oulu, up to 2 000 € an order.",
        "can": people.can(),
        "admins": [{"name": "Aino Virtanen", "email": "aino.virtanen@koskela.example"}],
        "facts": {
            "signs_in_with": "Passkey, password and code",
            "member_since": "14 Feb 2023",
            "customer_number": "104 233",
        },
        "security_url": "/security",
        "sessions": people.sessions(),
        "sessions_url": "/sessions",
        "events": people.person()["events"],
    }
