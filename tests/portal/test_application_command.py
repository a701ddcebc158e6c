"""The operator registers services, clients and systems by a command, with the same events as by REST."""

import re
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command

from audit.models import Event
from identity.clients import queries as clients_queries
from portal.api.v1.application_fields import ClientInput
from portal.api.v1.target_fields import TargetInput
from portal.oidc import metadata
from provisioning.targets.models import Target
from tests.fixtures import events, fake_target, oidc_browser, service_users, staff_desk, state_check
from tests.fixtures.rest_api import SupplierProgram
from tests.fixtures.service_settings import CLIENT, TARGET
from tests.fixtures.staff_desk import Desk
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)
API = "https://api.example.test"
STORY = ("application.register", "client.register", "target.register", "target.tested")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    call_command("application", *arguments)
    return capsys.readouterr().out


def secret_of(printed: str) -> str:
    (secret,) = re.findall(r"^Secret, not shown again: (\S+)$", printed, re.MULTILINE)
    return str(secret)


def accepts(client: str, secret: str) -> bool:
    found = clients_queries.find(client=client)
    return found is not None and found.verify_secret(secret)


def token_status(client: str, secret: str) -> int:
    sent = {"grant_type": "client_credentials", "client_id": client, "client_secret": secret, "resource": API}
    return int(oidc_browser.post(metadata.TOKEN, sent).status_code)


def facts_of(story: str) -> list[dict[str, Any]]:
    """The events of one service, in order, without ids, instants, digests and the names that the two differ in."""
    found = Event.objects.filter(verb__in=STORY).order_by("at")
    bodies = [events.body(event) for event in found if f'"{story}"' in bytes(event.body).decode()]
    return [
        {"verb": body["verb"], "after": body["after"], "facts": without_values(body["facts"], story)}
        for body in bodies
    ]


def without_values(facts: dict[str, Any], story: str) -> dict[str, Any]:
    changing = {"client_digests", "secret_made_at", "secret_until", "target"}
    return {name: "…" if name in changing or value == story else value for name, value in facts.items()}


