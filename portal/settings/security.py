"""These settings are about keys, host names, proxies, cookies, headers, passwords, and outgoing requests."""

from collections.abc import MutableMapping
from urllib.parse import urlsplit

from audit.foundation import clock, web_keys
from portal.settings import base, variables

KEYS_FOLDER = variables.KEYS.value() or base.HOME / "keys"
CHECKPOINTS_FOLDER = variables.CHECKPOINTS.value() or base.HOME / "checkpoints"
SECRET_KEY, *SECRET_KEY_FALLBACKS = web_keys.load(
    folder=KEYS_FOLDER, now=clock.wall(base.CLOCK_OFFSET_FILE)
) or [""]
"""Empty without usable key files, so that `manage.py keys make` can run; `keyholder.E012` refuses the rest."""

_issuer = urlsplit(base.ISSUER)
HTTPS = _issuer.scheme == "https"
ALLOWED_HOSTS = [_issuer.hostname or "localhost", *variables.EXTRA_HOSTS.value()]
PROXIES: int = variables.PROXIES.value()
"""The number of the operator's proxies; 0: their headers are ignored, because any client can send them."""
METRICS_TOKEN = variables.METRICS_TOKEN.value()
"""The bearer token for /metrics. Without one: only this machine, and no client behind a proxy."""
ALLOWED_INTERNAL_HOSTS = variables.ALLOWED_INTERNAL_HOSTS.value()
"""`host:port` of addresses in the machine's own networks that outgoing requests may reach."""

AUTH_USER_MODEL = "identity.User"
SESSION_ENGINE = "identity.sessions.store"
SESSION_COOKIE_NAME = "__Host-kh" if HTTPS else "kh"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = HTTPS
LANGUAGE_COOKIE_NAME = "__Host-kh-language" if HTTPS else "kh-language"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_CHOICE_COOKIE_NAME = "__Host-kh-language-choice" if HTTPS else "kh-language-choice"
WAITING_BROWSER_COOKIE_NAME = "__Host-kh-waiting" if HTTPS else "kh-waiting"
DEVICE_COOKIE_NAME = "__Host-kh-device" if HTTPS else "kh-device"
ENDED_COOKIE_NAME = "__Host-kh-ended" if HTTPS else "kh-ended"
MESSAGE_COOKIE_NAME = "__Host-kh-messages" if HTTPS else "kh-messages"
ORGANIZATION_COOKIE_NAME = "__Host-kh-organization" if HTTPS else "kh-organization"
# Sent to addresses below /staff/ alone: `__Host-` would demand the path `/`.
STAFF_COOKIE_NAME = "__Secure-kh-staff" if HTTPS else "kh-staff"
STAFF_USER_COOKIE_NAME = "__Secure-kh-staff-user" if HTTPS else "kh-staff-user"
STAFF_PENDING_COOKIE_NAME = "__Secure-kh-staff-pending" if HTTPS else "kh-staff-pending"
CSRF_COOKIE_NAME = "__Host-kh-csrf" if HTTPS else "kh-csrf"
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "portal.http.error_pages.csrf"
MESSAGE_STORAGE = "portal.http.message_storage.MessageStorage"
# One page takes a file; the front bounds it, and refuses uploads elsewhere. No upload is written to disk.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
SECURE_SSL_REDIRECT = False
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
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
NO_DOCUMENT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
"""Of responses that are no page; drawings hold styles of their own."""


def _add_headers(headers: MutableMapping[str, str], path: str, url: str) -> None:
    del url
    headers["Content-Security-Policy"] = NO_DOCUMENT_POLICY
    if path.endswith(".svg"):
        headers["Content-Type"] = "image/svg+xml; charset=utf-8"


WHITENOISE_ADD_HEADERS_FUNCTION = _add_headers

# Argon2id at the OWASP minimum (19 MiB, t=2, p=1), behind a semaphore.
PASSWORD_HASHERS = ["identity.people.hashers.Argon2id", "identity.people.hashers.MachineSecretHasher"]
AUTH_PASSWORD_VALIDATORS = [{"NAME": "portal.signin.customers.passwords.NewPassword"}]
# guardian is asked by `policy` and `scopes` alone, never through an authentication backend.
SILENCED_SYSTEM_CHECKS = ["guardian.W001"]
