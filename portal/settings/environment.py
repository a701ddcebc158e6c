"""Each environment variable declares its type, default, secrecy and documentation once, and is read by that type.

An empty value counts as not set. Values of secret variables and passwords in addresses never appear in a message.
"""

import difflib
import ipaddress
import os
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path
from typing import Generic, TypeVar, cast
from urllib.parse import SplitResult, parse_qsl, urlsplit

from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")
PREFIX = "KEYHOLDER_"
TEST_PREFIX = "KEYHOLDER_TEST_"
"""Names with this prefix belong to the test suite; the product neither reads nor refuses them."""
ENVIRONMENT = "KEYHOLDER_ENV"
PRODUCTION = "production"
RELAXED = frozenset({"demo", "test"})
"""Every other value of KEYHOLDER_ENV, also a misspelt one, is subject to the rules of production."""
MASK = "********"
EXAMPLE = "CHANGE-ME"
"""Stands in the examples of `deploy/` where a value must be chosen; production refuses it."""


_HOST = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*")
_LAST_PORT = 65535
_ADDRESS = re.compile(r"[^\s@<>,;:\"]{1,64}@" + _HOST.pattern)
_QUOTES = frozenset({'"', "'"})


class InvalidValue(ValueError):
    """Refuses a value; the message says what is allowed, without the value."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Variable(Generic[T]):
    """Declares one environment variable. `parse` raises InvalidValue; `default` is the value in its text form.

    `production_default` says whether production may rely on the default; if not, production must set the variable.
    """

    name: str
    parse: Callable[[str], T]
    doc: str
    default: str = ""
    default_doc: str = ""
    production_default: bool = True
    production_rule: Callable[[T], str] | None = None
    """Returns the reason why production refuses this value, or an empty string."""
    secret: bool = False
    address: bool = False
    """Whether the value is an address that may hold a password."""

    def value(self, environ: Mapping[str, str] = os.environ) -> T:
        """Return the parsed value. Raises ImproperlyConfigured."""
        if problem := self.problem(environ):
            raise ImproperlyConfigured(problem)
        return self.parse(environ.get(self.name) or self.default)

    def problem(self, environ: Mapping[str, str]) -> str:
        """Return the problem of this variable in one sentence, or an empty string."""
        text = environ.get(self.name) or ""
        production = environ.get(ENVIRONMENT) not in RELAXED
        if not text and production and not self.production_default:
            return f"{self.name} is not set, and production requires it: {self.doc}"
        if production and EXAMPLE in text:
            return f"{self.name} still holds the example's {EXAMPLE}. Replace it."
        if not self.secret and _is_wrapped(text):
            return f"{self.name} has spaces or quotes around its value. Remove them."
        try:
            value = self.parse(text or self.default)
        except InvalidValue as error:
            value_text = "" if self.secret or self.address else f" is {text!r}; it"
            return f"{self.name}{value_text} must be {error}."
        refused = self.production_rule(value) if production and self.production_rule else ""
        return f"{self.name} {refused}." if refused else ""

    def masked(self, environ: Mapping[str, str]) -> str:
        """Return the value in its text form, with secrets masked."""
        text = environ.get(self.name) or self.default
        if self.address:
            return _without_password(text)
        return MASK if self.secret and text else text

    def source(self, environ: Mapping[str, str]) -> str:
        """Return the origin of the value: `environment` or `default`."""
        return "environment" if environ.get(self.name) else "default"


def _is_wrapped(value: str) -> bool:
    """Files for systemd, Docker and shells differ in which spaces and quotes become a part of the value."""
    return value != value.strip() or (len(value) > 1 and value[0] == value[-1] and value[0] in _QUOTES)


def problems(known: Iterable[Variable[object]], environ: Mapping[str, str]) -> list[str]:
    """Return every problem of the environment: unknown names first, then refused values in the declared order."""
    variables = list(known)
    names = [variable.name for variable in variables]
    unknown = [_unknown(name, names) for name in sorted(environ)]
    refused = [variable.problem(environ) for variable in variables]
    return [problem for problem in [*unknown, *refused] if problem]


def require_valid(known: Iterable[Variable[object]], environ: Mapping[str, str]) -> None:
    """Check all variables. Raises ImproperlyConfigured with all problems at once."""
    if sentences := problems(known, environ):
        raise ImproperlyConfigured("\n".join(["The environment is not usable:", *sentences]))


def _unknown(name: str, known: list[str]) -> str:
    if not name.startswith(PREFIX) or name.startswith(TEST_PREFIX) or name in known:
        return ""
    nearest = difflib.get_close_matches(name, known, n=1, cutoff=0)
    return f"{name} is not a known variable. The nearest known name is {nearest[0]}."


def _without_password(text: str) -> str:
    """Mask passwords and parameters; Celery accepts several addresses, separated by semicolons."""
    return ";".join(_masked_address(address) for address in text.split(";"))


def _masked_address(address: str) -> str:
    scheme, separator, rest = address.partition("://")
    user, at, host = rest.rpartition("@")
    name, colon, _password = user.partition(":")
    location, question, _parameters = host.partition("?")
    return f"{scheme}{separator}{name}{colon and ':' + MASK}{at}{location}{question and '?' + MASK}"


def text(value: str) -> str:
    """Accept one line of text."""
    if any(unicodedata.category(character) in {"Cc", "Zl", "Zp"} for character in value):
        raise InvalidValue("one line of text")
    return value


def mailbox(value: str) -> str:
    """Return `address` or `Name <address>`, as in a mail's From header."""
    _name, address = parseaddr(text(value))
    local, at, domain = address.rpartition("@")
    if not (local and at and domain) or " " in address:
        raise InvalidValue("a mail address such as Acme <id@acme.example>")
    return value


