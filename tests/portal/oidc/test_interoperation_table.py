"""The table of clients in `docs/conformance.md` names those that `tests/peers` drives, in the versions that are locked.

Each journey there compares the cells of its own client.
"""

import json
import pathlib
import re

import mozilla_django_oidc
import requests_oauthlib
from authlib import consts
from django.conf import settings

from tests.fixtures import interoperation

ROOT = pathlib.Path(settings.BASE_DIR)


def test_table_of_clients_has_a_journey_for_each_row_and_a_reason_for_each_no() -> None:
    sources = [path.read_text("utf-8") for path in (ROOT / "tests/peers").glob("test_*.py")]
    driven = {
        client
        for text in sources
        for client in re.findall(r"with interoperation\.journey\(\"([^\"]+)\"\) as shown:", text)
    }
    rows = interoperation.table()
    assert rows.keys() == driven
    cells = [row[step] for row in rows.values() for step in interoperation.STEPS]
    assert [cell for cell in cells if not re.match(r"yes$|yes: \w|no: \w", cell)] == []


def test_table_of_clients_names_the_locked_versions() -> None:
    locked = json.loads((ROOT / "tests/peers/oidc_clients/package.json").read_text("utf-8"))["dependencies"]
    versions = {
        **{name: locked[name] for name in ("openid-client", "express-openid-connect", "oidc-client-ts")},
        "Auth.js": locked["@auth/express"],
        "Authlib": consts.version,
        "requests-oauthlib": requests_oauthlib.__version__,
        "mozilla-django-oidc": mozilla_django_oidc.__version__,
    }
    named = {client: row["client"].split(" ")[1] for client, row in interoperation.table().items()}
    del named["mod_auth_openidc"]  # Debian's own
    assert named == versions
