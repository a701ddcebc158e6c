"""People as the sample pages show them: long names, many scripts, everything that differs."""

from typing import Any

from django.utils.safestring import mark_safe

from tests.portal import samples_forms as forms
from tests.portal import samples_shell as shells

LONG = "Karl-Gustaf Maximilian Wilhelm von Schantz-Korhonen-Lindholm"
ROWS = [
    ("Aino Virtanen", "aino.virtanen", "Organization admin", "", "All sites", "now", "ok", ""),
    ("Екатерина Соколова", "e.sokolova", "Approver", "up to 10 000 €", "Tallinn", "today 13:48", "ok", ""),
    ("Jüri Tamm", "juri.tamm", "Orderer", "up to 500 €", "Tallinn", "yesterday", "ok", ""),
    (
        LONG,
        "karl-gustaf.vonschantz",
        "Orderer",
        "up to 2 000 €",
        "Tampere, Oulu",
        "3 Nov",
        "wait",
        "CRM portal",
    ),
    (
        "Mikko Laine",
        "mikko.laine",
        "Orderer",
        "up to 2 000 €",
        "Tampere, Oulu",
        "today 09:12",
        "differs",
        "CRM portal",
    ),
    ("Nguyễn Thị Hồng Hạnh", "hanh.nguyen", "Viewer", "", "Tampere", "18 Nov", "ok", ""),
    ("Øystein Bjørnstad", "o.bjornstad", "Orderer", "up to 2 000 €", "Oulu", "12 Oct", "ok", ""),
    ("Päivi Korhonen", "paivi.korhonen", "Approver", "up to 10 000 €", "Tampere", "today 08:31", "ok", ""),
    (
        "Sanna-Leena Mäki-Petäjä",
        "sanna-leena.maki-petaja",
        "Orderer",
        "up to 500 €",
        "Tampere and 4 more",
        "20 Nov",
        "failed",
        "Web shop",
    ),
    ("Γιώργος Παπαδόπουλος", "g.papadopoulos", "Viewer", "", "Oulu", "never", "ok", ""),
    ("محمد الحسيني", "m.alhusseini", "Orderer", "up to 500 €", "Oulu", "today 11:05", "ok", ""),
    ("王小明", "wang.xiaoming", "Viewer", "", "Tampere", "2 Sep", "none", ""),
]


def _row(number: int, row: tuple[str, ...]) -> dict[str, Any]:
    name, email, tier, limit, sites, seen, state, where = row
    return {
        "id": str(number),
        "name": name,
        "email": f"{email}@koskela.example",
        "url": "/people/5",
        "is_admin": "admin" in tier,
        "tier": tier,
        "limit": limit,
        "sites": sites,
        "seen": seen,
        "state": state,
        "state_where": where,
        "change": {"url": "/people/5/access"},
        "remove": {"url": "/people/5/remove", "why": "You cannot remove yourself." if number == 0 else ""},
    }


def invitations() -> list[dict[str, Any]]:
    """One that bounced, one that waits, one that is over."""
    return [
        {
            "id": "1",
            "email": "j.rautio@koskela.example",
            "tag": {"text": "Mail bounced", "tone": "failed"},
            "sub": "Orderer, Oulu. The address does not exist.",
            "may_cancel": True,
        },
        {
            "id": "2",
            "email": "satu.niemi-lehtonen@koskela.example",
            "sub": "Viewer, all sites. Expires in 6 days.",
            "may_resend": True,
            "may_cancel": True,
        },
        {
            "id": "3",
            "email": "k.saar@koskela.example",
            "name": "Kadri Saar",
            "tag": {"text": "Expired", "tone": ""},
            "sub": "Orderer, Tallinn. Expired 21 Nov.",
            "may_renew": True,
            "may_cancel": True,
        },
    ]