def choice(*allowed: str) -> Callable[[str], str]:
    """Accept one of these words."""

    def parse(value: str) -> str:
        if value not in allowed:
            raise InvalidValue(f"one of {', '.join(allowed)}")
        return value

    return parse


def whole(*, least: int = 0, most: int = 2**31 - 1) -> Callable[[str], int]:
    """Accept a whole number in this range."""

    def parse(value: str) -> int:
        if not (value.isascii() and value.isdigit()) or not least <= int(value) <= most:
            raise InvalidValue(f"a whole number from {least} to {most}")
        return int(value)

    return parse


def switch(value: str) -> bool:
    """Return whether the text is `1`. Raises InvalidValue for a text other than `0` and `1`."""
    if value not in {"0", "1"}:
        raise InvalidValue("1 or 0")
    return value == "1"


def items(value: str) -> list[str]:
    """Accept words separated by commas."""
    return [part.strip() for part in value.split(",") if part.strip()]


def pairs(*names: str) -> Callable[[str], list[tuple[str, str]]]:
    """Accept `name=value` separated by commas, where each name is one of these; a name may repeat."""

    def parse(value: str) -> list[tuple[str, str]]:
        split = [part.partition("=") for part in items(text(value))]
        if any(name not in names or not equals for name, equals, _ in split):
            raise InvalidValue(f"name=value separated by commas, with names from {', '.join(names)}")
        return [(name, found.strip()) for name, _, found in split]

    return parse


def addresses(value: str) -> list[str]:
    """Accept e-mail addresses separated by commas, each once."""
    found = items(value)
    if not all(_ADDRESS.fullmatch(one) for one in found) or len(set(found)) != len(found):
        raise InvalidValue("e-mail addresses separated by commas, each once")
    return found


def host(value: str) -> str:
    """Accept a host name in lower case, or an address."""
    if not _HOST.fullmatch(value) and not _is_ipv6(value):
        raise InvalidValue("a host name in lower case, or an address, without a port")
    return value


