"""Every environment variable of the product is declared here once; `docs/running.md` contains this list as a table."""

from pathlib import Path

from portal.settings import brand, postgresql_url, staff_variables
from portal.settings.environment import (
    ENVIRONMENT,
    PRODUCTION,
    Variable,
    absolute,
    choice,
    declared,
    host,
    hosts,
    hosts_with_ports,
    https,
    mailbox,
    optional_path,
    path,
    switch,
    text,
    url,
    web_address,
    whole,
)

BASE_DIR = Path(__file__).resolve().parents[2]

ENV = Variable(
    name=ENVIRONMENT,
    parse=choice(PRODUCTION, "demo", "test"),
    default=PRODUCTION,
    doc="What the installation is for: `production`, `demo` or `test`.",
)
ISSUER = Variable(
    name="KEYHOLDER_ISSUER",
    parse=web_address,
    default="http://localhost:8000",
    production_default=False,
    production_rule=https,
    doc="The portal's address, and the issuer of its tokens; production requires `https://`.",
)
EXTRA_HOSTS = Variable(
    name="KEYHOLDER_EXTRA_HOSTS",
    parse=hosts,
    doc="Further host names of the portal, separated by commas.",
)
PROXIES = Variable(
    name="KEYHOLDER_PROXIES",
    parse=whole(most=9),
    default="0",
    production_default=False,
    doc="The number of your proxies, which append to `X-Forwarded-For` and set `X-Forwarded-Proto`; 0 ignores both.",
)
SUPPLIER = Variable(
    name="KEYHOLDER_SUPPLIER",
    parse=text,
    default="Keyholder",
    production_default=False,
    doc="The supplier's name on pages and in mails.",
)
SUPPORT = Variable(
    name="KEYHOLDER_SUPPORT",
    parse=text,
    production_default=False,
    doc="The telephone number for help on pages and in mails.",
)
ACCESSIBILITY = Variable(
    name="KEYHOLDER_ACCESSIBILITY_URL", parse=url("https"), doc="Your accessibility statement; else our page."
)
PRIVACY = Variable(
    name="KEYHOLDER_PRIVACY_URL", parse=url("https"), doc="Your privacy notice; else our page."
)
BRAND = Variable(
    name="KEYHOLDER_BRAND",
    parse=brand.parse,
    default=brand.NEUTRAL,
    production_default=False,
    doc="A folder with `brand.css`, `.svg` and `.toml` (as `demo/brand`), or `neutral`. Then run `collectstatic`.",
)
BRANDS = Variable(
    name="KEYHOLDER_BRANDS",
    parse=brand.parse_all,
    doc="A folder with one such folder for each brand of a business unit; `brands` of the catalogue names them.",
)
HOME = Variable(
    name="KEYHOLDER_HOME",
    parse=path,
    production_rule=absolute,
    default=str(BASE_DIR / "var"),
    default_doc="`var` beside the code",
    doc="The folder for collected static files, the counters of `/metrics` and the schedule of Celery.",
)
KEYS = Variable(
    name="KEYHOLDER_KEYS",
    parse=optional_path,
    production_rule=absolute,
    default_doc="`keys` in `KEYHOLDER_HOME`",
    doc=(
        "The folder of the key files: the same keys for all processes, mode 0700, "
        "backed up separately from the database."
    ),
)
CHECKPOINTS = Variable(
    name="KEYHOLDER_CHECKPOINTS",
    parse=optional_path,
    production_rule=absolute,
    default_doc="`checkpoints` in `KEYHOLDER_HOME`",
    doc="The folder of signed checkpoints and their key, which the system user of `deliver` owns and alone writes.",
)
DATABASE = Variable(
    name="DATABASE_URL",
    parse=postgresql_url.parse,
    default="postgresql://keyholder_app@127.0.0.1:5432/keyholder",
    address=True,
    production_rule=postgresql_url.requires_verified_tls,
    doc="The database, as `keyholder_app`; in production with `?sslmode=verify-full`, unless it is on this machine.",
)
OWNER_DATABASE = Variable(
    name="OWNER_DATABASE_URL",
    parse=postgresql_url.parse,
    address=True,
    production_rule=postgresql_url.requires_verified_tls,
    default_doc="`DATABASE_URL`",
    doc=(
        "The database, as `keyholder_owner`; "
        "only for `database prepare`, `migrate`, `keys make`, `keys rotate` and `restore`."
    ),
)
ADMIN_DATABASE = Variable(
    name="ADMIN_DATABASE_URL",
    parse=text,
    address=True,
    doc="The database server, as one of its administrators; only for `database prepare`.",
)
DATABASE_POOL = Variable(
    name="KEYHOLDER_DATABASE_POOL",
    parse=whole(most=1000),
    default="0",
    default_doc="`13` in the web process, otherwise `0`",
    doc="The number of pooled database connections per process; 0: one per thread.",
)
PREPARED = Variable(
    name="KEYHOLDER_PREPARED",
    parse=switch,
    default="1",
    doc="`0` behind a pooler that uses another server connection for each transaction.",
)
BROKER = Variable(
    name="KEYHOLDER_BROKER_URL",
    parse=url("pgmq", "amqp", "amqps"),
    address=True,
    default_doc="no jobs: Celery refuses to start",
    doc="Celery's broker: `pgmq://` on PostgreSQL (a database and a role of its own), or `amqp://` of RabbitMQ.",
)
MAIL_FROM = Variable(
    name="KEYHOLDER_MAIL_FROM",
    parse=mailbox,
    default="Keyholder <keyholder@localhost>",
    production_default=False,
    doc="The sender of all mails; returned mails go to this address.",
)
SMTP_HOST = Variable(
    name="KEYHOLDER_SMTP_HOST", parse=host, default="127.0.0.1", doc="The mail relay's host."
)
SMTP_PORT = Variable(
    name="KEYHOLDER_SMTP_PORT", parse=whole(least=1, most=65535), default="25", doc="The mail relay's port."
)
SMTP_TLS = Variable(
    name="KEYHOLDER_SMTP_TLS",
    parse=choice("none", "starttls", "tls"),
    default="none",
    doc="How the connection to the mail relay is encrypted: `none`, `starttls` or `tls`.",
)
SMTP_USER = Variable(
    name="KEYHOLDER_SMTP_USER", parse=text, doc="The user at the mail relay; empty: no authentication."
)
SMTP_PASSWORD = Variable(
    name="KEYHOLDER_SMTP_PASSWORD", parse=text, secret=True, doc="The password of `KEYHOLDER_SMTP_USER`."
)
METRICS_TOKEN = Variable(
    name="KEYHOLDER_METRICS_TOKEN",
    parse=text,
    secret=True,
    doc="The bearer token for `/metrics`. Without one, only this machine may read it, and no client behind a proxy.",
)
ALLOWED_INTERNAL_HOSTS = Variable(
    name="KEYHOLDER_ALLOWED_INTERNAL_HOSTS",
    parse=hosts_with_ports,
    doc="`host:port` of targets in your own networks, separated by commas; other private addresses are refused.",
)
LOG_LEVEL = Variable(
    name="KEYHOLDER_LOG_LEVEL",
    parse=choice("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"),
    default="INFO",
    doc="The least severe log lines that are written.",
)
CLOCK_OFFSET_FILE = Variable(
    name="KEYHOLDER_CLOCK_OFFSET_FILE",
    parse=text,
    doc="A file with the seconds by which tests move the clock; production refuses it.",
)
ALL = [*declared(globals()), *declared(vars(staff_variables))]