def listing() -> dict[str, Any]:
    """The list as an only admin sees it."""
    return {
        "shell": shells.shell("people"),
        "summary": "298 colleagues, 3 invited, 1 admin",
        "invite": {"url": "/people/invite"},
        "note": {
            "tone": "warn",
            "icon": "key",
            "strong": "You are the only admin.",
            "text": "If you are away, nobody can invite people or remove a leaver.",
            "url": "/people",
            "label": "Choose a second admin",
        },
        "invitations": invitations(),
        "invitations_url": "/invitations",
        "search_url": "/people",
        "q": "",
        "kept": [{"name": "site", "value": "1"}],
        "chips": [{"label": "Site", "value": "Tampere, Oulu, Tallinn", "url": "/people"}],
        "filters": [
            {
                "label": "Tier",
                "options": [
                    {"label": "Any", "url": "/people", "current": True},
                    {"label": "Orderer", "url": "/people?tier=orderer"},
                ],
            },
            {"label": "In systems", "options": [{"label": "Any", "url": "/people", "current": True}]},
        ],
        "people": [_row(number, row) for number, row in enumerate(ROWS)],
        "select_url": "/people/select",
        "pager": {"text": "1–12 of 286 with these filters", "next_url": "/people?after=12"},
    }


PANEL = {
    "who": "Liisa",
    "effect": {
        "gains": ["order in the web shop, up to 2 000 € an order", "see orders and deliveries"],
        "losses": [],
    },
    "until_hint": "24.12.2026",
    "expiry": "The link works for 7 days.",
    "invite_url": "/people/invite",
    "close_url": "/people",
}


def sent() -> dict[str, Any]:
    """After sending."""
    text = "An invitation is on its way to liisa.hamalainen@koskela.example."
    return listing() | {"note": None, "sent": {"text": text}}


def invite() -> dict[str, Any]:
    """Filled in, not sent."""
    typed = {"email": "liisa.h@koskela.example", "name": "Liisa Hämäläinen-Östberg", "tier": "orderer"}
    form = forms.Invite(initial=typed | {"limit_orderer": "2 000", "where": "all", "sites": []})
    return listing() | forms.choices(form) | PANEL


def invite_wrong() -> dict[str, Any]:
    """Sent with three mistakes; what was typed is still there."""
    form = forms.Invite(
        {"email": "liisa.h@koskela", "tier": "orderer", "limit_orderer": "200 000", "where": "some"}
    )
    form.errors.clear()
    form.add_error("email", "The address is not complete. It looks like name@company.fi.")
    form.add_error("limit_orderer", "The limit must be 20 000 € or less")
    form.add_error("sites", "Choose at least one site")
    nothing = {
        "gains": [],
        "losses": [],
        "nothing": "Nothing has happened yet. Correct what is marked first.",
    }
    return listing() | forms.choices(form) | PANEL | {"sites": forms.MANY_SITES, "effect": nothing}


def can() -> list[dict[str, Any]]:
    """Rights with their reasons."""
    chain = [
        {
            "strong": "Tier Orderer",
            "text": "allows ordering up to a limit",
            "sub": "Kivisalo’s tiers, version 7",
        },
        {
            "strong": "Aino Virtanen",
            "text": "gave it for Tampere and Oulu, 2 000 € an order",
            "sub": "12 Mar 2026, 08:40 · “Takes over Petri’s sites” · event 48 107",
        },
    ]
    return [
        {
            "text": mark_safe("Order in the web shop, up to <b>2 000 €</b> an order"),
            "where": "Tampere, Oulu",
            "chain": chain,
            "open": True,
        },
        {"text": "See orders and deliveries", "where": "Tampere, Oulu", "why": "Tier Orderer gives it."},
        {"text": "See invoices", "where": "All sites", "why": "Tier Orderer gives it."},
    ]


