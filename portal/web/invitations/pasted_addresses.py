"""People are read from pasted text: lines of a mail program, a spreadsheet or a chat, with or without names.

The length of the text is limited before it is read, and the reader passes over it once.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from delegation.authorization import input_cleaning
from delegation.authorization.errors import InvalidInput
from delegation.invitations.recipients import Recipient
from identity.people import addresses

_PIECES = re.compile(r'"[^"]*"|[^",;\t]+|[,;\t]')
"""A quotation, which may hold separators (RFC 5322 §3.2.4), other text, or a separator; an odd mark is lost."""
_BRACKETS = str.maketrans("<>()[]", "      ")
_AROUND = "\"'“”‘’«».:"


@dataclass(slots=True)
class PastedPeople:
    """Holds the people in a text, each address once, and the parts that name no address or no person."""

    people: dict[str, Recipient] = field(default_factory=dict)
    wrong_addresses: list[str] = field(default_factory=list)
    wrong_names: dict[str, InvalidInput] = field(default_factory=dict)
    """By text that the command would refuse as a name, the refusal."""

    def include(self, address: str, name: str) -> None:
        """Add a person; the first name of an address counts."""
        try:
            email = addresses.canonical(address)
        except addresses.InvalidAddress:
            self.wrong_addresses.append(address)
            return
        try:
            cleaned = input_cleaning.name(name, required=False)
        except InvalidInput as refusal:
            self.wrong_names[name] = refusal
            return
        present = self.people.get(email)
        self.people[email] = present if present and present.name else Recipient(email, cleaned)


def people_in(text: str) -> PastedPeople:
    """Read the people in a text."""
    found = PastedPeople()
    for line in text.splitlines():
        _read_line(line, found)
    return found


def _read_line(line: str, found: PastedPeople) -> None:
    """Read one line: a text without an address is the name of the address beside it, as in a row of a spreadsheet."""
    people: list[tuple[str, str]] = []
    waiting: list[str] = []
    for words in _pieces(line):
        at = [word for word in words if "@" in word]
        name = " ".join(word for word in words if "@" not in word)
        if not at:
            waiting.append(name)
            continue
        # “Hämäläinen, Liisa <liisa@…>” has the given name after the comma.
        people += [(at[0], " ".join(filter(None, [name, *waiting]))), *((address, "") for address in at[1:])]
        waiting = []
    if waiting and people and not people[-1][1]:
        people[-1] = (people[-1][0], " ".join(waiting))
        waiting = []
    found.wrong_addresses += waiting
    for address, name in people:
        found.include(address, name)


def _pieces(line: str) -> Iterator[list[str]]:
    """Return the words of each part between separators; a quotation is the name of the part that it begins."""
    words: list[str] = []
    for piece in _PIECES.findall(line):
        if piece in ",;\t":
            if words:
                yield words
            words = []
        elif piece.startswith('"') and "@" not in piece:
            words += _in_order(piece.strip('"'))
        else:
            words += _words(piece)
    if words:
        yield words


def _in_order(name: str) -> list[str]:
    """Return the words of a quoted name; “Hämäläinen, Liisa” is Liisa Hämäläinen."""
    family, comma, given = name.partition(",")
    return [*given.split(), *family.split()] if comma and "," not in given else name.split()


def _words(text: str) -> list[str]:
    words = [word.removeprefix("mailto:").strip(_AROUND) for word in text.translate(_BRACKETS).split()]
    return [word for word in words if word]
