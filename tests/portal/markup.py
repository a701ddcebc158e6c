"""What a page's markup says: its tags, its forms with their tokens, and where its links and buttons lead."""

import html.parser
from dataclasses import dataclass, field

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
TARGETS = (
    "href",
    "src",
    "action",
    "formaction",
    "poster",
    "data",
    "hx-get",
    "hx-post",
    "hx-put",
    "hx-delete",
)
"""Attributes that hold an address."""


@dataclass
class Target:
    """An address on a page: of which element and attribute, and the element's words."""

    tag: str
    attribute: str
    url: str
    text: str = ""


@dataclass
class Form:
    """A form: its method, where it goes, and each control's name and value."""

    method: str
    action: str
    controls: list[tuple[str, str]] = field(default_factory=list)

    def values(self, name: str) -> list[str]:
        return [value for control, value in self.controls if control == name]


class Page(html.parser.HTMLParser):
    """Read with `Page(html)`."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.forms: list[Form] = []
        self.targets: list[Target] = []
        self._open: list[tuple[str, list[Target]]] = []
        self._form: Form | None = None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note it."""
        known = {name: value or "" for name, value in attrs}
        self.tags.append((tag, known))
        found = [Target(tag, name, known[name]) for name in TARGETS if name in known]
        self.targets += found
        if tag == "form":
            self._form = Form(known.get("method", "get").lower(), known.get("action", ""))
            self.forms.append(self._form)
        elif known.get("name") and self._form is not None:
            self._form.controls.append((known["name"], known.get("value", "")))
        if tag not in VOID:
            self._open.append((tag, found))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """As `<use …/>`: it holds no words."""
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        """Close the innermost one of this name."""
        if tag == "form":
            self._form = None
        for place in range(len(self._open) - 1, -1, -1):
            if self._open[place][0] == tag:
                del self._open[place:]
                return

    def handle_data(self, data: str) -> None:
        """Words of every element that is open."""
        for _, targets in self._open:
            for one in targets:
                one.text = " ".join(f"{one.text} {data}".split())
