"""Verifies an export of the log on any machine with Python 3.9 or newer. Nothing has to be installed.

`python verify_export.py export.jsonl --key verifier-keys` reads the export and the public key. With `--previous FILE`
it also verifies that the log continues a checkpoint that you kept. Get the key from the operator once, by another way
than the export. Exit code 0: all of it holds; 1: what does not hold is named, with its line; 3: nothing is wrong, but
the export ends before its chain does, so it is not proven that its events are the chain's.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import json
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

FORMAT = "keyholder-export-1"
"""One chain."""
EVENTS = "keyholder-events-1"
"""The events that a search found, of any chains."""
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
_SHOWN = 50
_PROBLEMS, _OPEN_END = 1, 3
"""Exit codes. The parser of the command line uses 2."""


class Problem(ValueError):
    """Says why an export, a note or a key is not accepted."""


# The Merkle tree of RFC 9162 §2.1.


def root_from_inclusion(*, index: int, size: int, leaf: bytes, proof: list[bytes]) -> bytes | None:
    """Return the root that the proof leads to (§2.1.3.2); None for a leaf or proof of another tree."""
    number, last = index, size - 1
    if not 0 <= number <= last:
        return None
    for sibling in proof:
        if last == 0:
            return None
        if number & 1 or number == last:
            leaf = _node(sibling, leaf)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            leaf = _node(leaf, sibling)
        number, last = number >> 1, last >> 1
    return leaf if last == 0 else None


def is_consistent(*, old_size: int, old_root: bytes, size: int, root: bytes, proof: list[bytes]) -> bool:
    """Say whether the old tree is a prefix of the new one (§2.1.4.2)."""
    if old_size == size:
        return old_root == root and not proof
    nodes = [old_root, *proof] if old_size & (old_size - 1) == 0 else proof
    if not 0 < old_size < size or not nodes:
        return False
    number, last = old_size - 1, size - 1
    while number & 1:
        number, last = number >> 1, last >> 1
    old = new = nodes[0]
    for sibling in nodes[1:]:
        if last == 0:
            return False
        if number & 1 or number == last:
            old, new = _node(sibling, old), _node(sibling, new)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            new = _node(new, sibling)
        number, last = number >> 1, last >> 1
    return last == 0 and old == old_root and new == root


def leaf_hash(entry: bytes) -> bytes:
    """Hash an entry of the tree."""
    return hashlib.sha256(b"\x00" + entry).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


# Ed25519 verification of RFC 8032 §5.1.7.

_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_ROOT_OF_MINUS_ONE = pow(2, (_P - 1) // 4, _P)
_Point = tuple[int, int, int, int]


def verify_ed25519(public: bytes, message: bytes, signature: bytes) -> bool:
    """Say whether the signature is the key's; it takes some milliseconds."""
    key, r = _decode(public), _decode(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if key is None or r is None or len(signature) != 64 or s >= _ORDER:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % _ORDER
    left, right = _multiply(s, _BASE), _add(r, _multiply(k, key))
    return not any((left[i] * right[2] - right[i] * left[2]) % _P for i in (0, 1))


def _decode(data: bytes) -> _Point | None:
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    if len(data) != 32 or y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT_OF_MINUS_ONE % _P
    if (x * x - square) % _P or (x == 0 and sign):
        return None
    x = _P - x if x & 1 != sign else x
    return x, y, 1, x * y % _P


def _add(one: _Point, two: _Point) -> _Point:
    a = (one[1] - one[0]) * (two[1] - two[0])
    b = (one[1] + one[0]) * (two[1] + two[0])
    c, d = 2 * one[3] * two[3] * _D, 2 * one[2] * two[2]
    e, f, g, h = (b - a) % _P, (d - c) % _P, (d + c) % _P, (b + a) % _P
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _multiply(factor: int, point: _Point) -> _Point:
    result = (0, 1, 1, 0)
    while factor:
        if factor & 1:
            result = _add(result, point)
        point, factor = _add(point, point), factor >> 1
    return result


_BASE = _decode((4 * pow(5, -1, _P) % _P).to_bytes(32, "little")) or (0, 1, 1, 0)
Check = Callable[[bytes, bytes, bytes], bool]


# Signed notes and checkpoints of C2SP.


class VerifierKey(NamedTuple):
    """A verifier key: the log's name, the key's id and the Ed25519 public key."""

    name: str
    id: bytes
    public: bytes

    @classmethod
    def parse(cls, line: str) -> VerifierKey:
        """Read `<name>+<id in hex>+<base64 of 0x01 and the key>`. Raises Problem."""
        name, _, rest = line.strip().partition("+")
        digits, _, data = rest.partition("+")
        material = _bytes(data, 33)
        if not name or material[0] != 1 or digits != key_id(name, material[1:]).hex():
            raise Problem(f"This is no verifier key: {line.strip()[:80]!r}.")
        return cls(name, key_id(name, material[1:]), material[1:])

    def text(self) -> str:
        """Return the line that `parse` reads."""
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(bytes([1]) + self.public).decode()}"


