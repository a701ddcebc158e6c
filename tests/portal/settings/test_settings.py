"""Settings that depend on where the portal stands, read by a process of its own; and what is closed by default."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.http import request_context
from tests.fixtures.production import REQUIRED

ASK = """
import json, portal.settings as s
print(json.dumps([s.SECURE_PROXY_SSL_HEADER, s.ALLAUTH_TRUSTED_PROXY_COUNT, s.SESSION_COOKIE_SECURE]))
"""


def proxy_settings(home: Path, **environment: str) -> list[Any]:
    """Read the settings of a proxy in a process with this environment."""
    known = {"PATH": os.environ["PATH"], **REQUIRED, "KEYHOLDER_HOME": str(home)}
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        env=known | environment,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[Any] = json.loads(done.stdout)
    return found


def test_proxy_headers_are_used_only_behind_a_proxy(tmp_path: Path) -> None:
    assert proxy_settings(tmp_path, KEYHOLDER_PROXIES="0") == [None, 0, True]
    assert proxy_settings(tmp_path, KEYHOLDER_PROXIES="2") == [["HTTP_X_FORWARDED_PROTO", "https"], 2, True]


@pytest.mark.parametrize(
    ("proxies", "address"), [(0, "192.0.2.1"), (1, "198.51.100.7"), (2, "203.0.113.9"), (3, "192.0.2.1")]
)
def test_client_address_comes_from_configured_proxies_only(settings: Any, proxies: int, address: str) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    meta = {"REMOTE_ADDR": "192.0.2.1", "HTTP_X_FORWARDED_FOR": "203.0.113.9, 198.51.100.7"}
    assert request_context.address_of(meta) == address


def api_views(resolver: URLResolver) -> Iterator[type[APIView]]:
    """Every view of the REST API."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLPattern):
            view = getattr(pattern.callback, "cls", None)
            if isinstance(view, type) and issubclass(view, APIView):
                yield view
        else:
            yield from api_views(pattern)


def names_its_permission(view: type[APIView]) -> bool:
    """In its own class, or in one of our base classes."""
    known = [one for one in view.__mro__ if "permission_classes" in vars(one)]
    return known[0] is not APIView and bool(view.permission_classes)


class Forgetful(APIView):
    """Says nothing about who may call it."""

    def get(self, request: Any) -> Response:
        return Response({"secret": True})


class Declared(Forgetful):
    """Says it."""

    permission_classes = (APIView.permission_classes[0],)


def test_every_view_of_the_api_declares_its_permission() -> None:
    assert [view for view in api_views(get_resolver()) if not names_its_permission(view)] == []
    assert (names_its_permission(Forgetful), names_its_permission(Declared)) == (False, True)


def test_api_view_without_permission_refuses_in_json() -> None:
    answer: Any = Forgetful.as_view()(RequestFactory().get("/", headers={"Accept": "text/html, */*"}))
    answer.render()
    assert (answer.status_code, answer["Content-Type"]) == (403, "application/json")
    assert b"secret" not in answer.content
