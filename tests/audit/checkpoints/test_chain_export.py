"""An export proves itself to the standalone verifier, and each changed byte of it shows."""

import functools
import hashlib
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command

from audit import merkle, sealing, verify_export
from audit.checkpoints import note
from audit.checkpoints.stored_tree import StoredTree
from audit.log import canonical
from audit.models import Event, Leaf
from audit.verify_export import Problem, Verifier
from tests.fixtures.signed_log import Log

pytestmark = pytest.mark.django_db(transaction=True)

Line = dict[str, Any]


@pytest.fixture
def exported(log: Log, tmp_path: Path) -> Path:
    """Koskela's chain with 4 observations beside it."""
    log.observe(3)
    log.extend(4, chain=log.other_chain)
    log.observe()
    log.sign()
    return export(log, tmp_path / "export.jsonl")


def export(log: Log, path: Path, *options: str) -> Path:
    call_command(
        "audit", "export", "--chain", str(log.chain), "--output", str(path), *options, stdout=sys.stderr
    )
    return path


def problems(log: Log, export: Path | bytes, *, previous: str | None = None) -> list[str]:
    verifier = Verifier(log.folder.verifier_keys())
    data = export if isinstance(export, bytes) else export.read_bytes()
    try:
        verifier.verify(io.BytesIO(data), previous=previous)
    except Problem as problem:
        return [str(problem)]
    return verifier.problems


def statements(log: Log, path: Path) -> list[str]:
    verifier = Verifier(log.folder.verifier_keys())
    with path.open("rb") as lines:
        verifier.verify(lines)
    assert verifier.problems == []
    return verifier.statements()