def _is_ipv6(value: str) -> bool:
    try:
        ipaddress.IPv6Address(value)
    except ValueError:
        return False
    return True


def hosts(value: str) -> list[str]:
    """Accept host names separated by commas, without a port; a leading dot would stand for every name below."""
    names = items(value)
    if not all(_HOST.fullmatch(name) for name in names) or len(set(names)) != len(names):
        raise InvalidValue(
            "host names in lower case separated by commas, without a port or a wildcard, each once"
        )
    return names


def hosts_with_ports(value: str) -> list[str]:
    """Return `host:port` separated by commas."""
    pairs = items(value)
    if not all(_is_host_with_port(pair) for pair in pairs) or len(set(pairs)) != len(pairs):
        raise InvalidValue(f"host:port, separated by commas, with ports from 1 to {_LAST_PORT}, each once")
    return pairs


def _is_host_with_port(value: str) -> bool:
    name, _, port = value.rpartition(":")
    is_host = bool(_HOST.fullmatch(name)) or _is_ipv6(name)
    return is_host and port.isascii() and port.isdigit() and 1 <= int(port) <= _LAST_PORT


def path(value: str) -> Path:
    """Accept a file or folder."""
    if "\0" in value:
        raise InvalidValue("a path")
    return Path(value)


def absolute(value: Path | None) -> str:
    """Refuse a relative path in production, where each process may have another working folder."""
    return "" if value is None or value.is_absolute() else "must be an absolute path in production"


def optional_path(value: str) -> Path | None:
    """Accept a file or folder; None where the value is empty."""
    return path(value) if value else None


def url(*schemes: str, parameters: Collection[str] | None = None) -> Callable[[str], str]:
    """Accept an address with one of these schemes; an empty one stays empty. With `parameters`, it has no others."""
    allowed = f"an address that begins with {' or '.join(f'{scheme}://' for scheme in schemes)}"

    def parse(value: str) -> str:
        if not value:
            return value
        try:
            parts = urlsplit(value)
            is_port = parts.port is None or parts.port > 0
        except ValueError as error:
            raise InvalidValue(f"{allowed}, with a valid host and port") from error
        if parts.scheme not in schemes:
            raise InvalidValue(allowed)
        if not is_port or any(character.isspace() for character in value):
            raise InvalidValue(f"{allowed}, with a valid host and port")
        if not parts.netloc:
            raise InvalidValue(f"{allowed}, followed by a host")
        if parameters is not None:
            _require_known_parameters(parts, parameters)
        return value

    return parse


def _require_known_parameters(parts: SplitResult, known: Collection[str]) -> None:
    """A parameter that nothing reads would be dropped in silence, `sslmode` among them."""
    given = [name for name, _ in parse_qsl(parts.query, keep_blank_values=True)]
    if parts.fragment or set(given) - set(known) or len(given) != len(set(given)):
        raise InvalidValue(f"an address with no other parameters than {', '.join(known)}, each once")


def web_address(value: str) -> str:
    """Return `http://host` or `https://host`, with a port where it is not the default one; no path."""
    url("http", "https")(value)
    parts = urlsplit(value)
    port = "" if parts.port is None else f":{parts.port}"
    exact = f"{parts.scheme}://{parts.hostname}{port}"
    # The issuer is compared letter by letter: an empty port, query or fragment would be another one.
    if value.removesuffix("/") != exact or not _HOST.fullmatch(parts.hostname or ""):
        raise InvalidValue("an address of a host alone, in lower case, such as https://id.example.com")
    return exact


def https(address: str) -> str:
    """Refuse an address without TLS in production."""
    return "" if address.startswith("https://") else "must begin with https:// in production"


def declared(module: Mapping[str, object]) -> list[Variable[object]]:
    """Return the variables that a module declares, in their order."""
    return [cast("Variable[object]", value) for value in module.values() if isinstance(value, Variable)]