def key_id(name: str, public: bytes) -> bytes:
    """Return the four bytes that name a key in a signature line."""
    return hashlib.sha256(name.encode() + b"\n\x01" + public).digest()[:4]


class SignedCheckpoint(NamedTuple):
    """States the log's size and root, its incarnation, the heads of all chains, and when that was signed."""

    origin: str
    size: int
    root: bytes
    incarnation: int
    chains: int
    heads: bytes
    at: str


_TEXT = re.compile(
    r"(\S+)\n(0|[1-9]\d{0,18})\n(\S{44})\nincarnation ([1-9]\d{0,9})\n"
    r"chains (0|[1-9]\d{0,18}) (\S{44})\ntime (\S{27})\n",
    re.ASCII,
)


def open_checkpoint(note: str, keys: list[VerifierKey], check: Check = verify_ed25519) -> SignedCheckpoint:
    """Return the statements of a signed note. Raises Problem unless one of the keys signed it."""
    text, separator, signatures = note.rpartition("\n\n")
    text += "\n"
    if not separator or not any(_is_signed(text, line, keys, check) for line in signatures.splitlines()):
        raise Problem("The checkpoint is not signed by the key.")
    match = _TEXT.fullmatch(text)
    if match is None or match[1] not in {key.name for key in keys} or not _INSTANT.fullmatch(match[7]):
        raise Problem("The signed text is not a checkpoint of this log.")
    return SignedCheckpoint(
        match[1], int(match[2]), _bytes(match[3]), int(match[4]), int(match[5]), _bytes(match[6]), match[7]
    )


def _is_signed(text: str, line: str, keys: list[VerifierKey], check: Check) -> bool:
    """Say whether a known key signed; a line of an unknown key, such as a witness, does not count."""
    for key in keys:
        prefix = f"\u2014 {key.name} "
        if line.startswith(prefix):
            data = _bytes(line[len(prefix) :], 68)
            if data[:4] == key.id:
                return check(key.public, text.encode(), data[4:])
    return False


