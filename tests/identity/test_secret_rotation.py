"""A rotation of the pepper voids nothing that is on its way: links, sessions, codes, tokens, clients' secrets."""

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
from identity.grants import clients, codes, tokens
from identity.sessions.models import Session
from identity.sessions.store import SessionStore
from tests.fixtures import grants
from tests.fixtures.browser_client import Visitor
from tests.fixtures.world import World, actor_of, hashed

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(world: World, settings: LazySettings, tmp_path: Path) -> World:
    shutil.copytree(settings.KEYS_FOLDER, tmp_path, dirs_exist_ok=True)
    settings.KEYS_FOLDER = tmp_path
    return world


def rotate(folder: Path) -> None:
    key_files.rotate(folder=folder, purpose="pepper")
    assert (
        machine_secrets.hash_secret("x")
        == machine_secrets.hash_candidates("x")[0]
        != machine_secrets.hash_candidates("x")[-1]
    )


def test_a_link_in_somebodys_mailbox_goes_on(world: World, tmp_path: Path) -> None:
    invitation, link = world.invite(world.koskela, "n@koskela.example", world.access("viewer"))
    invite: dict[str, Any] = {
        "actor": actor_of(world.aino),
        "organization": world.koskela,
        "email": "m@koskela.example",
        "access": world.access("viewer"),
        "idempotency_key": "k",
    }
    made = invitations_send.invite(**invite)
    rotate(tmp_path)
    assert invitations_send.invite(**invite).act == made.act
    found = links.invitation_of_link(link)
    assert found is not None
    assert found.id == invitation.id
    newcomer = invitations_accept.Newcomer("New Colleague", hashed(), "en")
    invitations_accept.accept(actor=world.system, invitation=found, link=link, as_whom=newcomer)


def test_codes_and_tokens_go_on_and_are_used_once(world: World, tmp_path: Path) -> None:
    code, pair = grants.code(world.mikko), grants.pair(world.olli)
    stored = ProtocolClient.objects.get(id="ordering").secret
    rotate(tmp_path)
    assert grants.redeem(code) is not None
    assert grants.redeem(code) is None
    assert codes.was_replayed(code=code, client="ordering", noted="token.replayed")
    assert grants.holds(pair) == (True, True)
    fresh = tokens.refresh(token=pair.refresh, client="ordering", scopes=[])
    assert fresh is not None
    assert grants.holds(fresh[1]) == (True, True)
    assert tokens.revoke(token=pair.access, client="ordering")
    client = clients.find(client="ordering")
    assert client is not None
    assert client.stored_secret == stored
    assert client.verify_secret(world.secrets["ordering"])


def test_a_session_goes_on_under_its_row(world: World, tmp_path: Path, settings: LazySettings) -> None:
    visitor = Visitor().sign_in(world.aino.user)
    stored = Session.objects.get(user=world.aino.user).session_key
    rotate(tmp_path)
    assert visitor.get("/o/koskela/people").status_code == 200
    held = SessionStore(visitor.cookies[settings.SESSION_COOKIE_NAME].value)
    assert held.exists(held.session_key or "")
    held["more"] = 1
    held.save()
    assert held.stored_key() == stored
    assert SessionStore(held.session_key)["more"] == 1
    held.cycle_key()
    assert held.stored_key() != stored
    assert not Session.objects.filter(session_key=stored).exists()
    assert SessionStore(held.session_key)["more"] == 1