def edited(path: Path, change: Callable[[list[Line]], object]) -> Path:
    """Change the parsed lines and write them back in canonical form."""
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    change(lines)
    text = [
        json.dumps(line, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n" for line in lines
    ]
    other = path.with_suffix(".edited")
    other.write_text("".join(text), "utf-8")
    return other


def test_export_of_a_whole_chain_holds(log: Log, exported: Path) -> None:
    chained = Event.objects.filter(chain=log.chain, seq__isnull=False).count()
    beside = Event.objects.filter(chain=log.chain, seq__isnull=True).count()
    assert chained > 5
    assert beside >= 4
    lines = statements(log, exported)
    assert f"{chained} events in the checkpoint" in lines[1]
    assert f"Events 1 to {chained} of the chain" in lines[2]
    assert lines[3].startswith(f"{beside} events beside the chain")
    assert exported.stat().st_mode & 0o777 == 0o600


def run(exported: Path, key: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the verifier as an auditor does: a copy of the one file, without this product and without its libraries."""
    script = exported.with_name("verify_export.py")
    script.write_bytes(Path(verify_export.__file__).read_bytes())
    command = [sys.executable, "-I", "-S", str(script), str(exported), "--key", str(key), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=exported.parent)


def test_auditor_verifies_with_one_file_and_the_public_key(log: Log, exported: Path, tmp_path: Path) -> None:
    key = tmp_path / "verifier-keys"
    key.write_bytes((log.folder.path / "verifier-keys").read_bytes())
    done = run(exported, key)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "The export holds."

    bad = edited(exported, lambda lines: lines.pop(2))
    done = run(bad, key)
    assert done.returncode == 1
    assert "The export does not hold." in done.stdout

    log.folder.make_key(origin="kivisalo.example/log", replace=True)
    other_key = tmp_path / "other"
    other_key.write_text((log.folder.path / "verifier-keys").read_text("ascii").splitlines()[0], "ascii")
    done = run(exported, other_key)
    assert (done.returncode, "not signed by the key" in done.stdout) == (1, True)
    assert run(exported, tmp_path / "none").returncode == 1


def test_every_changed_byte_of_an_export_shows(
    log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every byte of the header and of one event, and every tenth of the rest; 1 ms a signature is too slow for it.

    So are 3 ms to parse the unchanged lines each time: what a line or a hash is parsed into is kept. The chain
    is Pohjola's, which has a third of Koskela's events: each byte is one verification of them all.
    """
    log.chain = log.other_chain
    log.extend(1)
    log.observe(2)
    log.sign()
    exported = export(log, tmp_path / "export.jsonl")
    opened = verify_export.open_checkpoint
    for name in ("_parse", "_bytes"):
        monkeypatch.setattr(verify_export, name, functools.cache(getattr(verify_export, name)))
    monkeypatch.setattr(verify_export, "open_checkpoint", lambda text, keys: opened(text, keys, note._verify))
    data = exported.read_bytes()
    assert problems(log, exported) == []
    second = data.index(b"\n", data.index(b"\n") + 1)
    places = [*range(second), *range(second, len(data), 10), len(data) - 1]
    unseen = [
        place
        for place in places
        if not problems(log, data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
    ]
    assert unseen == []


def _event(change: Callable[[Line], None]) -> Callable[[list[Line]], None]:
    def apply(lines: list[Line]) -> None:
        event = json.loads(lines[3]["event"])
        change(event)
        lines[3]["event"] = json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    return apply


EDITS: dict[str, tuple[Callable[[list[Line]], object], str]] = {
    "no line": (lambda lines: lines.clear(), "The export is empty."),
    "another format": (lambda lines: lines[0].update(format="other"), "Line 1: This is no header"),
    "a field more": (lambda lines: lines[0].update(more=1), "Line 1: This is no header"),
    "a field less": (lambda lines: lines[0].pop("head"), "Line 1: This is no header"),
    "another size": (
        lambda lines: lines[0].update(
            checkpoint=lines[0]["checkpoint"].replace("incarnation 1", "incarnation 2")
        ),
        "not signed by the key",
    ),
    "another chain": (
        lambda lines: lines[0].update(chain="00000000-0000-7000-8000-000000000002"),
        "The head of the chain is not in the checkpoint.",
    ),
    "another head": (
        lambda lines: lines[0]["head"].update(seq=3),
        "The head of the chain is not in the checkpoint.",
    ),
    "a negative head": (
        lambda lines: lines[0]["head"].update(seq=-1),
        "Line 1: A field is missing or malformed",
    ),
    "no head": (lambda lines: lines[0].update(head=None), "Line 1: A field is missing or malformed"),
    "fewer events": (lambda lines: lines[0].update(events=3), "its header says 3"),
    "an event changed": (
        _event(lambda event: event.update(verb="test.forged")),
        "is not in the log of the checkpoint",
    ),
    "an event in another's name": (
        _event(lambda event: event["actor"].update(id="00000000-0000-7000-8000-00000000000f")),
        "does not follow the event before it",
    ),
    "another chain's event": (_event(lambda event: event.update(chain="x")), "belongs to another chain"),
    "an event that is no JSON": (
        lambda lines: lines[3].update(event="x"),
        "Line 4: A field is missing or malformed",
    ),
    "another leaf": (
        lambda lines: lines[3].update(index=lines[3]["index"] + 1),
        "is not in the log of the checkpoint",
    ),
    "a leaf outside the tree": (
        lambda lines: lines[-1].update(index=10**9),
        "is not in the log of the checkpoint",
    ),
    "a leaf that is no number": (
        lambda lines: lines[-1].update(index="1"),
        "A field is missing or malformed",
    ),
    "the proof of another event": (
        lambda lines: lines[3].update(proof=lines[4]["proof"], index=lines[4]["index"]),
        "is not in the log of the checkpoint",
    ),
    "a shorter proof": (lambda lines: lines[3]["proof"].pop(), "is not in the log of the checkpoint"),
    "a proof that is no base64": (
        lambda lines: lines[3].update(proof=["x"]),
        "is not the base64 of 32 bytes",
    ),
    "an event left out": (lambda lines: lines.pop(3), "of the chain are missing"),
    "the first event left out": (lambda lines: lines.pop(1), "missing before event 2"),
    "two events exchanged": (
        lambda lines: lines.insert(3, lines.pop(4)),
        "does not stand in the order of the log",
    ),
    "an event twice": (lambda lines: lines.insert(3, lines[3]), "does not stand in the order of the log"),
}


def test_edited_export_is_named_precisely(log: Log, exported: Path, subtests: pytest.Subtests) -> None:
    for name, (change, expected) in EDITS.items():
        with subtests.test(name):
            found = problems(log, edited(exported, change))
            assert any(expected in problem for problem in found), found


def test_end_of_the_chain_left_out_is_named(log: Log, exported: Path) -> None:
    def cut(lines: list[Line]) -> None:
        last = max(i for i, line in enumerate(lines) if i and json.loads(line["event"])["seq"] is not None)
        del lines[last]
        lines[0]["events"] -= 1

    assert any("missing after event" in problem for problem in problems(log, edited(exported, cut)))


def test_chain_rewritten_in_the_export_is_named(log: Log, exported: Path) -> None:
    """Hashes of the chain alone do not help: the head and the tree are signed."""

    def rewrite(lines: list[Line]) -> None:
        before = ""
        for line in lines[1:]:
            event = json.loads(line["event"])
            if event["seq"] is not None:
                event |= {"verb": "test.forged", "prev": before}
                line["event"] = json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
                before = hashlib.sha256(line["event"].encode()).hexdigest()

    found = problems(log, edited(exported, rewrite))
    assert any("is not the head of the chain" in problem for problem in found)
    assert any("is not in the log of the checkpoint" in problem for problem in found)


FORMS = [
    (b'{"event":', b'{ "event":'),
    (b'{"event":', b'{"index":0,"event":'),
    (b"\n{", b"\r\n{"),
    (b"\n{", b"\n\n{"),
]


def test_line_in_another_form_is_named(log: Log, exported: Path, subtests: pytest.Subtests) -> None:
    """The same content with a space, a key twice, other line ends or an empty line."""
    for old, new in FORMS:
        with subtests.test(new=new):
            found = problems(log, exported.read_bytes().replace(old, new, 1))
            assert any(
                "not in the form of an export" in problem or "not JSON" in problem for problem in found
            )


def test_file_that_was_cut_off_is_named(log: Log, exported: Path) -> None:
    data = exported.read_bytes()
    for end in (len(data) - 1, len(data) - 40, data.index(b"\n") + 1, 20, 0):
        assert problems(log, data[:end])


def test_export_of_a_range_proves_that_nothing_is_missing_at_its_ends(
    log: Log, exported: Path, tmp_path: Path
) -> None:
    rows = list(Event.objects.filter(chain=log.chain, seq__isnull=False).order_by("seq"))
    start, end = rows[3].at, rows[6].at
    options = ("--from", start.isoformat(), "--until", end.isoformat())
    part = export(log, tmp_path / "part.jsonl", *options)
    within = [row.seq for row in rows if start <= row.at < end]
    before = max((row.seq or 0 for row in rows if row.at < start), default=1)
    after = min(row.seq or 0 for row in rows if row.at >= end)
    sentence = statements(log, part)[2]
    assert sentence.startswith(f"Events {before} to {after} of the chain")
    assert "not proven that they are the chain's events" in sentence
    assert within

    bad = edited(part, lambda lines: (lines.pop(1), lines[0].update(events=lines[0]["events"] - 1))[1])
    assert problems(log, bad) != []


def test_export_from_an_instant_to_the_head_proves_the_chain(
    log: Log, exported: Path, tmp_path: Path
) -> None:
    rows = list(Event.objects.filter(chain=log.chain, seq__isnull=False).order_by("seq"))
    part = export(log, tmp_path / "part.jsonl", "--from", rows[3].at.isoformat())
    first = max((row.seq or 0 for row in rows if row.at < rows[3].at), default=1)
    assert statements(log, part)[2].endswith("without a gap.")
    assert statements(log, part)[2].startswith(f"Events {first} to {rows[-1].seq} of the chain")


def planted(log: Log, intruder: psycopg.Connection, *, seq: int, at: str, prev: str) -> tuple[int, str]:
    """Put an event beside a chain of its own that states Koskela's chain, as the owner can; return leaf and body."""
    (event,) = log.observe()
    true = json.loads(bytes(Event.objects.get(id=event).body))
    body = canonical.encode({**true, "chain": str(log.chain), "seq": seq, "at": at, "prev": prev})
    intruder.execute("UPDATE audit_event SET body = %s, hash = sha256(%s) WHERE id = %s", [body, body, event])
    sealing.seal_all()
    return Leaf.objects.get(event=event).position - 1, body.decode()


def test_crafted_range_of_events_that_only_state_their_chain_is_not_called_the_chain_s(
    log: Log, exported: Path, intruder: psycopg.Connection, tmp_path: Path
) -> None:
    """Each is in the signed log and they follow each other; the head of the chain does not link to them."""
    begin, end = "2024-05-01T10:00:00.000000Z", "2024-05-01T10:05:00.000000Z"
    third = planted(log, intruder, seq=3, at=begin, prev="00" * 32)
    before = hashlib.sha256(third[1].encode()).hexdigest()
    fourth = planted(log, intruder, seq=4, at=end, prev=before)
    log.sign()
    tree, size = StoredTree(), log.folder.latest().checkpoint.size  # type: ignore[union-attr] # signed above

    def craft(lines: list[Line]) -> None:
        proofs = [merkle.inclusion_proof(tree.node, index=index, size=size) for index, _ in (third, fourth)]
        lines[1:] = [
            {"index": index, "event": body, "proof": [note.format_base64(digest) for digest in proof]}
            for (index, body), proof in zip((third, fourth), proofs, strict=True)
        ]
        lines[0].update({"events": 2, "from": "2024-05-01T10:01:00.000000Z", "until": end})

    crafted = edited(export(log, tmp_path / "later.jsonl"), craft)
    assert statements(log, crafted)[2].startswith("Events 3 to 4 of the chain")
    assert "without a gap" not in "".join(statements(log, crafted))
    assert (
        "not proven that they are the chain's events, nor when they happened" in statements(log, crafted)[2]
    )
    done = run(crafted, log.folder.path / "verifier-keys")
    assert done.returncode == 3, "a script that asks for success gets none"
    assert done.stdout.splitlines()[-1] == "The export holds, as far as it goes: see what is not proven."
    without_end = edited(crafted, lambda lines: lines[0].update(until=None))
    assert "Events of the chain are missing after event 4." in problems(log, without_end)


def test_range_that_ends_before_it_begins_is_refused(log: Log, exported: Path, tmp_path: Path) -> None:
    """One such range would accept any event at both of its ends."""
    options = ("--from", "2026-11-28", "--until", "2026-11-28")
    with pytest.raises(CommandError, match="The range ends before it begins"):
        export(log, tmp_path / "part.jsonl", *options)
    instant = "2024-05-01T10:00:00.000000Z"
    bad = edited(exported, lambda lines: lines[0].update({"from": instant, "until": instant}))
    assert problems(log, bad) == ["Line 1: The range ends before it begins."]


def test_export_proves_that_the_log_continues_an_older_checkpoint(
    log: Log, exported: Path, tmp_path: Path
) -> None:
    old = log.folder.path / "latest"
    kept = tmp_path / "kept"
    kept.write_bytes(old.read_bytes())
    log.observe(300)
    log.sign()
    path = export(log, tmp_path / "later.jsonl", "--previous", str(kept))
    previous = kept.read_text("utf-8")
    assert problems(log, path, previous=previous) == []
    assert "name its file with --previous" in problems(log, path)[0]
    assert "no consistency proof" in problems(log, export(log, tmp_path / "none.jsonl"), previous=previous)[0]

    bad = edited(path, lambda lines: lines[0]["consistency"]["proof"].reverse())
    assert "does not continue the older checkpoint" in problems(log, bad, previous=previous)[0]
    key = log.folder.path / "verifier-keys"
    assert run(path, key, "--previous", str(kept)).returncode == 0
    assert run(bad, key, "--previous", str(kept)).returncode == 1


def test_export_of_a_log_that_differs_from_its_checkpoint_is_refused(
    log: Log, exported: Path, intruder: psycopg.Connection, tmp_path: Path
) -> None:
    intruder.execute("UPDATE audit_leaf SET event_hash = sha256('x') WHERE position = 3")
    with pytest.raises(CommandError, match="differs from its newest checkpoint"):
        export(log, tmp_path / "other.jsonl")
    assert not (tmp_path / "other.jsonl").exists(), "half an export is no export"


def test_export_of_a_log_that_lacks_a_leaf_below_a_stored_subtree_is_refused(
    log: Log, intruder: psycopg.Connection, tmp_path: Path
) -> None:
    """The root does not read the leaf, and each proof does."""
    log.observe(300)
    log.sign()
    intruder.execute("DELETE FROM audit_leaf WHERE position = 256")
    with pytest.raises(CommandError, match="differs from its newest checkpoint"):
        export(log, tmp_path / "other.jsonl")
    assert not (tmp_path / "other.jsonl").exists()


def test_export_without_a_checkpoint_or_events_is_refused(log: Log, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No checkpoint has been signed"):
        export(log, tmp_path / "a.jsonl")
    log.sign()
    with pytest.raises(CommandError, match="has no event"):
        call_command(
            "audit",
            "export",
            "--chain",
            "00000000-0000-7000-8000-00000000000f",
            "--output",
            str(tmp_path / "b"),
        )
    with pytest.raises(CommandError, match="needs --chain and --output"):
        call_command("audit", "export", "--chain", str(log.chain))


def test_export_leaves_out_events_after_the_checkpoint(log: Log, exported: Path, tmp_path: Path) -> None:
    chained = Event.objects.filter(chain=log.chain, seq__isnull=False).count()
    log.extend(2)
    sealing.seal_all()
    log.extend(2)
    assert f"Events 1 to {chained} of the chain" in statements(log, export(log, tmp_path / "later.jsonl"))[2]


def test_export_over_an_existing_file_is_refused(log: Log, exported: Path) -> None:
    with pytest.raises(CommandError, match="exists"):
        export(log, exported)
