"""Every setting comes from the environment; a malformed value stops the start."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from audit import keyfile
from portal import logs

BASE_DIR = Path(__file__).resolve().parent.parent


def _choice(name: str, default: str, allowed: set[str]) -> str:
    value = os.environ.get(name, default)
    if value not in allowed:
        message = f"{name} is {value!r}; it must be one of {', '.join(sorted(allowed))}."
        raise RuntimeError(message)
    return value


def _whole(name: str, default: int) -> int:
    value = os.environ.get(name, str(default))
    if not value.isdigit():
        message = f"{name} is {value!r}; it must be a whole number."
        raise RuntimeError(message)
    return int(value)


def _list(name: str) -> list[str]:
    return [part.strip() for part in os.environ.get(name, "").split(",") if part.strip()]


KEYHOLDER_ENV = _choice("KEYHOLDER_ENV", "production", {"production", "demo", "test"})
HOME = Path(os.environ.get("KEYHOLDER_HOME", BASE_DIR / "var"))
KEYS_FOLDER = Path(os.environ.get("KEYHOLDER_KEYS", HOME / "keys"))
DEBUG = False

for _purpose in keyfile.PURPOSES:
    keyfile.ensure(folder=KEYS_FOLDER, purpose=_purpose)
SECRET_KEY = keyfile.current(folder=KEYS_FOLDER, purpose="web").material.hex()

ISSUER = os.environ.get("KEYHOLDER_ISSUER", "http://localhost:8000").rstrip("/")
_issuer = urlsplit(ISSUER)
if KEYHOLDER_ENV == "production" and _issuer.scheme != "https":
    raise RuntimeError("KEYHOLDER_ISSUER must begin with https:// in production.")
HTTPS = _issuer.scheme == "https"
ALLOWED_HOSTS = [_issuer.hostname or "localhost", *_list("KEYHOLDER_EXTRA_HOSTS")]
SUPPLIER_NAME = os.environ.get("KEYHOLDER_SUPPLIER", "Kivisalo")
SUPPLIER_SUPPORT = os.environ.get("KEYHOLDER_SUPPORT", "09 000 1234")
BRAND = {
    "stylesheet": "keyholder/brand-kivisalo.css",
    "mark": "keyholder/brand-kivisalo.svg",
    "accent": "#0b5563",
    "on_accent": "#ffffff",
}
METRICS_TOKEN = os.environ.get("KEYHOLDER_METRICS_TOKEN", "")
"""Whoever sends it may read /metrics. Without one: this machine alone, and nobody where a proxy stands in front."""
PROXIES = _whole("KEYHOLDER_PROXIES", 0)
"""How many proxies of ours stand in front; 0: no header of theirs is believed, anybody could send it."""

CLOCK_OFFSET_FILE = os.environ.get("KEYHOLDER_CLOCK_OFFSET_FILE", "")
APPLICATION_ROLE = "keyholder_app"
ALLOWED_INTERNAL_HOSTS = _list("KEYHOLDER_ALLOWED_INTERNAL_HOSTS")
"""`host:port` of addresses in the machine's own networks that outgoing requests may reach all the same."""


def _database(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
        "DISABLE_SERVER_SIDE_CURSORS": False,
    }


_url = os.environ.get("DATABASE_URL", "postgresql://keyholder_app@127.0.0.1:5432/keyholder")
DATABASES = {
    "default": _database(_url),
    "owner": _database(os.environ.get("OWNER_DATABASE_URL", _url)),
}
# Statements are prepared by the server at their second use: planning is most of what they cost. A pooler between that
# gives a transaction another server each time needs KEYHOLDER_PREPARED=0 (or PgBouncer 1.21, which follows them).
DATABASES["default"]["OPTIONS"] = (
    {"server_side_binding": True, "prepare_threshold": 1} if _whole("KEYHOLDER_PREPARED", 1) else {}
)
# The web process borrows from a pool: its server ends idle threads, and a connection of such a thread would stay open.
_pool = _whole("KEYHOLDER_DATABASE_POOL", 0)
if _pool:
    DATABASES["default"]["CONN_MAX_AGE"] = 0
    DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 1, "max_size": _pool, "timeout": 5}
# Migrations run as the owner; nothing else does.
DATABASES["owner"]["CONN_MAX_AGE"] = 0

INSTALLED_APPS = [
    "audit.apps.AuditConfig",
    "identity.apps.IdentityConfig",
    "delegation.apps.DelegationConfig",
    "provisioning.apps.ProvisioningConfig",
    "portal.apps.PortalConfig",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.idp.oidc",
    "django_cotton",
    "guardian",
    "rest_framework",
]

# What sets headers stands outside what answers by itself: a refused host, an ended session, a program's request.
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "portal.oidc.shortpath.ShortPath",
    "portal.middleware.Observed",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "portal.middleware.Acting",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "portal.middleware.Language",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "portal.middleware.CleanInput",
    "portal.middleware.Gate",
    "portal.middleware.Translator",
]
ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.context.page",
            ],
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django_cotton.cotton_loader.Loader",
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "builtins": ["django_cotton.templatetags.cotton"],
        },
    }
]

AUTH_USER_MODEL = "identity.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SESSION_ENGINE = "identity.sessions"
SESSION_COOKIE_NAME = "__Host-kh" if HTTPS else "kh"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_NAME = "__Host-kh-csrf" if HTTPS else "kh-csrf"
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "portal.web.errors.csrf"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SECURE_SSL_REDIRECT = False
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
USE_X_FORWARDED_HOST = False
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS and PROXIES else None

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'"],
    }
}

