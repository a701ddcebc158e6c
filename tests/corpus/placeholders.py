"""The names of placeholders, read word by word: a name with a word that has no meaning here fails the run.

A name says how a secret differs from a good one. A word that is skipped would turn it into a good one, and the line
would then prove nothing.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

CLIENTS = {"shop": "shop", "crm": "crm", "app": "app", "disabled": "old"}
"""The corpus' clients, and the host of each."""
PEOPLE = frozenset({"alice", "bob"})
NAME = re.compile(r"\{\{([a-z0-9_]+)\}\}")
_GENERATOR = re.compile(r"\{\{(x|deep):(\d+)\}\}")
_WITHOUT_MEANING = """
    a after an and before by client family for from in is max member membership of organisation organization person
    than that the then to user was whose with
"""
_SILENT = frozenset(_WITHOUT_MEANING.split())
_MEANINGS = {
    "used redeemed old rotated": "used",
    "replay replayed reused twice": "replayed",
    "code": "code",
    "refresh": "refresh",
    "newest latest": "newest",
    "expired": "expired",
    "older lifetime": "over",
    "revoked": "revoked",
    "deactivated blocked": "deactivated",
    "removed left leaver": "removed",
    "reset": "reset",
    "logout": "signed_out",
    "pkce": "pkce",
    "openid": "openid",
    "unknown random garbage": "unknown",
    "wrong bad other another foreign forged": "wrong",
    "empty no": "empty",
    "none unsigned": "unsigned",
    "iss issuer": "issuer",
    "aud audience": "audience",
    "key signature": "key",
}
_BY_WORD = {word: meaning for words, meaning in _MEANINGS.items() for word in words.split()}
_BY_PHRASE = {
    ("suspended", "customer"): "suspended",
    ("closed", "customer"): "suspended",
    ("suspended", "organization"): "suspended",
    ("suspended", "organisation"): "suspended",
    ("password", "reset"): "reset",
    ("factor", "reset"): "reset",
    ("without", "pkce"): "pkce",
    ("without", "openid"): "openid",
    ("alg", "none"): "unsigned",
    ("other", "client"): "crm",
    ("another", "client"): "crm",
    ("other", "person"): "bob",
    ("another", "person"): "bob",
}
_ENDED = "expired deactivated removed suspended reset signed_out"
_KINDS = {
    "code": f"{_ENDED} used replayed unknown pkce",
    "access": f"{_ENDED} used replayed code refresh over revoked unknown openid",
    "refresh": f"{_ENDED} used replayed code newest over revoked unknown",
    "id_token": "expired unsigned issuer audience key wrong",
    "basic": "wrong empty unknown",
}
"""The meanings that a kind of secret can have; another one is unknown there too."""


class UnknownPlaceholder(ValueError):
    """The corpus names something that this runner cannot create, so the line cannot be judged."""


@dataclass(frozen=True, slots=True)
class Secret:
    """Holds what the name of a secret says: its kind, its client and person, and what happened to it."""

    kind: str
    client: str
    person: str
    differences: frozenset[str]

    def __contains__(self, difference: str) -> bool:
        return difference in self.differences


def parse(name: str) -> Secret:
    """Read a name such as `refresh_of_removed_member`. Raises UnknownPlaceholder for a word without a meaning."""
    kind = next((kind for kind in _KINDS if name == kind or name.startswith(f"{kind}_")), "")
    if not kind:
        raise UnknownPlaceholder(name)
    meanings = list(_meanings(name.removeprefix(kind).strip("_").split("_"), name))
    clients = [word for word in meanings if word in CLIENTS]
    people = [word for word in meanings if word in PEOPLE]
    differences = frozenset(meanings) - CLIENTS.keys() - PEOPLE
    if len(clients) > 1 or len(people) > 1 or differences - set(_KINDS[kind].split()):
        raise UnknownPlaceholder(name)
    return Secret(kind, (clients or ["shop"])[0], (people or ["alice"])[0], differences)


def _meanings(words: list[str], name: str) -> Iterable[str]:
    rest = [word for word in words if word]
    while rest:
        if (phrase := tuple(rest[:2])) in _BY_PHRASE:
            yield _BY_PHRASE[phrase]
            rest = rest[2:]
            continue
        word, *rest = rest
        if word in CLIENTS or word in PEOPLE:
            yield word
        elif word in _BY_WORD:
            yield _BY_WORD[word]
        elif word not in _SILENT:
            raise UnknownPlaceholder(name)


def fill(text: str, resolve: Callable[[str], str]) -> str:
    """Replace generators and names. Raises UnknownPlaceholder where a placeholder is left."""
    found = NAME.sub(lambda name: resolve(name[1]), _GENERATOR.sub(_generated, text))
    if "{{" in text and "{{" in NAME.sub("", _GENERATOR.sub("", text)):
        raise UnknownPlaceholder(text)
    return found


def _generated(found: re.Match[str]) -> str:
    count = int(found[2])
    return "x" * count if found[1] == "x" else '{"a":' * count + "1" + "}" * count
