"""Every template renders with its sample, and nothing of it is forgotten."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django import template
from django.contrib.messages.storage.base import Message
from django.template import engines
from django.utils.safestring import SafeString

from portal.shell import shell
from portal.tools import vendored_assets
from portal.web.people.detail_context import PersonHead
from tests.fixtures import rendering
from tests.fixtures.page_samples import samples
from tests.fixtures.page_samples import shell as shell_samples

TEMPLATES = rendering.ROOT / "templates"
ICON = re.compile(r"sprite\.svg#([\w-]+)")
UNSHOWN = {"title", "option", "textarea", "script", "style"}
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
# Begun by another template, sent as text, or allauth's words.
NOT_A_PAGE = re.compile(r"(^|/)_|^cotton/|^base|^shell/|/base|^allauth/|^errors/|\.txt$|/snippets/")


class Structure(HTMLParser):
    """Notes what would break a page: tags that do not match, ids that come twice, style and script on elements."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """One more open element."""
        self.ids += [value for name, value in attrs if name == "id" and value]
        self.wrong += [f"{tag} {name}" for name, _ in attrs if name == "style" or name.startswith("on")]
        if tag == "script" and not {"src", "type"} & {name for name, _ in attrs}:
            self.wrong.append("inline script")
        if tag not in VOID and not self.getpos()[1] < 0:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """As `<path …/>`: opens nothing."""

    def handle_endtag(self, tag: str) -> None:
        """Closes the last one, or it is wrong."""
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> at {self.getpos()}")


@pytest.mark.parametrize("language", ["en", "fi"])
@pytest.mark.parametrize("name", samples.PAGES)
def test_page_renders_and_is_well_formed(name: str, language: str) -> None:
    source, make = samples.PAGES[name]

    page = rendering.render(source, make, language)

    structure = Structure()
    structure.feed(page)
    wrong = [one for one in structure.wrong if not (name.startswith("mail-") and one.endswith(" style"))]
    assert wrong == []
    assert structure.open == []
    assert sorted(structure.ids) == sorted(set(structure.ids))
    assert f'<html lang="{language}">' in page


def test_broken_page_is_reported() -> None:
    structure = Structure()

    structure.feed('<p id="a" style="x"><b id="a"></p></b><script>1</script>')

    assert "p style" in structure.wrong
    assert "inline script" in structure.wrong
    assert any(one.startswith("</p>") for one in structure.wrong)
    assert structure.ids == ["a", "a"]


def test_every_page_has_a_sample() -> None:
    shown = {source for source, _ in samples.PAGES.values()}
    pages = {str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*") if path.is_file()}

    missing = {name for name in pages if not NOT_A_PAGE.search(name)} - shown
    assert missing == set(), "add a sample to PAGES in tests/fixtures/page_samples/samples.py"


def test_navigation_entry_has_a_text_and_an_address_in_the_samples() -> None:
    source = (TEMPLATES / "shell/_nav_item.html").read_text(encoding="utf-8")
    texts = set(re.findall(r'item\.key == "(\w+)"', source))
    entries = set(shell._NAVIGATION)
    assert texts == entries, (
        "each entry of portal/shell/shell.py has its text in templates/shell/_nav_item.html"
    )
    assert set(shell_samples.NAV) == entries, (
        "each has an address in NAV of tests/fixtures/page_samples/shell.py"
    )


def test_components_page_shows_every_component() -> None:
    source = (TEMPLATES / "components.html").read_text(encoding="utf-8")
    used = "".join(path.read_text(encoding="utf-8") for path in (TEMPLATES / "cotton/kh").glob("*.html"))
    components = {path.stem for path in (TEMPLATES / "cotton/kh").glob("*.html")}

    shown = {name for name in components if re.search(rf"<c-kh\.{name}\b", source + used)}

    assert components - shown == {"panel"}  # shown by the pages that are panels


def test_every_icon_is_in_the_sprite() -> None:
    known = set(next(part.icons for part in vendored_assets.parts() if part.icons))

    used = {
        icon
        for source, make in samples.PAGES.values()
        for icon in ICON.findall(rendering.render(source, make()))
    }

    assert used - known == set()


def test_person_name_is_complete_and_escaped() -> None:
    context = samples.PAGES["person"][1]()
    context["person"] = PersonHead("<script>alert(1)</script> & Sons", "x@koskela.example", "")

    page = rendering.render("web/people/detail.html", context)

    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt; &amp; Sons") >= 3
    assert "&amp;lt;" not in page


def test_action_without_the_right_shows_the_reason() -> None:
    drawn = engines["django"].from_string('{% cotton kh.action :action="action" %}Remove{% endcotton %}')

    off = drawn.render({"action": {"url": "/x", "reason": "Only an admin can."}})
    on = drawn.render({"action": {"url": "/x"}})

    assert "Only an admin can." in off
    assert 'href="/x"' not in off
    assert 'href="/x"' in on
    assert drawn.render({"action": None}).strip() == ""


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("mikko@koskela.example", "mikko<wbr>@koskela.example"),
        ("<b>@x", "&lt;b&gt;<wbr>@x"),
        ("no address", "no address"),
        ("Mail to a@b.fi, c@d.fi", "Mail to a<wbr>@b.fi, c<wbr>@d.fi"),
        ("5 @ 3, @home", "5 @ 3, @home"),
        (SafeString('<a href="mailto:a@b.fi">a@b.fi</a>'), '<a href="mailto:a@b.fi">a<wbr>@b.fi</a>'),
    ],
)
def test_email_address_may_break_before_the_at_sign(address: str, shown: str) -> None:
    kh = template.Template("{% load kh %}{{ address|breakable }}")

    assert kh.render(template.Context({"address": address})) == shown


class Addresses(HTMLParser):
    """Collects the shown texts in which an address may not break before its @."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden: list[str] = []
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember what is not shown as text of the page, until it ends."""
        is_hidden = tag in UNSHOWN or "visually-hidden" in (dict(attrs).get("class") or "")
        if tag not in VOID and (self.hidden or is_hidden):
            self.hidden.append(tag)

    def handle_endtag(self, _tag: str) -> None:
        """End the innermost part that is not shown."""
        self.hidden = self.hidden[:-1]

    def handle_data(self, data: str) -> None:
        """Note an @ with the name before it in one piece: a <wbr> would part them."""
        if not self.hidden and re.search(r"[\w.+-]@[\w-]+\.", data):
            self.found.append(data.strip())


@pytest.mark.parametrize("name", [name for name in samples.PAGES if not name.startswith("mail-")])
def test_every_shown_address_may_break_before_the_at_sign(name: str) -> None:
    source, make = samples.PAGES[name]
    addresses = Addresses()

    addresses.feed(rendering.render(source, make()))

    assert addresses.found == []


def test_messages_errors_and_events_let_an_address_break_before_the_at_sign() -> None:
    said = "The invitation to a@b.example is cancelled."
    for name, context in (
        ("shell/_messages.html", {"messages": [Message(25, said), Message(30, said)]}),
        ("web/activity/_event.html", {"event": {"text": said, "sub": said, "actor": "a@b.example"}}),
    ):
        addresses = Addresses()
        addresses.feed(rendering.render(name, context))
        assert addresses.found == [], name


def test_templates_contain_no_untranslated_text() -> None:
    """What people read in a template goes through translate; texts that others pass are not in templates."""
    bare = {}
    for path in sorted(TEMPLATES.rglob("*.html")):
        if path.name != "components.html":
            words = _bare_words(path)
            if words:
                bare[str(path.relative_to(TEMPLATES))] = words

    assert bare == {}


def _bare_words(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"{% comment %}.*?{% endcomment %}|{#.*?#}", "", text, flags=re.DOTALL)
    text = re.sub(r"{% block (main_class|inert\w*) %}.*?{% endblock %}", "", text)
    text = re.sub(r"{% blocktranslate.*?{% endblocktranslate %}", "", text, flags=re.DOTALL)
    text = re.sub(r"{%.*?%}|{{.*?}}", "", text, flags=re.DOTALL)
    text = re.sub(r"<code>.*?</code>", "", text, flags=re.DOTALL)  # commands have no language
    text = re.sub(r"<(script|title)\b[^>]*>.*?</\1>", "", text, flags=re.DOTALL)
    text = re.sub(r"<!--.*?-->|<[^>]*>", " ", text, flags=re.DOTALL)
    return re.findall(r"[A-Za-z]{3,}", re.sub(r"&\w+;", "", text))