def _bytes(text: object, length: int = 32) -> bytes:
    try:
        data = base64.b64decode(str(text), validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if len(data) != length or base64.b64encode(data).decode() != text:
        raise Problem(f"{str(text)[:80]!r} is not the base64 of {length} bytes.")
    return data


# The export.


_NOT_PROVEN = (
    "each is in the log and follows the one before. The export ends before the chain does, so it is not proven that"
    " they are the chain's events, nor when they happened. An export without --until proves it."
)


_FOUND = (
    "each is in the log and is what its row says. Whether all that the search finds are here is not proven, nor are"
    " the names and reasons, which events hold encrypted."
)
_CONCLUSIONS = {
    0: "The export holds.",
    _OPEN_END: "The export holds, as far as it goes: see what is not proven.",
}


class Verifier:
    """Reads an export line by line, and collects what does not hold."""

    checkpoint: SignedCheckpoint

    def __init__(self, keys: list[VerifierKey]) -> None:
        self.problems: list[str] = []
        self._keys = keys
        self._header: dict[str, Any] = {}
        self._events = self._beside = 0
        self._index = -1
        self._first: dict[str, Any] | None = None
        self._last: dict[str, Any] | None = None
        self._hash = b""

    def verify(self, lines: Iterable[bytes], *, previous: str | None = None) -> None:
        """Verify every line. Raises Problem for a header that is not genuine: nothing follows from it."""
        number = 0
        for number, line in enumerate(lines, start=1):
            try:
                content = _parse(line)
                if number == 1:
                    self._read_header(content, previous)
                else:
                    self._read_event(content)
            except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
                text = (
                    str(error) if isinstance(error, Problem) else f"A field is missing or malformed: {error}."
                )
                if number == 1:
                    raise Problem(f"Line 1: {text}") from None
                self.problems.append(f"Line {number}: {text}")
        if not number:
            raise Problem("The export is empty.")
        self._check_completeness()

    def ends_early(self) -> bool:
        """Say whether the export ends before the head of its chain, which alone is signed."""
        return self._last is not None and self._last["seq"] != self._header["head"]["seq"]

    def statements(self) -> list[str]:
        """Return the sentences that an export without problems proves."""
        mark, head, first, last = self.checkpoint, self._header["head"], self._first, self._last
        lines = [
            f"Log {mark.origin}: {mark.size} events, incarnation {mark.incarnation}, signed {mark.at}.",
            f"Chain {self._header['chain']}: {head['seq']} events in the checkpoint.",
        ]
        if first and last:
            range_ = f"Events {first['seq']} to {last['seq']} of the chain, {first['at']} to {last['at']}"
            lines.append(f"{range_}: {_NOT_PROVEN}" if self.ends_early() else f"{range_}, without a gap.")
        lines.append(
            f"{self._beside} events beside the chain: each is in the log. Whether all are here is not proven."
        )
        return lines

    def _read_header(self, header: dict[str, Any], previous: str | None) -> None:
        fields = {"format", "checkpoint", "chain", "from", "until", "events", "head", "consistency"}
        if header.get("format") != FORMAT or header.keys() != fields:
            raise Problem(f"This is no header of {FORMAT}.")
        self.checkpoint = open_checkpoint(header["checkpoint"], self._keys)
        _check_range(header["from"], header["until"])
        head = header["head"]
        if head.keys() != {"seq", "hash", "index", "proof"}:
            raise Problem("The head of the chain is malformed.")
        entry = (
            bytes.fromhex(header["chain"].replace("-", ""))
            + head["seq"].to_bytes(8, "big")
            + _bytes(head["hash"])
        )
        mark = self.checkpoint
        if not _is_included(head, entry, mark.chains, mark.heads):
            raise Problem("The head of the chain is not in the checkpoint.")
        self._header = header
        if previous is not None:
            self._check_previous(header["consistency"], open_checkpoint(previous, self._keys))
        elif header["consistency"] is not None:
            raise Problem(
                "The export proves consistency with an older checkpoint: name its file with --previous."
            )

    def _check_previous(self, given: dict[str, Any] | None, old: SignedCheckpoint) -> None:
        mark = self.checkpoint
        if given is None or given.keys() != {"size", "proof"} or given["size"] != old.size:
            raise Problem(f"The export has no consistency proof from size {old.size}.")
        proof = [_bytes(item) for item in given["proof"]]
        if not is_consistent(
            old_size=old.size, old_root=old.root, size=mark.size, root=mark.root, proof=proof
        ):
            raise Problem(
                f"The log does not continue the older checkpoint (size {old.size}, incarnation {old.incarnation}):"
                " it was rewritten or restored from a backup, or the proof was changed."
            )

    def _read_event(self, line: dict[str, Any]) -> None:
        if line.keys() != {"index", "event", "proof"}:
            raise Problem("The line is malformed.")
        digest = hashlib.sha256(line["event"].encode()).digest()
        event = json.loads(line["event"])
        self._events += 1
        if line["index"] <= self._index:
            self.problems.append(f"Leaf {line['index']} does not stand in the order of the log.")
        self._index = line["index"]
        if event["seq"] is None:
            self._beside += 1
        else:
            self._check_link(event, digest)
        if event["chain"] != self._header["chain"]:
            raise Problem(f"Event {event['id']} belongs to another chain.")
        if not _is_included(line, digest, self.checkpoint.size, self.checkpoint.root):
            raise Problem(
                f"Event {event['id']} is not in the log of the checkpoint: event, leaf index or proof was changed."
            )

    def _check_link(self, event: dict[str, Any], digest: bytes) -> None:
        last, self._last, before = self._last, event, self._hash
        self._first, self._hash = self._first or event, digest
        if last and event["seq"] != last["seq"] + 1:
            raise Problem(f"Events {last['seq'] + 1} to {event['seq'] - 1} of the chain are missing.")
        if last and event["prev"] != before.hex():
            raise Problem(
                f"Event {event['id']} does not follow the event before it: one of them was changed."
            )

    def _check_completeness(self) -> None:
        header, first, last = self._header, self._first, self._last
        head = header["head"]
        if header["events"] != self._events:
            self.problems.append(f"The export has {self._events} events; its header says {header['events']}.")
        if first is None or last is None:
            self.problems.append("The export has no event of the chain.")
            return
        start, end = header["from"], header["until"]
        if first["seq"] != 1 and not (start and first["at"] < start):
            self.problems.append(f"Events of the chain are missing before event {first['seq']}.")
        if last["seq"] != head["seq"] and not (end and last["at"] >= end):
            self.problems.append(f"Events of the chain are missing after event {last['seq']}.")
        if last["seq"] == head["seq"] and self._hash != _bytes(head["hash"]):
            self.problems.append(f"Event {last['id']} is not the head of the chain in the checkpoint.")


class EventsVerifier(Verifier):
    """Reads an export of found events: each must be in the log, and be what its row says."""

    def __init__(self, keys: list[VerifierKey]) -> None:
        super().__init__(keys)
        self._seen: set[str] = set()
        self._unproven = 0

    def ends_early(self) -> bool:
        """Say whether events are newer than the checkpoint."""
        return self._unproven > 0

    def statements(self) -> list[str]:
        """Return the sentences that an export without problems proves."""
        mark, header = self.checkpoint, self._header
        lines = [
            f"Log {mark.origin}: {mark.size} events, incarnation {mark.incarnation}, signed {mark.at}.",
            f"Search {json.dumps(header['search'], ensure_ascii=False)}, exported {header['exported_at']}.",
            f"{self._events - self._unproven} events: {_FOUND}",
        ]
        if self._unproven:
            lines.append(f"{self._unproven} events are newer than the checkpoint and are not proven.")
        return lines

    def _read_header(self, header: dict[str, Any], previous: str | None) -> None:
        fields = {"format", "checkpoint", "search", "exported_by", "exported_at", "rows", "proven", "cut"}
        if header.get("format") != EVENTS or header.keys() != fields:
            raise Problem(f"This is no header of {EVENTS}.")
        if previous is not None:
            raise Problem("An export of found events proves no consistency with an older checkpoint.")
        if not header["checkpoint"]:
            raise Problem("The export has no checkpoint, so it proves nothing.")
        self.checkpoint = open_checkpoint(header["checkpoint"], self._keys)
        self._header = header

    def _read_event(self, line: dict[str, Any]) -> None:
        if line.keys() != {"index", "event", "proof", "row"}:
            raise Problem("The line is malformed.")
        digest = hashlib.sha256(line["event"].encode()).digest()
        event, row = json.loads(line["event"]), line["row"]
        self._events += 1
        if event["id"] in self._seen:
            raise Problem(f"Event {event['id']} stands here twice.")
        self._seen.add(event["id"])
        stated = _stated(event, digest)
        if differing := sorted(name for name, value in stated.items() if row[name] != value):
            raise Problem(f"The row of event {event['id']} differs from the event: {', '.join(differing)}.")
        if line["index"] is None and line["proof"] is None:
            self._unproven += 1
        elif not _is_included(line, digest, self.checkpoint.size, self.checkpoint.root):
            raise Problem(
                f"Event {event['id']} is not in the log of the checkpoint: event, leaf index or proof was changed."
            )

    def _check_completeness(self) -> None:
        header = self._header
        if header["rows"] != self._events:
            self.problems.append(f"The export has {self._events} events; its header says {header['rows']}.")
        if header["proven"] != self._events - self._unproven:
            self.problems.append("The export has another number of proofs than its header says.")


def _stated(event: dict[str, Any], digest: bytes) -> dict[str, Any]:
    """Return what a row says of an event that needs no key."""
    same = {"event": "id", "act": "act", "log": "chain", "number": "seq"}
    return {
        **{name: event[key] for name, key in same.items()},
        "previous_hash": event["prev"] or None,
        "at": event["at"],
        "event_type": event["verb"],
        "outcome": event["outcome"],
        "actor": event["actor"]["id"],
        "actor_kind": event["actor"]["kind"],
        "subject": event["subject"]["id"],
        "subject_kind": event["subject"]["kind"],
        "hash": digest.hex(),
    }


def _verifier(first: bytes, keys: list[VerifierKey]) -> Verifier:
    """Return the verifier of the format that the first line names."""
    return EventsVerifier(keys) if f'"{EVENTS}"'.encode() in first else Verifier(keys)


def _check_range(start: str | None, end: str | None) -> None:
    if any(instant is not None and not _INSTANT.fullmatch(instant) for instant in (start, end)):
        raise Problem("An end of the range is not an instant.")
    if start and end and start >= end:
        raise Problem("The range ends before it begins.")


def _is_included(place: dict[str, Any], entry: bytes, size: int, root: bytes) -> bool:
    index, proof = place["index"], [_bytes(item) for item in place["proof"]]
    if type(index) is not int:
        return False
    return root_from_inclusion(index=index, size=size, leaf=leaf_hash(entry), proof=proof) == root


def _parse(line: bytes) -> dict[str, Any]:
    """Read one line. Only the canonical form is accepted, so that each changed byte shows."""
    try:
        text = line.decode()
        content = json.loads(text)
        canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n"
    except (ValueError, RecursionError):
        raise Problem("This is not JSON.") from None
    if text != canonical or not isinstance(content, dict):
        raise Problem("The line is not in the form of an export, or was cut off.")
    return content


def main() -> int:
    """Verify one file and print what holds, or what does not."""
    parser = argparse.ArgumentParser(description="Verify an export of the log.")
    parser.add_argument("export", type=Path)
    parser.add_argument("--key", type=Path, required=True, help="the operator's verifier key")
    parser.add_argument(
        "--previous", type=Path, help="a checkpoint from before, whose log this one must continue"
    )
    options = parser.parse_args()
    try:
        keys = [VerifierKey.parse(line) for line in options.key.read_text("utf-8").splitlines() if line]
        previous = options.previous.read_bytes().decode() if options.previous else None
        with options.export.open("rb") as lines:
            verifier = _verifier(lines.readline(), keys)
            lines.seek(0)
            verifier.verify(lines, previous=previous)
        problems = verifier.problems
        code = _OPEN_END if verifier.ends_early() else 0
        lines = [] if problems else [*verifier.statements(), _CONCLUSIONS[code]]
    except (Problem, OSError, UnicodeDecodeError) as error:
        problems, lines, code = [str(error)], [], _PROBLEMS
    if problems:
        code = _PROBLEMS
        lines = [*problems[:_SHOWN], f"{len(problems)} problems. The export does not hold."]
    sys.stdout.write("\n".join(lines) + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
