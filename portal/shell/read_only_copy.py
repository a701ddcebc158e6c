"""A page is copied for reading: nothing in the copy can be pressed, sent or followed."""

import html
from collections.abc import Callable, Mapping, Sequence
from html.parser import HTMLParser

from django.utils.safestring import SafeString, mark_safe

_DROPPED = frozenset(
    "script style template noscript iframe object embed dialog img picture video audio canvas".split()  # noqa: SIM905
)
_VOID = frozenset("input br hr wbr link meta base source track col".split())  # noqa: SIM905
_NEVER = frozenset({"link", "meta", "base", "source", "track"})
_RENAMED = {"a": "span", "form": "div", "button": "span", "main": "div"}
_KEPT = frozenset(
    "class colspan rowspan scope lang dir datetime open aria-hidden aria-current aria-sort"  # noqa: SIM905
    " checked selected max min rows multiple data-l focusable".split()
)
_IDS = ("id", "for", "headers", "aria-labelledby", "aria-describedby")
_TEXTS = ("aria-label", "placeholder", "title", "label")
_ROLES = frozenset("table rowgroup row cell columnheader rowheader list listitem".split())  # noqa: SIM905
_FIELDS = frozenset({"input", "select", "textarea"})
_TYPED = frozenset({"", "text", "search", "email", "tel", "number", "date", "url"})
OWN = "data-kh-own"
"""Marks what is the reader's own: what other pages and other organizations say, and no copy shows."""
WORD_BREAK = "\ue000"
"""Stands for <wbr> within a text, so that an address is seen as one word."""
HIDDEN = "••••••"

Mask = Callable[[str], str]


def texts_of(page: str) -> list[str]:
    """Return the texts that a copy of this page would show: the masking reads them for names."""
    seen: list[str] = []

    def note(text: str) -> str:
        seen.append(text)
        return text

    copy(page, mask=note)
    return seen


def copy(page: str, *, mask: Mask, mask_name: Mask | None = None) -> str:
    """Return the panel of a page, else its main part; empty where it has neither.

    With `mask_name`, which takes the text of a `bdi`, what is typed in fields is hidden too.
    """
    for is_panel in (True, False):
        parser = _Copy(mask, mask_name, is_panel=is_panel)
        parser.feed(page)
        parser.close()
        if parser.has_begun:
            return "".join(parser.written)
    return ""


def copy_again(body: str) -> SafeString:
    """Return what a copy may show of this body of a copy, so that no stored text reaches a page unread."""
    parser = _Copy(lambda text: text, None, is_panel=False)
    parser.feed(f'<main id="main">{body}</main>')
    parser.close()
    return mark_safe("".join(parser.written))  # noqa: S308 - every tag and attribute of it is in the lists above


class _Copy(HTMLParser):
    """Writes what may be shown of the part, from its opening tag to its closing one."""

    def __init__(self, mask: Mask, mask_name: Mask | None, *, is_panel: bool) -> None:
        super().__init__(convert_charrefs=True)
        self._mask, self._mask_name, self._is_panel = mask, mask_name or mask, is_panel
        self._hides_typed = mask_name is not None
        self.written: list[str] = []
        self.has_begun = False
        self._open: list[str] = []
        self._dropped = 0
        self._text: list[str] = []

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if not self._open:
            if not self.has_begun and self._begins(tag, given):
                self.has_begun = True
                self._open.append(tag)
            return
        if tag in _VOID:
            self._void(tag, given)
            return
        self._write_text()
        self._open.append(tag)
        if self._dropped or tag in _DROPPED or OWN in given:
            self._dropped += 1
            return
        self.written.append(self._tag(tag, given))

    def handle_startendtag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        if tag in _VOID:
            self.handle_starttag(tag, attrs)
        else:
            self.handle_starttag(tag, attrs)
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self._open or tag in _VOID:
            return
        while self._open:
            self._write_text()  # while its own element is open
            closed = self._open.pop()
            if self._dropped:
                self._dropped -= 1
            elif self._open:
                self.written.append(f"</{_RENAMED.get(closed, closed)}>")
            if closed == tag:
                return

    def handle_data(self, data: str) -> None:
        if self._open and not self._dropped:
            self._text.append(data)

    def _begins(self, tag: str, given: Mapping[str, str]) -> bool:
        if self._is_panel:
            return "kh-panel" in given.get("class", "").split()
        return tag == "main" and given.get("id") == "main"

    def _void(self, tag: str, given: Mapping[str, str]) -> None:
        if (
            self._dropped
            or tag in _NEVER
            or OWN in given
            or (tag == "input" and given.get("type") == "hidden")
        ):
            return
        if tag == "wbr":
            self._text.append(WORD_BREAK)
            return
        self._write_text()
        self.written.append(self._tag(tag, given))

    def _write_text(self) -> None:
        text, self._text = "".join(self._text), []
        if not text:
            return
        if self._open and self._open[-1] == "textarea" and self._hides_typed and text.strip():
            text = HIDDEN
        mask = self._mask_name if self._open and self._open[-1] == "bdi" else self._mask
        self.written.append(html.escape(mask(text)).replace(WORD_BREAK, "<wbr>"))

    def _tag(self, tag: str, given: Mapping[str, str]) -> str:
        kept = {name: value for name, value in given.items() if name in _KEPT}
        kept |= {name: _prefixed(given[name]) for name in _IDS if name in given}
        kept |= {name: self._mask(given[name]).replace(WORD_BREAK, "") for name in _TEXTS if name in given}
        if given.get("role") in _ROLES:
            kept["role"] = given["role"]
        if tag == "use" and "#" in given.get("href", ""):
            kept["href"] = given["href"]
        if tag in _FIELDS:
            kept |= self._field(tag, given)
        elif tag in {"option", "progress"} and "value" in given:
            kept["value"] = self._mask(given["value"])
        written = "".join(f' {name}="{html.escape(value)}"' for name, value in kept.items())
        return f"<{_RENAMED.get(tag, tag)}{written}>"

    def _field(self, tag: str, given: Mapping[str, str]) -> dict[str, str]:
        """Return what a field shows; it takes no input. A secret shows nothing."""
        kind = given.get("type", "")
        fixed = {"disabled": "disabled", **({"type": kind} if tag == "input" and kind else {})}
        if tag != "input" or kind in {"password", "file"} or "value" not in given:
            return fixed
        typed = kind in _TYPED
        hidden = typed and self._hides_typed and given["value"]
        return {**fixed, "value": HIDDEN if hidden else self._mask(given["value"])}


def _prefixed(names: str) -> str:
    """Keep the ids of the copy apart from those of the page around it."""
    return " ".join(f"seen-{name.removeprefix('seen-')}" for name in names.split())
