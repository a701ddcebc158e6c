"""A Django project that signs people in by mozilla-django-oidc with its default settings.

It has what the library's documentation asks for, an application that shows the session, and the session refresh.
"""

import os
import pathlib
from typing import Any

import django
import jwt
from django.conf import settings
from django.core.management import call_command
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import include, path

PORT, ISSUER = os.environ["PORT"], os.environ["ISSUER"]


def logout_url(request: HttpRequest) -> str:
    """Return where the library sends the browser after its own sign-out (OIDC_OP_LOGOUT_URL_METHOD)."""
    hint = request.session["oidc_id_token"]
    return f"{ISSUER}/oauth/logout?id_token_hint={hint}&post_logout_redirect_uri=http://localhost:{PORT}/bye"


def me(request: HttpRequest) -> HttpResponse:
    """Show who is signed in; `expire` makes the session refresh due, as fifteen minutes do."""
    if not request.user.is_authenticated:
        return JsonResponse({}, status=401)
    claims: dict[str, Any] = jwt.decode(request.session["oidc_id_token"], options={"verify_signature": False})
    if "expire" in request.GET:
        request.session["oidc_id_token_expiration"] = 0
    email = request.user.email  # the library reads it from userinfo
    return JsonResponse({"email": email, "organization": claims["organization"], "nonce": claims["nonce"]})


def bye(_request: HttpRequest) -> HttpResponse:
    return JsonResponse({"signed_out": True})


if __name__ == "__main__":
    store = pathlib.Path(os.environ["STORE"])
    settings.configure(
        SECRET_KEY="only-for-this-test",
        DEBUG_PROPAGATE_EXCEPTIONS=True,
        ROOT_URLCONF=__name__,
        ALLOWED_HOSTS=["localhost"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": store}},
        INSTALLED_APPS=[
            *("django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"),
            "mozilla_django_oidc",
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "mozilla_django_oidc.middleware.SessionRefresh",
        ],
        AUTHENTICATION_BACKENDS=["mozilla_django_oidc.auth.OIDCAuthenticationBackend"],
        OIDC_RP_CLIENT_ID="django",
        OIDC_RP_CLIENT_SECRET=os.environ["SECRET"],
        OIDC_RP_SIGN_ALGO="RS256",
        OIDC_OP_JWKS_ENDPOINT=f"{ISSUER}/oauth/jwks.json",
        OIDC_OP_AUTHORIZATION_ENDPOINT=f"{ISSUER}/oauth/authorize",
        OIDC_OP_TOKEN_ENDPOINT=f"{ISSUER}/oauth/token",
        OIDC_OP_USER_ENDPOINT=f"{ISSUER}/oauth/userinfo",
        OIDC_OP_LOGOUT_URL_METHOD="__main__.logout_url",
        OIDC_STORE_ID_TOKEN=True,
        ALLOW_LOGOUT_GET_METHOD=True,
        LOGIN_REDIRECT_URL="/me",
        LOGOUT_REDIRECT_URL="/bye",
    )
    django.setup()
    urlpatterns = [path("me", me), path("bye", bye), path("oidc/", include("mozilla_django_oidc.urls"))]
    call_command("migrate", verbosity=0)
    call_command("runserver", f"localhost:{PORT}", use_reloader=False, skip_checks=True)
