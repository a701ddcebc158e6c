"""The forms of a page, read out of its HTML."""

import html.parser
from dataclasses import dataclass, field

TEXTS = {"text", "email", "search", "password", "number", "tel", "url", "textarea"}


@dataclass
class Field:
    """One name of a form: how it is shown, what it holds, what it may be."""

    name: str
    kind: str
    value: str = ""
    options: list[str] = field(default_factory=list)
    required: bool = False
    of_django: bool = False
    """Whether the control has an id of ours, so that an error has a place."""

    @property
    def is_text(self) -> bool:
        return self.kind in TEXTS

    @property
    def is_choice(self) -> bool:
        return self.kind in {"radio", "select", "checkbox"}


@dataclass
class Form:
    """Where it goes and what it sends."""

    action: str
    method: str
    fields: dict[str, Field] = field(default_factory=dict)

    @property
    def visible(self) -> list[Field]:
        """What somebody fills in."""
        return [one for one in self.fields.values() if one.is_text or (one.is_choice and one.of_django)]


class _Reader(html.parser.HTMLParser):
    def __init__(self, here: str) -> None:
        super().__init__()
        self.here, self.forms, self.select = here, list[Form](), ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(told.get("action") or self.here, told.get("method", "get").lower()))
        elif tag == "option" and self.select and self.forms:
            self.forms[-1].fields[self.select].options.append(told.get("value", ""))
        elif tag in {"input", "textarea", "select", "button"} and told.get("name") and self.forms:
            self._control(tag, told)

    def _control(self, tag: str, told: dict[str, str]) -> None:
        kind = told.get("type", "text") if tag == "input" else tag
        known = self.forms[-1].fields.setdefault(told["name"], Field(told["name"], kind))
        known.options.append(told.get("value", ""))
        known.required |= "required" in told or kind == "radio"
        known.of_django |= told.get("id", "").startswith("id_")
        if kind in {"hidden", *TEXTS} or "checked" in told:
            known.value = told.get("value", "")
        self.select = told["name"] if tag == "select" else self.select

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self.select = ""


def of(page: str, here: str) -> list[Form]:
    """Every form, in order."""
    reader = _Reader(here)
    reader.feed(page)
    return reader.forms
