"""`python -m portal.tools.translations update | compile | check` needs none of gettext's programs.

`update` collects the texts to translate from templates and code into `locale/<language>/LC_MESSAGES/django.po`,
`compile` makes the file Django reads, `check` lists what is missing. The compiled files are part of the product.
"""

import ast
import dataclasses
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages import catalog, extract, mofile, pofile
from django.template.base import Lexer, Token, TokenType

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("audit", "identity", "delegation", "provisioning", "portal")
LANGUAGES = ("fi",)
LAZY = {f"{name}_lazy": spec for name, spec in extract.DEFAULT_KEYWORDS.items() if name.endswith("gettext")}
STRING = r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
INLINE = re.compile(rf"^(?:translate|trans)\s+(?P<text>{STRING})(?P<rest>.*)$", re.DOTALL)
BLOCK = re.compile(r"^(?:blocktranslate|blocktrans)\b(?P<rest>.*)$", re.DOTALL)
CONTEXT = re.compile(rf"\bcontext\s+(?P<context>{STRING})")

_HEADER = {
    "project": "Keyholder",
    "version": "1",
    "header_comment": "# Keyholder's words.",
    "last_translator": "Keyholder",
    "language_team": "Keyholder",
    "msgid_bugs_address": "see CONTRIBUTING.md",
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Message:
    """Holds one text to translate, and its file."""

    text: str
    plural: str = ""
    context: str = ""
    place: str = ""


def in_template(*, source: str, place: str) -> Iterator[Message]:
    """Yield the texts of `translate` and `blocktranslate` in one template."""
    tokens = iter(Lexer(source).tokenize())
    for token in tokens:
        if token.token_type != TokenType.BLOCK:
            continue
        if token.contents.split(" ")[0] == "comment":
            _skip(tokens)
        elif inline := INLINE.match(token.contents):
            yield Message(
                text=ast.literal_eval(inline["text"]), context=_context(inline["rest"]), place=place
            )
        elif block := BLOCK.match(token.contents):
            text, plural = _block(tokens, trimmed="trimmed" in block["rest"].split())
            yield Message(text=text, plural=plural, context=_context(block["rest"]), place=place)


def _skip(tokens: Iterator[Token]) -> None:
    for token in tokens:
        if token.token_type == TokenType.BLOCK and token.contents == "endcomment":
            return


def _context(rest: str) -> str:
    found = CONTEXT.search(rest)
    return str(ast.literal_eval(found["context"])) if found else ""


def _block(tokens: Iterator[Token], *, trimmed: bool) -> tuple[str, str]:
    """Return singular and plural, written as Django looks them up: `%(name)s`, and `%%` for a percent sign."""
    parts = [""]
    for token in tokens:
        if token.token_type == TokenType.VAR:
            parts[-1] += f"%({token.contents})s"
        elif token.token_type == TokenType.TEXT:
            parts[-1] += token.contents.replace("%", "%%")
        elif token.contents.strip() == "plural":
            parts.append("")
        else:
            break
    texts = [" ".join(part.split()) if trimmed else part for part in parts]
    return texts[0], texts[1] if len(texts) > 1 else ""


def in_code(*, source: bytes, place: str) -> Iterator[Message]:
    """Yield the texts of calls of gettext and its variants in one module."""
    if b"gettext" not in source:
        return
    keywords = extract.DEFAULT_KEYWORDS | LAZY
    for _line, texts, _comments, context in extract.extract("python", io.BytesIO(source), keywords):
        text, plural = (texts[0], texts[1]) if isinstance(texts, tuple) else (texts, "")
        yield Message(text=text, plural=plural, context=context or "", place=place)


def collect(*, root: Path = ROOT) -> list[Message]:
    """Return all texts to translate, in the order of the files."""
    messages: list[Message] = []
    for path in sorted([*root.glob("templates/**/*.html"), *root.glob("templates/**/*.txt")]):
        messages += in_template(source=path.read_text(encoding="utf-8"), place=str(path.relative_to(root)))
    for path in sorted(path for package in PACKAGES for path in root.glob(f"{package}/**/*.py")):
        messages += in_code(source=path.read_bytes(), place=str(path.relative_to(root)))
    return [message for message in messages if message.text and message.place != "templates/components.html"]


def path_of(*, language: str, root: Path = ROOT) -> Path:
    """Return the file of a language's catalogue."""
    return root / "locale" / language / "LC_MESSAGES" / "django.po"


def load(*, language: str, root: Path = ROOT) -> catalog.Catalog:
    """Return the stored catalogue, else an empty one."""
    path = path_of(language=language, root=root)
    if not path.exists():
        return catalog.Catalog(locale=language, project="Keyholder")
    with path.open("rb") as file:
        return pofile.read_po(file, locale=language)


def update(*, language: str, root: Path = ROOT) -> None:
    """Add new texts, remove unused ones, and preserve translations."""
    old = load(language=language, root=root)
    new = catalog.Catalog(locale=language, fuzzy=False, **_HEADER)
    new.creation_date, new.revision_date = old.creation_date, old.revision_date
    for message in collect(root=root):
        key: str | tuple[str, str] = (message.text, message.plural) if message.plural else message.text
        known = old.get(key, message.context or None)
        # A text that has got a plural, or lost it, is translated again: the forms of one are not those of the other.
        string = known.string if known and isinstance(known.id, tuple) == bool(message.plural) else None
        new.add(key, string, [(message.place, 1)], context=message.context or None)
    with path_of(language=language, root=root).open("wb") as file:
        pofile.write_po(file, new, width=110, sort_by_file=False, include_lineno=False)


def compiled(*, language: str, root: Path = ROOT) -> bytes:
    """Return the content of the .mo file."""
    buffer = io.BytesIO()
    mofile.write_mo(buffer, load(language=language, root=root))
    return buffer.getvalue()


def problems(*, language: str, root: Path = ROOT) -> list[str]:
    """Return one line for each text that is untranslated, unused or has other placeholders, and for a stale .mo."""
    known = load(language=language, root=root)
    used = {
        ((message.text, message.plural) if message.plural else message.text, message.context or None): message
        for message in collect(root=root)
    }
    lines = []
    for (key, context), message in used.items():
        entry = known.get(key, context)
        if entry is None or entry.fuzzy or not all(_strings(entry)):
            lines.append(f"{language}: not translated: {message.text!r} ({message.place})")
        elif any(_placeholders(message.text) != _placeholders(text) for text in _strings(entry)[-1:]):
            lines.append(f"{language}: different placeholders: {message.text!r}")
    lines += [f"{language}: not used: {m.id!r}" for m in known if m.id and (m.id, m.context) not in used]
    mo = path_of(language=language, root=root).with_suffix(".mo")
    if not mo.exists() or mo.read_bytes() != compiled(language=language, root=root):
        lines.append(f"{language}: not compiled")
    return lines


def _strings(message: catalog.Message) -> tuple[str, ...]:
    """Return one text, or one per plural form; an empty one is not translated."""
    known = message.string
    return tuple(known) if isinstance(known, list | tuple) else (known or "",)


def _placeholders(text: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)[sd]|\{\w+\}", text))


def main(arguments: list[str]) -> int:
    """Run update, compile or check; returns 1 where problems remain."""
    found: list[str] = []
    for language in LANGUAGES:
        if "update" in arguments:
            update(language=language)
        if "update" in arguments or "compile" in arguments:
            path_of(language=language).with_suffix(".mo").write_bytes(compiled(language=language))
        found += problems(language=language)
    sys.stdout.write("".join(f"{line}\n" for line in found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
