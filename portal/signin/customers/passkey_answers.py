"""A passkey's answer is accepted for this portal's own origin only, and once (WebAuthn Level 3 §7.1, §7.2).

django-allauth and its library accept every port and subdomain of the host. They end a challenge in the session, which
two requests at the same moment both read.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from fido2.utils import websafe_decode

from portal.http import request_data
from portal.operations import one_time

_SPENT_SECONDS = 24 * 3600
"""Longer than a session, which may hold the challenge."""


def is_for_this_origin(credential: Mapping[str, Any]) -> bool:
    """Return whether the browser made this answer on a page of this portal and in no frame of another site.

    Raises KeyError, TypeError or ValueError for a malformed answer.
    """
    client_data = _client_data(credential)
    ours = urlsplit(settings.ISSUER)
    return (
        client_data["origin"] == f"{ours.scheme}://{ours.netloc}"
        and not client_data.get("crossOrigin")
        and "topOrigin" not in client_data
    )


def spend(credential: Mapping[str, Any]) -> bool:
    """Use the answer's challenge up. Of several requests with one challenge, one gets True."""
    return one_time.use("passkey", str(_client_data(credential)["challenge"]), seconds=_SPENT_SECONDS)


def _client_data(credential: Mapping[str, Any]) -> Mapping[str, Any]:
    decoded = request_data.json_object(websafe_decode(credential["response"]["clientDataJSON"]).decode())
    if decoded is None:
        raise ValueError("clientDataJSON is no object")
    return decoded
