"""Each process of the demo finds its own environment."""

import os

from demo import jobs
from demo.ports_and_paths import SERVICES, SUPPLIER, Places
from portal import embedded_postgres


def portal(where: Places, server: embedded_postgres.Server, *, owner: bool = False) -> dict[str, str]:
    """Return the variables for every part of the portal. Only migrating and seeding may know the owner's password."""
    ports, secrets = where.ports, where.secrets()
    internal = [f"{name}:{ports[port]}" for port in SERVICES.values() for name in ("localhost", "127.0.0.1")]
    variables = {
        "KEYHOLDER_ENV": "demo",
        **SUPPLIER,
        **os.environ,
        "KEYHOLDER_HOME": str(where.home),
        "KEYHOLDER_KEYS": str(where.home / "keys"),
        "KEYHOLDER_ISSUER": where.url("PORTAL_PORT"),
        "KEYHOLDER_ALLOWED_INTERNAL_HOSTS": ",".join(internal),
        "KEYHOLDER_SMTP_PORT": str(ports["SMTP_PORT"]),
        "KEYHOLDER_BROKER_URL": jobs.url(server, secrets["jobs"]),
        "DATABASE_URL": server.url_of(embedded_postgres.APP),
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        **{name: str(port) for name, port in ports.items()},
    }
    variables.pop("OWNER_DATABASE_URL", None)
    return variables | ({"OWNER_DATABASE_URL": server.url_of(embedded_postgres.OWNER)} if owner else {})


def service(where: Places, key: str) -> dict[str, str]:
    """Return the variables for the web shop or the CRM portal: protocols and secrets, nothing of the portal's own."""
    secrets, port = where.secrets(), SERVICES[key]
    return {
        "PATH": os.environ.get("PATH", ""),
        "SERVICE_PORT": str(where.ports[port]),
        "SERVICE_URL": where.url(port),
        "SERVICE_STORE": str(where.folder / key),
        "SERVICE_DELAY_MS": os.environ.get("SERVICE_DELAY_MS", "0"),
        "OIDC_ISSUER": where.url("PORTAL_PORT"),
        "OIDC_CLIENT_ID": key,
        "OIDC_CLIENT_SECRET": secrets[f"{key}_client"],
        "SCIM_TOKEN": secrets[f"{key}_scim"],
        "PORTAL_NAME": SUPPLIER["KEYHOLDER_SUPPLIER"],
    }


def mail(where: Places) -> dict[str, str]:
    """Return the variables for the mailbox, which also shows the second factors of the sample people."""
    return {
        "PATH": os.environ.get("PATH", ""),
        "SERVICE_PORT": str(where.ports["MAIL_PORT"]),
        "SERVICE_STORE": str(where.folder / "mail"),
        "SMTP_PORT": str(where.ports["SMTP_PORT"]),
        "SAMPLE_PEOPLE": str(where.people),
    }
