"""The shell around every sample page: one supplier, one admin, three organizations."""

from typing import Any

NAV = {"home": "/home", "people": "/people", "activity": "/activity", "access": "/me"}
LINKS = {
    "home": "/home",
    "language": "/language",
    "sign_out": "/sign-out",
    "security": "/security",
    "help": "/help",
    "accessibility": "/accessibility",
    "privacy": "/privacy",
}
BRAND = {
    "name": "Kivisalo",
    "phone": "09 000 1234",
    "stylesheet": "brand/brand.css",
    "mark": "brand/brand.svg",
}
ORGANIZATIONS = [
    {"name": "Rakennusliike Koskela Oy", "customer_number": "104 233", "url": "/o/koskela", "current": True},
    {
        "name": "Koskela Kiinteistöt Oy",
        "customer_number": "104 910",
        "url": "/o/kiinteistot",
        "current": False,
    },
]


def shell(
    current: str = "", *, person: str = "Aino Virtanen", email: str = "aino.virtanen@koskela.example"
) -> Any:
    """Inside, as an admin; `current` is the entry of the navigation that is lit."""
    nav = [{"key": key, "url": url, "current": key == current} for key, url in NAV.items()]
    return {
        "brand": BRAND,
        "person": {"name": person, "email": email},
        "organization": ORGANIZATIONS[0],
        "organizations": ORGANIZATIONS,
        "nav": nav,
        "links": LINKS,
        "here": "/here",
    }


def colleague(current: str = "") -> Any:
    """Inside, as someone who looks after nobody."""
    inside = shell(current, person="Mikko Laine", email="mikko.laine@koskela.example")
    return inside | {
        "nav": [entry for entry in inside["nav"] if entry["key"] in {"home", "access"}],
        "organizations": ORGANIZATIONS[:1],
    }


def outside() -> Any:
    """At a door: nobody is signed in."""
    return {
        "brand": BRAND,
        "links": {key: LINKS[key] for key in ("home", "language", "accessibility", "privacy")},
        "here": "/here",
    }