# It may forget at any time, and strangers can make it: limits of tries stand here and nothing that must hold. What one
# address can put in is bounded by the limits themselves.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "portal_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}
if os.environ.get("KEYHOLDER_REDIS_URL"):
    CACHES["default"] = {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": os.environ["KEYHOLDER_REDIS_URL"],
    }

# Argon2id at the OWASP minimum (19 MiB, t=2, p=1), behind a semaphore.
PASSWORD_HASHERS = ["identity.hashers.Argon2id", "identity.hashers.Machine"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"portal.accounts.passwords.{name}"} for name in ("Length", "Common", "Guessable", "Fresh")
]
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("fi", "Suomi")]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_NAME = "kh-language"
FORMAT_MODULE_PATH = ["portal.dates"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = HOME / "static"
STATICFILES_DIRS = [BASE_DIR / "portal" / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "portal.static_files.Storage"},
}

# django-allauth: the customers' people. Signing up is by invitation alone (portal.signin).
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "portal.signin.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_MODEL_EMAIL_FIELD = "email"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_EMAIL_NOTIFICATIONS = False
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_DEFAULT_HTTP_PROTOCOL = _issuer.scheme
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "portal.accounts.tokens.ResetTokens"  # noqa: S105 - a class
PASSWORD_RESET_TIMEOUT = 2 * 3600
# "key" of the first is a person's address and the place, of the second the address alone (portal.signin).
ACCOUNT_RATE_LIMITS = {
    "login_failed": "10/m/ip,5/5m/key",
    "login_failed_everywhere": "100/h/key",
    "passkey_question": "60/m/ip",
}
ACCOUNT_FORMS = {
    "login": "portal.accounts.forms.Login",
    "reauthenticate": "portal.accounts.forms.Reauthenticate",
    "change_password": "portal.accounts.forms.ChangePassword",
    "set_password": "portal.accounts.forms.SetPassword",
    "reset_password": "portal.accounts.forms.ResetPassword",
    "reset_password_from_key": "portal.accounts.forms.ResetPasswordKey",
    "user_token": "portal.accounts.forms.UserToken",
}
ALLAUTH_TRUSTED_PROXY_COUNT = PROXIES  # so many append to X-Forwarded-For
MFA_ADAPTER = "portal.accounts.factors.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_PASSKEY_SIGNUP_ENABLED = False
MFA_TRUST_ENABLED = False
MFA_TOTP_ISSUER = SUPPLIER_NAME
MFA_FORMS = {
    "authenticate": "portal.accounts.forms.Authenticate",
    "reauthenticate": "portal.accounts.forms.ReauthenticateCode",
    "activate_totp": "portal.accounts.forms.ActivateTOTP",
    "add_webauthn": "portal.accounts.forms.AddPasskey",
    "edit_webauthn": "portal.accounts.forms.EditPasskey",
    "login_webauthn": "portal.accounts.forms.LoginPasskey",
    "authenticate_webauthn": "portal.accounts.forms.AuthenticatePasskey",
    "reauthenticate_webauthn": "portal.accounts.forms.ReauthenticatePasskey",
}
GUARDIAN_MONKEY_PATCH_USER = False
ANONYMOUS_USER_NAME = None

EMAIL_BACKEND = "provisioning.mail.QueueBackend"
DEFAULT_FROM_EMAIL = os.environ.get("KEYHOLDER_MAIL_FROM", f"{SUPPLIER_NAME} <portal@kivisalo.example>")
SMTP_HOST = os.environ.get("KEYHOLDER_SMTP_HOST", "127.0.0.1")
SMTP_PORT = _whole("KEYHOLDER_SMTP_PORT", 25)
SMTP_USER = os.environ.get("KEYHOLDER_SMTP_USER", "")
SMTP_PASSWORD = os.environ.get("KEYHOLDER_SMTP_PASSWORD", "")
SMTP_TLS = _choice("KEYHOLDER_SMTP_TLS", "none", {"none", "starttls", "tls"})

LOGGING = logs.configured(level=os.environ.get("KEYHOLDER_LOG_LEVEL", "INFO"))

CELERY_BROKER_URL = os.environ.get("KEYHOLDER_BROKER_URL", "")
if CELERY_BROKER_URL.startswith("pgmq:"):
    # The queue's functions are installed as plain SQL in a database of its own; no extension is needed. The address
    # is said in full, because the queue's client would otherwise take DATABASE_URL, which is the application's.
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "conn_string": CELERY_BROKER_URL.replace("pgmq:", "postgresql:", 1),
        "init_extension": False,
        "use_notify": True,
        "wait_time_seconds": 0,
        "polling_interval": 1,
        "visibility_timeout": 60,
    }
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULE = {
    "tidy": {"task": "provisioning.tidy", "schedule": 3600.0},
    "reconcile": {"task": "provisioning.reconcile_all", "schedule": 24 * 3600.0},
}

# A view of the API says who may call it; one that says nothing answers nobody.
REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["portal.closed.Closed"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
}
# guardian projects rows of ours; nobody asks it through a backend (`policy` and `scopes` alone).
SILENCED_SYSTEM_CHECKS = ["guardian.W001"]