def person() -> dict[str, Any]:
    """One colleague of whom two systems know something else."""
    systems = [
        {
            "name": "CRM portal",
            "should": "Orderer, 2 sites",
            "is": "Viewer, 1 site",
            "differs": True,
            "checked": "today 14:02",
            "state": "differs",
            "retry_url": "/put-right",
            "retry_label": "Put right now",
        },
        {
            "name": "Service desk",
            "should": "Contact, active",
            "is": "No answer",
            "checked": "today 13:40",
            "state": "failed",
            "retry_url": "/try",
            "retry_label": "Try now",
        },
        {
            "name": "Reports",
            "should": "Reader, 2 sites",
            "is": "Sent, not confirmed",
            "checked": "2 min ago",
            "state": "wait",
        },
        {
            "name": "Web shop",
            "should": "Orderer, 2 000 €, 2 sites",
            "is": "the same",
            "checked": "2 min ago",
            "state": "ok",
        },
    ]
    events = [
        {
            "at": "Today 14:02",
            "iso": "2026-11-24T14:02",
            "text": "CRM portal was found to differ: it holds Viewer, Tampere only",
        },
        {
            "at": "8 Oct",
            "iso": "2026-10-08",
            "text": mark_safe("<b>Mikko Laine</b> added a passkey, “Work phone”"),
        },
        {
            "at": "14 Feb 2023",
            "iso": "2023-02-14",
            "text": mark_safe("<b>Petri Koskela</b> invited Mikko, who joined the same day"),
        },
    ]
    return {
        "shell": shells.shell("people"),
        "person": {"name": "Mikko Laine", "email": "mikko.laine@koskela.example", "title": "Site manager"},
        "change": {"url": "/people/5/access"},
        "remove": {"url": "/people/5/remove"},
        "more": [],
        "since": "Orderer since 14 Feb 2023",
        "can": can(),
        "systems": systems,
        "systems_summary": "2 of 4 need a look",
        "events": events,
        "events_url": "/activity",
        "events_label": "All 41 events",
        "facts": {
            "last_seen": "Today 09:12, web shop",
            "signs_in_with": "Passkey, password and code",
            "sites": "Tampere, Oulu",
            "also_works_for": "Koskela Kiinteistöt Oy",
            "joined": "14 Feb 2023",
        },
        "sessions": sessions(),
        "sessions_url": "/sessions",
        "back_url": "/people",
    }


def sessions() -> list[dict[str, Any]]:
    """Two browsers, this one first."""
    used = "signed in today 08:58 · active today 09:12"
    return [
        {"id": "1", "title": "Chrome on Windows", "sub": used, "here": True},
        {"id": "2", "title": "Safari on iPad", "sub": "signed in 2 Nov · active 21 Nov"},
    ]


def ended() -> dict[str, Any]:
    """The same colleague, removed, with a name that is long."""
    over = {
        "text": "Removed today 14:00 by Aino Virtanen.",
        "receipt_url": "/removal",
        "restore_url": "/restore",
        "restore_label": f"Bring {LONG} back",
    }
    gone = {
        "name": LONG,
        "email": "karl-gustaf.vonschantz-korhonen-lindholm@rakennusliike-koskela.example",
        "title": "",
    }
    return person() | {
        "ended": over,
        "person": gone,
        "change": None,
        "refused": "This colleague also works at sites that you do not look after.",
        "remove": None,
        "can": [],
        "systems": [],
        "sessions": [],
        "since": "",
    }


def access() -> dict[str, Any]:
    """A tier raised, a site exchanged, and what that means."""
    form = forms.Access(
        initial={
            "tier": "approver",
            "limit_approver": "5 000",
            "limit_orderer": "2 000",
            "where": "some",
            "sites": ["1", "3"],
            "reason": "Runs Tallinn from December",
        }
    )
    effect = {
        "gains": [
            "approve others’ orders up to 5 000 €, in Tampere and Tallinn",
            "order up to 5 000 € an order, not 2 000 €",
        ],
        "losses": ["order or see deliveries in Oulu"],
    }
    panel = {
        "now_sentence": "Now: Orderer, 2 000 €, Tampere and Oulu",
        "effect": effect,
        "first_name": "Mikko",
        "access_url": "/people/5/access",
        "until_hint": "24.12.2026",
        "close_url": "/people/5",
    }
    return (
        person()
        | forms.choices(
            form, now="orderer", hint="You can give up to 5 000 €. Above that, Päivi Korhonen approves."
        )
        | panel
    )


def cancel() -> dict[str, Any]:
    """The question before an invitation is cancelled."""
    return {
        "shell": shells.shell("people"),
        "email": "karl-gustaf.vonschantz-korhonen-lindholm@rakennusliike-koskela.example",
        "name": LONG,
        "offered": "Orderer, up to 2 000 €, Tampere and Oulu, until 31 Dec",
        "state": "Open until 29 Nov.",
        "cancel_url": "/cancel",
        "back_url": "/people",
    }
