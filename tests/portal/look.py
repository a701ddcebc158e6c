"""Renders templates with sample contexts, without database, views or sign-in.

Under pytest the product's own settings are used; alone (`python -m tests.portal.gallery`) a few that need nothing.
"""

from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.template import loader
from django.urls import include, path
from django.utils import translation

ROOT = Path(__file__).resolve().parent.parent.parent
SPACES = "\N{NO-BREAK SPACE}"

APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_cotton",
]

urlpatterns: list[Any] = []


def configure() -> None:
    """Enough of Django to render a template; does nothing where settings are there already."""
    if settings.configured:
        return
    settings.configure(
        BASE_DIR=ROOT,
        SECRET_KEY="only-for-pictures",
        INSTALLED_APPS=APPS,
        MIDDLEWARE=["allauth.account.middleware.AccountMiddleware"],
        ROOT_URLCONF="tests.portal.look",
        LANGUAGES=[("en", "English"), ("fi", "Suomi")],
        LOCALE_PATHS=[ROOT / "locale"],
        STATIC_URL="/static/",
        MFA_SUPPORTED_TYPES=["totp", "recovery_codes", "webauthn"],
        MFA_PASSKEY_LOGIN_ENABLED=True,
        USE_TZ=True,
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "DIRS": [ROOT / "templates"],
                "APP_DIRS": True,
                "OPTIONS": {"libraries": {"kh": "portal.templatetags.kh"}, "builtins": []},
            }
        ],
    )
    django.setup()
    urlpatterns.append(path("", include("allauth.urls")))


def render(name: str, context: dict[str, Any], language: str = "en") -> str:
    """The page as it would be sent, in a language."""
    with translation.override(language):
        return loader.render_to_string(name, context)
