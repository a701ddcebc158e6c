"""Typed readers of environment variables: each variable declares its type, default, secrecy and documentation once.

An empty value counts as not set. Values of secret variables and passwords in addresses never appear in a message.
"""

import difflib
import os
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
    """Return `1` or `0`."""
    if value not in {"0", "1"}:
        raise InvalidValue("1 or 0")
    return value == "1"


def items(value: str) -> list[str]:
    """Accept words separated by commas."""
    return [part.strip() for part in value.split(",") if part.strip()]


def hosts(value: str) -> list[str]:
    """Accept host names separated by commas, without a port."""
    names = items(value)
    if any("/" in name or "*" in name or ":" in name for name in names):
        raise InvalidValue("host names separated by commas, without a port or a wildcard")
    return names


def hosts_with_ports(value: str) -> list[str]:
    """Return `host:port` separated by commas."""
    pairs = items(value)
    if not all(_is_host_with_port(pair) for pair in pairs):
        raise InvalidValue("host:port, separated by commas")
    return pairs


def _is_host_with_port(value: str) -> bool:
    host, colon, port = value.rpartition(":")
    return bool(host and colon and "/" not in host) and port.isascii() and port.isdigit()


def path(value: str) -> Path:
    """Accept a file or folder."""
    if "\0" in value:
        raise InvalidValue("a path")
    return Path(value)


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
            _port = parts.port
        except ValueError as error:
            raise InvalidValue(f"{allowed}, with a valid host and port") from error
        if parts.scheme not in schemes:
            raise InvalidValue(allowed)
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
    parts = urlsplit(value.rstrip("/"))
    if not parts.hostname or "@" in parts.netloc or parts.path or parts.query or parts.fragment:
        raise InvalidValue("an address of a host alone, such as https://id.example.com")
    return value.rstrip("/")


def declared(module: Mapping[str, object]) -> list[Variable[object]]:
    """Return the variables that a module declares, in their order."""
    return [cast("Variable[object]", value) for value in module.values() if isinstance(value, Variable)]
