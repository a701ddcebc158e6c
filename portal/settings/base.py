"""These settings are about applications, middleware, templates, languages and static files."""

from typing import Any

from portal.operations import log_config
from portal.settings import brand, build, variables

KEYHOLDER_ENV = variables.ENV.value()
BASE_DIR = variables.BASE_DIR
HOME = variables.HOME.value()
BUILD = build.identify(BASE_DIR)
"""Identifies the code in metrics, readiness and heartbeats."""
DEBUG = False

ISSUER = variables.ISSUER.value()
SUPPLIER_NAME = variables.SUPPLIER.value()
SUPPLIER_SUPPORT = variables.SUPPORT.value()
ACCESSIBILITY_URL, PRIVACY_URL = variables.ACCESSIBILITY.value(), variables.PRIVACY.value()
"""The supplier's own statements; empty for the portal's pages."""
_brand = variables.BRAND.value()
BRAND = _brand.to_setting()
_brands = variables.BRANDS.value()
BRANDS = {key: unit_brand.to_setting() for key, unit_brand in _brands.items()}
CLOCK_OFFSET_FILE = variables.CLOCK_OFFSET_FILE.value()

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

# Middleware that sets headers is outside middleware that responds itself: to a refused host, an ended session, a
# program's request.
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "portal.oidc.fast_path.FastPath",
    "portal.api.channel.RestApi",
    "portal.middleware.RequestLog",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "portal.middleware.NoStore",
    "portal.middleware.KnownHost",
    "portal.signin.staff.middleware.StaffPages",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "portal.middleware.PolledSession",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "portal.middleware.Language",
    "django.contrib.messages.middleware.MessageMiddleware",
    "portal.middleware.ChosenLanguage",
    "allauth.account.middleware.AccountMiddleware",
    "portal.middleware.CopiedPages",
    "portal.middleware.RejectBadAddresses",
    "portal.middleware.RequireSignIn",
    "portal.middleware.DomainErrorPages",
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
                "portal.shell.shell.shell_context",
                "portal.signin.staff.frame.staff_context",
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

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("fi", "Suomi")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = HOME / "static"
STATICFILES_DIRS: list[Any] = [BASE_DIR / "portal" / "static"]
if _brand.folder is not None:
    STATICFILES_DIRS.append((brand.STATIC, _brand.folder))
STATICFILES_DIRS += [(unit_brand.static_prefix, unit_brand.folder) for unit_brand in _brands.values()]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "portal.http.static_files.Storage"},
}

LOGGING = log_config.configured(level=variables.LOG_LEVEL.value())

# A view of the API declares its permission; one without a declaration refuses every caller.
REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_SCHEMA_CLASS": "portal.api.openapi.ApiSchema",
    "DEFAULT_PERMISSION_CLASSES": ["portal.api.permissions.DenyAll"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Keyholder",
    "DESCRIPTION": (
        "People, access and invitations of one organization, for its own programs; customers, applications"
        " and connected systems, for the supplier's. See docs/api.md."
    ),
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_PUBLIC": True,
    # What follows is the tag of an operation, such as `holds`.
    "SCHEMA_PATH_PREFIX": r"/api/v1(/organizations/\{organization\}(?=/))?",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "portal.api.openapi.complete",
    ],
    "COMPONENT_SPLIT_REQUEST": False,
    # Two enumerations of fields with one name would get a number.
    "ENUM_NAME_OVERRIDES": {
        "ProposalStateEnum": "delegation.catalogue.queries.STATES",
        "StateEnum": "portal.api.v1.target_fields.STATES",
    },
}
# guardian is asked by `policy` and `scopes` alone, never through an authentication backend.
SILENCED_SYSTEM_CHECKS = ["guardian.W001"]
