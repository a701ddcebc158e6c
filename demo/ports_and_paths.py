"""The demo's folder decides its ports and secrets; each folder has secrets of its own."""

import dataclasses
import json
import os
import pathlib
import secrets
from collections.abc import Mapping

ROOT = pathlib.Path(__file__).resolve().parents[1]
CATALOG = ROOT / "demo" / "catalog.toml"
PORTS = {
    "PORTAL_PORT": 8000,
    "ORDERING_PORT": 8001,
    "CRM_PORT": 8002,
    "STAFF_PORT": 8003,
    "MAIL_PORT": 8025,
    "SMTP_PORT": 1025,
}
SERVICES = {"ordering": "ORDERING_PORT", "crm": "CRM_PORT"}
SUPPLIER = {
    "KEYHOLDER_SUPPLIER": "Kivisalo",
    "KEYHOLDER_SUPPORT": "09 000 1234",
    "KEYHOLDER_BRAND": str(ROOT / "demo" / "brand"),
    "KEYHOLDER_MAIL_FROM": "Kivisalo <portal@kivisalo.example>",
    "KEYHOLDER_PROXIES": "0",
    "KEYHOLDER_STAFF_ALERTS": "otso.rantanen@kivisalo.example,kaarina.saari@kivisalo.example",
}
"""The sample supplier. A variable of the same name in the environment wins."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Places:
    """A demo has a home folder and its ports."""

    home: pathlib.Path
    ports: Mapping[str, int]

    def url(self, port: str) -> str:
        """Return a part's address by the name of its port. Passkeys need a host name, not a number."""
        return f"http://localhost:{self.ports[port]}"

    @property
    def folder(self) -> pathlib.Path:
        """Return the folder of what the demo itself stores: secrets, sample people, the services' stores."""
        return self.home / "demo"

    @property
    def people(self) -> pathlib.Path:
        """Return the file of the sample sign-ins, written when the sample data is complete."""
        return self.folder / "people.json"

    def secrets(self) -> dict[str, str]:
        """Read the passwords and tokens of this folder, which are generated at the first use."""
        path = self.folder / "secrets.json"
        if not path.exists():
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            names = [
                "password",
                "jobs",
                "staff_client",
                *(f"{key}_{what}" for key in SERVICES for what in ("client", "scim")),
            ]
            generated = {name: secrets.token_urlsafe(24) for name in names} | {"password": _speakable()}
            write(path, generated)
        stored: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
        return stored

    def remember(self, **values: str) -> None:
        """Add to the folder's secrets."""
        write(self.folder / "secrets.json", {**self.secrets(), **values})


def write(path: pathlib.Path, content: object) -> None:
    """Write a 0600 JSON file that appears whole."""
    draft = path.with_suffix(".new")
    with os.fdopen(
        os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
    ) as file:
        json.dump(content, file, indent=1, ensure_ascii=False)
    draft.replace(path)


def _speakable() -> str:
    """Generate a password that one can type from the screen: four groups of four, 64 bits and more."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4))


def from_environment() -> Places:
    """Read the home from KEYHOLDER_HOME, and the ports from their own variables."""
    home = pathlib.Path(os.environ.get("KEYHOLDER_HOME", ROOT / "var")).resolve()
    return Places(home=home, ports={name: int(os.environ.get(name, port)) for name, port in PORTS.items()})
