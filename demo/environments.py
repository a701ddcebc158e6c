"""Each process of the demo finds its own environment."""

import os

from demo import jobs
from demo.ports_and_paths import SERVICES, SUPPLIER, Places
from demo.staff_login import staff
from portal import embedded_postgres

STAFF_CLIENT = "keyholder"


def portal(where: Places, server: embedded_postgres.Server, *, owner: bool = False) -> dict[str, str]:
    """Return the variables for every part of the portal. Only migrating and seeding may know the owner's password."""
    ports, secrets = where.ports, where.secrets()
    outside = [*SERVICES.values(), "STAFF_PORT"]
    internal = [f"{name}:{ports[port]}" for port in outside for name in ("localhost", "127.0.0.1")]
    variables = {
        "KEYHOLDER_ENV": "demo",
        **SUPPLIER,
        **os.environ,
        "KEYHOLDER_HOME": str(where.home),
        "KEYHOLDER_KEYS": str(where.home / "keys"),
        "KEYHOLDER_ISSUER": where.url("PORTAL_PORT"),
        "KEYHOLDER_ALLOWED_INTERNAL_HOSTS": ",".join(internal),
        "KEYHOLDER_SMTP_PORT": str(ports["SMTP_PORT"]),
        "KEYHOLDER_STAFF_ISSUER": where.url("STAFF_PORT"),
        "KEYHOLDER_STAFF_CLIENT_ID": STAFF_CLIENT,
        "KEYHOLDER_STAFF_CLIENT_SECRET": secrets["staff_client"],
        "KEYHOLDER_STAFF_GROUPS": ",".join(f"{role}={group}" for role, group in staff.ROLES.items()),
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


def staff_login(where: Places) -> dict[str, str]:
    """Return the variables for the sign-in of the supplier's own staff."""
    secrets = where.secrets()
    return {
        "PATH": os.environ.get("PATH", ""),
        "SERVICE_PORT": str(where.ports["STAFF_PORT"]),
        "SERVICE_URL": where.url("STAFF_PORT"),
        "SERVICE_STORE": str(where.folder / "staff_login"),
        "PORTAL_URL": where.url("PORTAL_PORT"),
        "PORTAL_NAME": SUPPLIER["KEYHOLDER_SUPPLIER"],
        "OIDC_CLIENT_ID": STAFF_CLIENT,
        "OIDC_CLIENT_SECRET": secrets["staff_client"],
        "SAMPLE_PASSWORD": secrets["password"],
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
