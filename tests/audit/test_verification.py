"""`manage.py audit verify` names every change that the owner of the database makes to the log directly.

A truncated end, or a log rewritten as a whole, is consistent: finding that needs a checkpoint stored elsewhere.
"""

import datetime as dt
import io
import json
import uuid

import psycopg
import pytest
from django.core.management import CommandError, call_command

from audit import sealing
from audit.log import canonical
from audit.models import Event
from audit.verification import verifier
from audit.verification.report import Finding
from portal import embedded_postgres
from tests.fixtures import cluster
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def middle(world: World) -> Event:
    """An event of Koskela's chain with others on both sides, everything sealed."""
    sealing.seal_all()
    assert verifier.verify().findings == []
    rows = Event.objects.filter(chain=world.koskela.id, seq__isnull=False).order_by("seq")
    return list(rows)[3]


def findings() -> set[tuple[str, str]]:
    """Code and event of each finding in the command's output."""
    errors = io.StringIO()
    with pytest.raises(CommandError, match="The log is inconsistent"):
        call_command("audit", "verify", stdout=io.StringIO(), stderr=errors)
    lines = errors.getvalue().splitlines()
    return {(line.split(":", 1)[0], line.rpartition("event ")[2]) for line in lines}


@pytest.mark.usefixtures("middle")
def test_report_counts_all_events_and_their_chains() -> None:
    report = verifier.verify()
    events = Event.objects.values("chain")
    assert (report.events, report.chains) == (events.count(), events.distinct().count())


def test_log_changed_by_the_owner_with_triggers_is_refused(
    database_urls: cluster.Urls, middle: Event
) -> None:
    with psycopg.connect(database_urls[embedded_postgres.OWNER], autocommit=True) as with_triggers:
        for statement in (
            "UPDATE audit_event SET verb = 'x'",
            "DELETE FROM audit_event",
            "TRUNCATE audit_event",
        ):
            with pytest.raises(psycopg.DatabaseError, match="is insert-only"):
                with_triggers.execute(statement.encode())


COLUMNS = {
    "at": "at + interval '1 second'",
    "chain": "'00000000-0000-7000-8000-00000000000f'",
    "seq": "seq + 1000",
    "act": "gen_random_uuid()",
    "verb": "'member.restore'",
    "outcome": "'refused'",
    "actor_kind": "'staff'",
    "actor": "gen_random_uuid()",
    "subject_kind": "'site'",
    "subject": "gen_random_uuid()",
    "organization": "NULL",
    "incarnation": "incarnation + 1",
    "prev": "sha256('x')",
}


def test_changed_columns_cover_the_whole_table() -> None:
    assert {field.column for field in Event._meta.concrete_fields} == COLUMNS.keys() | {
        "id",
        "hash",
        "body",
        "mac",
    }


@pytest.mark.parametrize("column", COLUMNS)
def test_verify_of_a_changed_column_names_the_event(
    intruder: psycopg.Connection, middle: Event, column: str
) -> None:
    intruder.execute(
        f"UPDATE audit_event SET {column} = {COLUMNS[column]} WHERE id = %s".encode(), [middle.id]
    )
    assert ("column changed", str(middle.id)) in findings()


def test_verify_of_a_changed_id_names_both_ids(intruder: psycopg.Connection, middle: Event) -> None:
    other = uuid.uuid4()
    intruder.execute("UPDATE audit_event SET id = %s WHERE id = %s", [other, middle.id])
    assert {("column changed", str(other)), ("event deleted", str(middle.id))} <= findings()


@pytest.mark.parametrize(
    "change", ["hash = set_byte(hash, 0, 255 - get_byte(hash, 0))", "body = body || 'x'"]
)
def test_verify_of_a_changed_body_or_hash_names_the_event(
    intruder: psycopg.Connection, middle: Event, change: str
) -> None:
    intruder.execute(f"UPDATE audit_event SET {change} WHERE id = %s".encode(), [middle.id])
    assert ("body changed", str(middle.id)) in findings()


def _rewrite(intruder: psycopg.Connection, event: Event) -> None:
    """Change the verb in column and body with a matching hash: the most that one event alone allows."""
    body = json.loads(bytes(event.body)) | {"verb": "member.forged"}
    intruder.execute(
        "UPDATE audit_event SET verb = 'member.forged', body = %(body)s, hash = sha256(%(body)s) WHERE id = %(id)s",
        {"body": json.dumps(body).encode(), "id": event.id},
    )


