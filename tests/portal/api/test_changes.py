"""Changes by REST run once for each key, never over another's change, and are refused with the domain's codes."""

import dataclasses
import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from delegation.authorization.verbs import Verb
from delegation.invitations import queries as invitations_queries
from delegation.invitations.models import Invitation
from portal.operations import request_log
from portal.signin.customers import rate_limits
from provisioning.mail.models import Mail
from tests.fixtures import duties, events
from tests.fixtures.rest_api import Program
from tests.fixtures.world import APPROVE, PLACE, World

pytestmark = pytest.mark.django_db(transaction=True)
VIEWER = {"role": "viewer", "all_sites": True}
INVITED = {"email": "new@koskela.example", "name": "Nea Uusi", "access": VIEWER}


def test_invitation_is_sent_once_for_its_key(world: World) -> None:
    program = Program(world.aino)
    first = program.post("invitations", INVITED, key="k1")
    again = program.post("invitations", INVITED, key="k1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert ("Idempotent-Replayed" in first, again["Idempotent-Replayed"]) == (False, "true")
    other = program.post("invitations", {**INVITED, "email": "other@koskela.example"}, key="k1")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    missing = program.post("invitations", INVITED, key="")
    assert (missing.status_code, missing.json()["code"]) == (400, "idempotency_key_missing")
    assert len(events.recorded(Verb.MEMBER_INVITE, subject=first.json()["invitation"])) == 1
    assert Mail.objects.filter(purpose="invitation", about=first.json()["invitation"]).count() == 1
    assert not re.search(r"khi_|/invitations?/k", first.content.decode() + again.content.decode())


def test_invitations_are_listed_sent_again_and_cancelled(world: World) -> None:
    program = Program(world.aino)
    made = [
        program.post("invitations", {**INVITED, "email": f"{name}@koskela.example"}).json()["invitation"]
        for name in ("a", "b", "c")
    ]
    listed = program.get("invitations").json()["items"]
    assert [row["id"] for row in listed] == made
    assert (listed[0]["role"], listed[0]["acceptable"]) == ("viewer", True)
    page = program.get("invitations", limit="2").json()
    assert [row["id"] for row in program.get("invitations", after=page["next"]).json()["items"]] == made[2:]

    soon = program.post(f"invitations/{made[0]}/resend")
    assert (soon.status_code, soon.json()["code"]) == (429, "rate_limited")
    assert int(soon["Retry-After"]) > 0
    cancelled = program.post(f"invitations/{made[0]}/cancel", key="c1")
    assert program.post(f"invitations/{made[0]}/cancel", key="c1").json() == cancelled.json()
    gone = program.post(f"invitations/{made[0]}/cancel")
    assert (gone.status_code, gone.json()["code"], gone.json()["data"]) == (
        410,
        "invitation_gone",
        {"state": "cancelled"},
    )
    assert Invitation.objects.get(id=made[0]).cancelled_at is not None
    continued = program.get("invitations", after=made[0].replace("-", ""))
    assert [row["id"] for row in continued.json()["items"]] == made[1:], "after a cancelled one"
    unknown = program.get("invitations", after="0" * 32)
    assert (unknown.status_code, unknown.json()["code"]) == (400, "invalid_cursor")


def test_list_of_invitations_ends_after_all_of_them(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invitations_queries, "MAX_MATCHES", 2)
    program = Program(world.aino)
    emails = [f"n{number}@koskela.example" for number in range(5)]
    for email in emails:
        program.post("invitations", {**INVITED, "email": email})
    found: list[str] = []
    statements: list[int] = []
    query = {"limit": "2"}
    program.get("invitations")  # the first request of a window adds its counter
    while query.get("after", "first"):
        with CaptureQueriesContext(connection) as counted:
            page = program.get("invitations", **query).json()
        found += [row["email"] for row in page["items"]]
        query["after"] = page["next"]
        statements.append(len(counted))
    assert found == emails
    assert statements == [21, 22, 22]


def test_access_changes_only_as_it_was_read(world: World) -> None:
    program = Program(world.aino)
    path = f"people/{world.mikko.id}/access"
    read = program.get(path)
    assert [right["entitlement"] for right in read.json()["rights"]][:2] == [
        "ordering:orders.see",
        "ordering:orders.place",
    ]
    body = {**VIEWER, "reason": "less"}
    for sent, status, code in (
        ({}, 428, "precondition_required"),
        ({"If_Match": '"nonsense"'}, 412, "access_changed"),
        ({"If_Match": '"none"'}, 412, "access_changed"),
        ({"If_Match": "nonsense"}, 400, "malformed"),
    ):
        refused = program.put(path, body, **sent)
        assert (refused.status_code, refused.json()["code"]) == (status, code)
    done = program.put(path, body, key="p1", If_Match=f"W/{read['ETag']}")
    assert done.status_code == 200, done.content
    assert program.put(path, body, key="p1", If_Match=read["ETag"]).json() == done.json()
    stale = program.put(path, {**body, "role": "site_admin"}, If_Match=read["ETag"])
    assert (stale.status_code, stale.json()["code"]) == (412, "access_changed")
    assert program.put(path, {**body, "role": "site_admin"}, If_Match="*").status_code == 200


def test_person_is_removed_and_restored(world: World) -> None:
    program = Program(world.aino)
    path = f"people/{world.vilma.id}"
    removed = program.post(f"{path}/remove", {"reason": "left"}, key="r1")
    assert program.post(f"{path}/remove", {"reason": "left"}, key="r1").json() == removed.json()
    assert program.get(path).json()["former"] is True
    assert [row["id"] for row in program.get("people", former="true").json()["items"]] == [
        str(world.vilma.id)
    ]
    again = program.post(f"{path}/remove")
    assert (again.status_code, again.json()["data"]["reason"]) == (403, "wrong_state")
    assert program.post(f"{path}/restore", {"access": VIEWER}).status_code == 200
    (event,) = events.recorded(Verb.MEMBER_REMOVE, subject=world.vilma.id)
    assert (event.actor_kind, events.body(event)["actor"]["channel"]) == ("service", "api")


def test_refusals_have_the_codes_and_data_of_the_domain(world: World) -> None:
    program = Program(world.aino, scopes=frozenset({"people.write", "access.write", "invitations.write"}))
    mikko = f"people/{world.mikko.id}"
    orderer = {"role": "orderer", "all_sites": True}
    limits = {"ordering:orders.place": {"amount": "30000.00"}}
    cases: list[tuple[str, str, dict[str, Any], int, str]] = [
        ("PUT", f"{mikko}/access", orderer, 400, "invalid_access"),
        ("PUT", f"{mikko}/access", {**orderer, "limits": limits}, 409, "exceeds_ceiling"),
        ("PUT", f"{mikko}/access", {**orderer, "limit": 1}, 400, "invalid_request"),
        ("PUT", f"{mikko}/access", {**VIEWER, "until": "2030-01-01T00:00:00"}, 400, "invalid_request"),
        ("PUT", f"people/{world.aino.id}/access", VIEWER, 403, "denied"),
        ("POST", f"people/{world.aino.id}/remove", {}, 403, "denied"),
        ("POST", f"people/{world.stina.id}/remove", {}, 404, "not_found"),
        ("POST", "invitations", {**INVITED, "email": "mikko@koskela.example"}, 409, "already_member"),
        ("POST", "invitations", {**INVITED, "email": "x"}, 400, "invalid_input"),
        ("POST", "invitations", {**INVITED, "access": {}}, 400, "invalid_request"),
        ("POST", "invitations", {**INVITED, "reason": "\ud800"}, 400, "malformed"),
    ]
    for method, path, body, status, code in cases:
        answer = program.call(method, path, body, If_Match="*")
        assert (answer.status_code, answer.json()["code"]) == (status, code), (path, answer.content)
        assert answer.json()["detail"]
    assert program.call("POST", "invitations", key="k").status_code == 400
    text = program.client.post(
        f"{program.base}/invitations", {"email": "x"}, headers={"Authorization": f"Bearer {program.token}"}
    )
    assert (text.status_code, text.json()["code"]) == (415, "unsupported_media_type")


def test_duties_that_are_kept_apart_are_refused_with_their_entitlements(world: World) -> None:
    duties.declare(world)
    program = Program(world.aino, scopes=frozenset({"access.write"}))
    amount = {"amount": "100.00"}
    both = {"role": "approver", "all_sites": True, "limits": {PLACE: amount, APPROVE: amount}}
    answer = program.call("PUT", f"people/{world.mikko.id}/access", both, If_Match="*")
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (409, "conflicting_access")
    assert problem["data"]["entitlements"] == [APPROVE, PLACE]
    assert problem["data"]["members"] == [str(world.mikko.id)]
    assert problem["detail"].startswith("One person could then")


def test_activity_is_read_in_pages_without_secrets(world: World) -> None:
    program = Program(world.aino)
    sent = program.post("invitations", INVITED).json()
    page = program.get("activity", limit="1").json()
    (newest,) = page["items"]
    assert (newest["type"], newest["subject"], newest["actor_kind"], newest["actor_name"]) == (
        "member.invite",
        sent["invitation"],
        "service",
        "ERP",
    )
    assert set(newest["after"]) == {"access", "expires_at"}
    (older,) = program.get("activity", limit="1", after=page["next"]).json()["items"]
    assert older["type"] == "service_user.create"
    assert "h1$" not in program.get("activity", limit="200").content.decode(), "the hash of a secret"
    only = program.get("activity", topic="invitations", limit="200").json()["items"]
    assert {event["type"] for event in only} == {"member.invite", "invitation.accept"}


def test_sites_and_roles_to_choose_from(world: World) -> None:
    program = Program(world.aino)
    assert [site["name"] for site in program.get("sites").json()["items"]] == ["Oulu", "Tallinn", "Tampere"]
    roles = {role["key"]: role for role in program.get("roles").json()["items"]}
    assert (roles["orderer"]["assignable"], roles["orderer"]["max_amount"]) == (True, "20000.00")
    limited = Program(world.aino, scopes=frozenset({"people.read"}))
    assert limited.get("roles").status_code == 403


def test_too_many_requests_wait_whole_seconds(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limits, "API_READS", dataclasses.replace(rate_limits.API_READS, amount=2))
    program = Program(world.aino, scopes=frozenset({"people.read"}))
    answers = [program.get(path) for path in ("sites", "activity", "sites")]
    assert [answer.status_code for answer in answers] == [200, 403, 429], "a refused one counts"
    assert answers[1]["WWW-Authenticate"] == 'Bearer realm="keyholder", error="insufficient_scope"'
    assert answers[-1].json()["code"] == "too_many_requests"
    assert 1 <= int(answers[-1]["Retry-After"]) <= 60


def test_name_given_twice_is_refused_and_logged_with_its_service_user(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[dict[str, Any]] = []
    monkeypatch.setattr(request_log.log, "info", lambda _event, **values: lines.append(values))
    program = Program(world.aino)
    twice = program.client.get(
        f"{program.base}/people?limit=1&limit=2", headers={"Authorization": f"Bearer {program.token}"}
    )
    assert (twice.status_code, twice.json()["errors"]) == (
        400,
        [{"field": "limit", "code": "repeated", "detail": "Give this once."}],
    )
    body = '{"access": {"role": "viewer", "all_sites": true}, "email": "a@x.example", "email": "b@x.example"}'
    answer = program.client.post(
        f"{program.base}/invitations",
        body,
        "application/json",
        headers={"Authorization": f"Bearer {program.token}", "Idempotency-Key": "k"},
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    assert program.made is not None
    assert [line["service_user"] for line in lines] == [str(program.made.service_user)] * 2
