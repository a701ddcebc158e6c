"""A rotation of the pepper voids nothing issued before: links, sessions, codes, tokens, clients' secrets."""

import datetime as dt
import shutil
from pathlib import Path
from typing import Any

import pytest
from allauth.idp.oidc.models import Client as ProtocolClient
from django.conf import LazySettings

from audit.foundation import key_files
from delegation.invitations import links
from delegation.invitations.commands import accept as invitations_accept
from delegation.invitations.commands import send as invitations_send
from identity import machine_secrets
from identity.clients import queries as clients_queries
from identity.grants import codes, tokens
from identity.sessions.models import Session
from identity.sessions.store import SessionStore
from tests.fixtures import grants
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.world import World, actor_of, hashed

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(world: World, settings: LazySettings, tmp_path: Path) -> World:
    shutil.copytree(settings.KEYS_FOLDER, tmp_path, dirs_exist_ok=True)
    settings.KEYS_FOLDER = tmp_path
    return world


def rotate(folder: Path) -> None:
    key_files.rotate(folder=folder, purpose="pepper", after=dt.timedelta())
    assert (
        machine_secrets.hash_secret("x")
        == machine_secrets.hash_candidates("x")[0]
        != machine_secrets.hash_candidates("x")[-1]
    )


def test_invitation_link_after_a_rotation_is_accepted(world: World, tmp_path: Path) -> None:
    invitation, link = world.invite(world.koskela, "n@koskela.example", world.access("viewer"))
    invite: dict[str, Any] = {
        "actor": actor_of(world.aino),
        "organization": world.koskela,
        "email": "m@koskela.example",
        "access": world.access("viewer"),
        "idempotency_key": "k",
    }
    invited = invitations_send.invite(**invite)
    rotate(tmp_path)
    assert invitations_send.invite(**invite).act == invited.act
    opened = links.invitation_of_link(link)
    assert opened is not None
    assert opened.id == invitation.id
    newcomer = invitations_accept.Newcomer("New Colleague", hashed(), "en")
    invitations_accept.accept(actor=world.system, invitation=opened, link=link, accepted_by=newcomer)


def test_codes_and_tokens_after_a_rotation_are_valid_once(world: World, tmp_path: Path) -> None:
    code, pair = grants.code(world.mikko), grants.token_pair(world.olli, session="a colleague's browser")
    stored = ProtocolClient.objects.get(id="ordering").secret
    rotate(tmp_path)
    assert grants.redeem(code) is not None
    assert grants.redeem(code) is None
    assert codes.revoke_if_replayed(code=code, client="ordering", verb="token.replayed")
    assert grants.are_valid(pair) == (True, True)
    fresh = tokens.refresh(token=pair.refresh, client="ordering", scopes=[])
    assert fresh is not None
    assert grants.are_valid(fresh[1]) == (True, True)
    assert tokens.revoke(token=pair.access, client="ordering")
    client = clients_queries.find(client="ordering")
    assert client is not None
    assert client.stored_secret == stored
    assert client.verify_secret(world.secrets["ordering"])


def test_session_after_a_rotation_is_valid_under_the_same_row(
    world: World, tmp_path: Path, settings: LazySettings
) -> None:
    browser = BrowserClient().sign_in(world.aino.user)
    stored = Session.objects.get(user=world.aino.user).session_key
    rotate(tmp_path)
    assert browser.get("/o/koskela/people").status_code == 200
    session = SessionStore(browser.cookies[settings.SESSION_COOKIE_NAME].value)
    assert session.exists(session.session_key or "")
    session["more"] = 1
    session.save()
    assert session.stored_key() == stored
    assert SessionStore(session.session_key)["more"] == 1
    session.cycle_key()
    assert session.stored_key() != stored
    assert not Session.objects.filter(session_key=stored).exists()
    assert SessionStore(session.session_key)["more"] == 1