def test_verify_of_a_rewritten_event_names_the_next_one(intruder: psycopg.Connection, middle: Event) -> None:
    _rewrite(intruder, middle)
    after = Event.objects.get(chain=middle.chain, seq=(middle.seq or 0) + 1)
    assert findings() == {
        ("does not follow the event before", str(after.id)),
        ("leaf and event differ", str(middle.id)),
        ("not authentic", str(middle.id)),
    }


def test_verify_of_a_rewritten_last_event_names_the_head(intruder: psycopg.Connection, middle: Event) -> None:
    last = Event.objects.filter(chain=middle.chain, seq__isnull=False).latest("seq")
    _rewrite(intruder, last)
    assert {code for code, _ in findings()} == {
        "head does not match the last event",
        "leaf and event differ",
        "not authentic",
    }


def test_verify_of_an_unreadable_body_names_the_event(intruder: psycopg.Connection, middle: Event) -> None:
    for nonsense in (b"nonsense", b"[]", b'{"actor": 1}'):
        intruder.execute(
            "UPDATE audit_event SET body = %(b)s, hash = sha256(%(b)s) WHERE id = %(id)s",
            {"b": nonsense, "id": middle.id},
        )
        assert ("column changed", str(middle.id)) in findings()


def test_verify_of_a_deleted_event_names_it_and_the_gap(intruder: psycopg.Connection, middle: Event) -> None:
    intruder.execute("DELETE FROM audit_event WHERE id = %s", [middle.id])
    after = Event.objects.get(chain=middle.chain, seq=(middle.seq or 0) + 1)
    assert {("gap or change of order", str(after.id)), ("event deleted", str(middle.id))} <= findings()


def test_verify_of_an_event_deleted_with_its_leaf_names_both_gaps(
    intruder: psycopg.Connection, middle: Event
) -> None:
    intruder.execute("DELETE FROM audit_event WHERE id = %s", [middle.id])
    intruder.execute("DELETE FROM audit_leaf WHERE event = %s", [middle.id])
    assert {code for code, _ in findings()} == {"gap or change of order", "gap between leaves"}


def test_verify_of_an_event_deleted_before_sealing_names_it(
    intruder: psycopg.Connection, world: World
) -> None:
    waiting = Event.objects.filter(chain=world.koskela.id).order_by("seq")[3]
    intruder.execute("DELETE FROM audit_event WHERE id = %s", [waiting.id])
    assert ("waiting event deleted", str(waiting.id)) in findings()


def test_verify_of_an_inserted_event_names_it(intruder: psycopg.Connection, middle: Event) -> None:
    """In the middle of the chain, consistent in itself, and beside the chain."""
    for seq in (middle.seq, None):
        body = json.loads(bytes(middle.body)) | {"id": str(uuid.uuid4()), "seq": seq}
        data = json.dumps(body).encode()
        intruder.execute(
            "INSERT INTO audit_event SELECT (jsonb_populate_record(e, %(new)s::jsonb)).* FROM audit_event e"
            " WHERE id = %(id)s",
            {"new": json.dumps({"id": body["id"], "seq": seq}), "id": middle.id},
        )
        intruder.execute(
            "UPDATE audit_event SET body = %(b)s, hash = sha256(%(b)s) WHERE id = %(id)s",
            {"b": data, "id": body["id"]},
        )
        reported = findings()
        assert ("neither sealed nor waiting", body["id"]) in reported
        assert ("gap or change of order" in {code for code, _ in reported}) is (seq is not None)
        intruder.execute("DELETE FROM audit_event WHERE id = %s", [body["id"]])


def test_verify_of_a_duplicated_event_names_it(intruder: psycopg.Connection, middle: Event) -> None:
    intruder.execute(
        "INSERT INTO audit_event SELECT (jsonb_populate_record(e, jsonb_build_object('at', e.at + interval '1 day',"
        " 'seq', null))).* FROM audit_event e WHERE id = %s",
        [middle.id],
    )
    assert {
        ("event written twice", str(middle.id)),
        ("neither sealed nor waiting", str(middle.id)),
    } <= findings()


def test_verify_of_two_exchanged_events_names_both(intruder: psycopg.Connection, middle: Event) -> None:
    """In columns and bodies: each event has the position of the other."""
    after = Event.objects.get(chain=middle.chain, seq=(middle.seq or 0) + 1)
    for event, seq in ((middle, after.seq), (after, middle.seq)):
        body = json.loads(bytes(event.body)) | {"seq": seq}
        intruder.execute(
            "UPDATE audit_event SET seq = %(seq)s, body = %(b)s, hash = sha256(%(b)s) WHERE id = %(id)s",
            {"seq": seq, "b": json.dumps(body).encode(), "id": event.id},
        )
    assert {str(middle.id), str(after.id)} <= {
        event for code, event in findings() if "follow" in code or "sealing" in code
    }


