"""What a page is made of, read as a screen reader would: headings, names of fields, tables, ways past the menus."""

import itertools
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser

Attributes = dict[str, str]
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
)
_UNSEEN = frozenset({"script", "style", "template"})
_NAMELESS = frozenset({"hidden", "submit", "button", "reset", "image"})


class Element:
    """One element: its name, attributes, text, and what it stands in."""

    def __init__(self, name: str, attributes: Attributes, parent: "Element | None") -> None:
        self.name, self.attributes, self.parent = name, attributes, parent
        self.text = ""
        self.inert: bool = "inert" in attributes or (parent is not None and parent.inert)

    def inside(self, name: str) -> bool:
        """Whether it stands in such an element."""
        return self.parent is not None and (self.parent.name == name or self.parent.inside(name))

    def says(self) -> bool:
        """Whether it has a name of its own: text, or a label."""
        return bool(
            self.text.strip() or self.attributes.get("aria-label") or self.attributes.get("aria-labelledby")
        )


class Outline(HTMLParser):
    """All elements of a page, in order."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.all: list[Element] = []
        self._open: Element | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note it, and stand in it."""
        found = Element(tag, {name: value or "" for name, value in attrs}, self._open)
        self.all.append(found)
        if tag not in _VOID:
            self._open = found

    def handle_endtag(self, tag: str) -> None:
        """Stand where it began."""
        one = self._open
        while one is not None and one.name != tag:
            one = one.parent
        self._open = one.parent if one is not None else self._open

    def handle_data(self, data: str) -> None:
        """Text belongs to all it stands in."""
        one = self._open
        while one is not None and one.name not in _UNSEEN:
            one.text += data
            one = one.parent

    def named(self, *names: str) -> list[Element]:
        """Elements with one of these names, without those below an open panel."""
        return [one for one in self.all if one.name in names and not one.inert]

    def faults(self) -> list[str]:
        """One line for each thing that somebody who does not see the page would stumble over."""
        return [*self._frame(), *self._headings(), *self._fields(), *self._tables(), *self._ids()]

    def _frame(self) -> Iterator[str]:
        mains = self.named("main") + [
            one for one in self.named("section") if one.attributes.get("role") == "dialog"
        ]
        if len(mains) != 1:
            yield f"{len(mains)} mains"
        first = next((one for one in self.named("a") if one.attributes.get("href")), None)
        if first is None or not mains or first.attributes["href"] != f"#{mains[0].attributes.get('id')}":
            yield "no way past the menus"
        yield from ("a nav without name" for one in self.named("nav") if not one.attributes.get("aria-label"))
        yield from (f"a {one.name} that says nothing" for one in self.named("a", "button") if not one.says())
        yield from ("a picture without text" for one in self.named("img") if "alt" not in one.attributes)
        if not self.named("title") or not self.named("title")[0].text.strip(" ·\n"):
            yield "no title"

    def _headings(self) -> Iterator[str]:
        levels = [int(one.name[1]) for one in self.named("h1", "h2", "h3", "h4", "h5", "h6")]
        if levels.count(1) != 1:
            yield f"{levels.count(1)} h1"
        yield from (
            f"h{after} after h{before}" for before, after in itertools.pairwise(levels) if after > before + 1
        )

    def _fields(self) -> Iterator[str]:
        labelled = {one.attributes.get("for") for one in self.named("label")}
        for one in self.named("input", "select", "textarea"):
            if one.attributes.get("type") in _NAMELESS or one.inside("label"):
                continue
            known = {"aria-label", "aria-labelledby"} & one.attributes.keys()
            if not known and one.attributes.get("id", "") not in labelled:
                yield f"a field without label: {one.attributes.get('name')}"

    def _tables(self) -> Iterator[str]:
        yield from (
            f"a th without scope: {one.text.strip()}"
            for one in self.named("th")
            if "scope" not in one.attributes
        )
        captions = {id(one.parent) for one in self.named("caption")}
        for one in self.named("table"):
            known = {"aria-label", "aria-labelledby"} & one.attributes.keys()
            if id(one) not in captions and not known and one.attributes.get("role") != "presentation":
                yield "a table without caption"

    def _ids(self) -> Iterator[str]:
        ids = Counter(one.attributes["id"] for one in self.all if "id" in one.attributes)
        yield from (f"id {name} {times} times" for name, times in ids.items() if times > 1)
        for one in self.all:
            for name in ("aria-labelledby", "aria-describedby", "aria-controls"):
                yield from (
                    f"{name} of nothing: {id_}"
                    for id_ in one.attributes.get(name, "").split()
                    if id_ not in ids
                )