def test_service_is_connected_by_rest_and_by_the_command_alike(
    world: World, settings: LazySettings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with staff_desk.configured(), fake_target.running() as shop:
        settings.ALLOWED_INTERNAL_HOSTS = [*settings.ALLOWED_INTERNAL_HOSTS, shop.address]
        desk = Desk(world)
        juho = desk.user("operator", desk.staff.kivisalo)
        program = SupplierProgram(juho, scopes=service_users.OPERATOR_SCOPES, base="/api/v1/applications")
        program.post(program.base, {"key": "byrest", "name": {"en": "Claims"}, "unit": "kivisalo"})
        client = {"client_id": "byrest", "name": "ERP", "program": True, "resources": [API]}
        by_rest = program.post("byrest/clients", client).json()["secret"]
        connected = {"base_url": shop.scim, "token": fake_target.TOKEN}
        assert program.post("byrest/target", connected).status_code == 201
        assert program.post("byrest/target/test").json()["code"] == ""
        token = tmp_path / "token"
        token.write_text(f"{fake_target.TOKEN}\n", "utf-8")
        run(capsys, "register", "bycommand", "--unit", "kivisalo", "--name", "en=Claims")
        named = ("--program", "--resource", API, "--owner", str(juho.pk))
        by_command = secret_of(run(capsys, "client", "bycommand", "bycommand", "ERP", *named))
        run(capsys, "connect", "bycommand", shop.scim, "--token-file", str(token))
        assert "as it should" in run(capsys, "test", "bycommand")
    assert [token_status(*one) for one in (("byrest", by_rest), ("bycommand", by_command))] == [200, 200]
    assert token_status("bycommand", by_rest) == 401
    story = facts_of("byrest")
    assert [one["verb"] for one in story] == list(STORY)
    assert facts_of("bycommand") == story
    assert f"bycommand (kivisalo): bycommand; {shop.scim}" in run(capsys, "list").splitlines()
    assert [str(one) for one in state_check.differences()] == []


def test_command_rotates_retires_and_closes_a_client(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    first = world.secrets["ordering"]
    second = secret_of(run(capsys, "rotate", "ordering", "--hours", "24"))
    assert [accepts("ordering", one) for one in (first, second)] == [True, True]
    run(capsys, "retire", "ordering")
    assert [accepts("ordering", one) for one in (first, second)] == [False, True]
    run(capsys, "close", "ordering")
    assert clients_queries.find(client="ordering") is None
    done = Event.objects.filter(verb__startswith="client.", outcome="done")
    assert {event.actor_kind for event in done} == {"system"}
    assert not any(second in bytes(event.body).decode() for event in done)


WEB = ["client", "crm", "crm-app", "App"]
WRONG = [
    (["register", "ordering", "--unit", "kivisalo", "--name", "en=Shop"], "already_exists"),
    (["register", "claims", "--unit", "nowhere", "--name", "en=Claims"], "invalid_input"),
    (["register", "claims", "--unit", "kivisalo", "--name", "Claims"], "language before the name"),
    (["client", "nowhere", "x", "X", "--redirect", "https://x.example.test/"], "no service"),
    (WEB, "invalid_input"),
    ([*WEB, "--redirect", "http://x.example.test/"], "invalid_input"),
    ([*WEB, "--program", "--resource", API], "invalid_input"),
    ([*WEB, "--program", "--resource", API, "--owner", "no@kivisalo.example"], "no staff member"),
    (["rotate", str(uuid.uuid4())], "not_found"),
    (["rotate", "crm", "--hours", "2161"], "invalid_input"),
    (["retire", "crm"], "unchanged"),
    (["connect", "crm", "https://crm.example.test/scim", "--token-file", "/nowhere"], "/nowhere"),
    (["connect", "crm", "http://crm.example.test/scim", "--token-file", "TOKEN"], "invalid_input"),
    (["test", "crm"], "No system is connected"),
]


def test_command_names_what_is_wrong(world: World, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("t" * 20, "utf-8")
    for arguments, says in WRONG:
        with pytest.raises(CommandError, match=says):
            call_command("application", *(str(token) if one == "TOKEN" else one for one in arguments))
    assert not Target.objects.exists()


OPTIONS: dict[str, list[str]] = {
    "type": ["--type", "confidential"],
    "redirect_uris": ["--redirect", CLIENT["redirect_uris"][0]],
    "post_logout_redirect_uris": ["--post-logout-redirect", CLIENT["post_logout_redirect_uris"][0]],
    "initiate_login_uri": ["--initiate", CLIENT["initiate_login_uri"]],
    "backchannel_logout_uri": ["--logout", CLIENT["backchannel_logout_uri"]],
    "jwks_uri": ["--keys", CLIENT["jwks_uri"]],
    "requires_pkce": ["--without-pkce"],
    "requires_par": ["--par"],
    "device": ["--device"],
    "program": ["--program"],
    "resources": ["--resource", API],
    "token_algorithm": ["--token-algorithm", "ES256"],
    "subject_per_organization": ["--subject-per-organization"],
}
"""The option of the command for each field of REST, with the value of `CLIENT`."""
CONNECTION: dict[str, list[str]] = {
    "record_per": ["--record-per", "membership"],
    "on_removal": ["--on-removal", "delete"],
    "name_form": ["--name-form", "given_and_family"],
    "media_type": ["--media-type", "application/json"],
    "send_phone": ["--send-phone"],
    "include_applications": ["--include", "crm"],
}


def test_every_field_of_rest_has_an_option_of_the_command(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert OPTIONS.keys() | {"client_id", "name", "owner"} == ClientInput().fields.keys()
    assert CONNECTION.keys() | {"base_url", "token"} == TargetInput().fields.keys()
    with staff_desk.configured():
        desk = Desk(world)
        juho = desk.user("operator", desk.staff.kivisalo)
        program = SupplierProgram(juho, scopes=service_users.OPERATOR_SCOPES, base="/api/v1/applications")
        every = [one for option in OPTIONS.values() for one in option]
        run(
            capsys, "client", "ordering", CLIENT["client_id"], CLIENT["name"], "--owner", str(juho.pk), *every
        )
        read = program.get(f"ordering/clients/{CLIENT['client_id']}").json()
        assert {name: read[name] for name in CLIENT} == CLIENT
        (token := tmp_path / "token").write_text(TARGET["token"], "utf-8")
        every = [one for option in CONNECTION.values() for one in option]
        run(capsys, "connect", "ordering", TARGET["base_url"], "--token-file", str(token), *every)
        settings = program.get("ordering/target").json()["settings"]
        assert {name: settings[name] for name in CONNECTION} == {name: TARGET[name] for name in CONNECTION}