LEAF = {
    "event_hash": "sha256('x')",
    "at": "at + interval '1 second'",
}


@pytest.mark.parametrize("column", LEAF)
def test_verify_of_a_changed_leaf_names_its_event(
    intruder: psycopg.Connection, middle: Event, column: str
) -> None:
    intruder.execute(
        f"UPDATE audit_leaf SET {column} = {LEAF[column]} WHERE event = %s".encode(), [middle.id]
    )
    assert ("leaf and event differ", str(middle.id)) in findings()


def test_verify_of_a_leaf_that_names_another_event_names_both(
    intruder: psycopg.Connection, middle: Event
) -> None:
    other = uuid.uuid4()
    intruder.execute("UPDATE audit_leaf SET event = %s WHERE event = %s", [other, middle.id])
    assert {("event deleted", str(other)), ("neither sealed nor waiting", str(middle.id))} <= findings()


def test_verify_of_a_leaf_with_a_lower_incarnation_names_it(
    intruder: psycopg.Connection, middle: Event
) -> None:
    intruder.execute("UPDATE audit_leaf SET incarnation = 0 WHERE event = %s", [middle.id])
    assert ("incarnation lower than the leaf's before", str(middle.id)) in findings()


def test_verify_of_a_moved_leaf_names_the_gap(intruder: psycopg.Connection, middle: Event) -> None:
    intruder.execute("UPDATE audit_leaf SET position = position + 1000 WHERE event = %s", [middle.id])
    assert ("gap between leaves", str(middle.id)) in findings()


def test_verify_of_a_deleted_leaf_names_its_event(intruder: psycopg.Connection, middle: Event) -> None:
    intruder.execute("DELETE FROM audit_leaf WHERE event = %s", [middle.id])
    assert ("neither sealed nor waiting", str(middle.id)) in findings()


@pytest.mark.parametrize(
    "change", ["last_seq = last_seq + 1", "last_hash = 'x'", "last_at = last_at + interval '1 second'"]
)
def test_verify_of_a_changed_head_names_it(intruder: psycopg.Connection, middle: Event, change: str) -> None:
    intruder.execute(f"UPDATE audit_chain SET {change} WHERE id = %s".encode(), [middle.chain])
    assert {code for code, _ in findings()} == {"head does not match the last event"}


def test_verify_of_a_deleted_head_names_its_chain(intruder: psycopg.Connection, middle: Event) -> None:
    intruder.execute("DELETE FROM audit_chain WHERE id = %s", [middle.chain])
    assert {code for code, _ in findings()} == {"chain without a head"}


def test_verify_of_one_chain_names_findings_of_that_chain_only(
    intruder: psycopg.Connection, world: World, middle: Event
) -> None:
    intruder.execute("UPDATE audit_event SET verb = 'x' WHERE id = %s", [middle.id])
    assert verifier.verify(chain=world.pohjola.id).findings == []
    (finding,) = verifier.verify(chain=world.koskela.id).findings
    assert str(finding) == f"column changed: {world.koskela.id} at {middle.seq}, event {middle.id}"


def test_verify_of_an_unchanged_log_succeeds(middle: Event) -> None:
    output = io.StringIO()
    call_command("audit", "verify", stdout=output)
    assert "log verified" in output.getvalue()


def test_verify_of_an_event_dated_before_its_predecessor_names_it(
    intruder: psycopg.Connection, middle: Event
) -> None:
    """The intruder rewrites the last event of the chain with its hash."""
    last = Event.objects.filter(chain=middle.chain, seq__isnull=False).latest("seq")
    before = Event.objects.get(chain=middle.chain, seq=(last.seq or 0) - 1)
    for at, is_found in ((before.at, False), (before.at - dt.timedelta(microseconds=1), True)):
        body = json.dumps(json.loads(bytes(last.body)) | {"at": canonical.format_instant(at)}).encode()
        intruder.execute(
            "UPDATE audit_event SET at = %(at)s, body = %(body)s, hash = sha256(%(body)s) WHERE id = %(id)s",
            {"at": at, "body": body, "id": last.id},
        )
        assert (("earlier than the event before", str(last.id)) in findings()) is is_found


def test_finding_names_its_position_where_there_is_one() -> None:
    assert str(Finding("gap", "leaves", 3, "e")) == "gap: leaves at 3, event e"
    assert str(Finding("gap", "inbox", None, "e")) == "gap: inbox, event e"
