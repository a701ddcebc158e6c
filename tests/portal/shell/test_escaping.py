"""Laws of the templates: a token in every form that changes something, and no value that is believed as markup."""

import ast
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.fixtures import rendering
from tests.fixtures.markup import Form, Page
from tests.fixtures.page_samples import hostile, samples, signin

TEMPLATES = rendering.ROOT / "templates"
PACKAGES = ("audit", "identity", "delegation", "provisioning", "portal")
TOKEN = "token-of-the-sample"
TEXTS: dict[str, samples.Make] = {
    "mail/invitations/message.txt": signin.mail,
    "mail/invitations/outside_message.txt": signin.outside_mail,
    "mail/invitations/subject.txt": signin.mail,
    "mail/removals/confirmed_message.txt": signin.removal_mail,
    "mail/clients/secrets_end_message.txt": signin.client_secrets_mail,
    "mail/service_users/secret_ends_message.txt": signin.secret_mail,
    "account/email/password_reset_key_message.txt": signin.reset_mail,
    "account/email/password_reset_key_subject.txt": signin.reset_mail,
    "account/email/sign_in_blocked_message.txt": signin.blocked_mail,
    "account/email/sign_in_blocked_subject.txt": signin.blocked_mail,
    "account/email/security_changed_message.txt": signin.changed_mail,
    "account/email/security_changed_subject.txt": signin.changed_mail,
}
"""Mails and their subjects."""


SCRIPT = re.compile(r"[\x00-\x20]*(?:javascript|data:text/(?!plain;)|vbscript)", re.IGNORECASE)


def rendered(name: str, change: hostile.Change | None = None) -> str:
    source, make = samples.PAGES[name]
    context = make() if change is None else hostile.changed(make(), change)
    return rendering.render(source, {**context, "csrf_token": TOKEN})


def without_token(forms: list[Form]) -> list[str]:
    """Forms that change something and have no token, or give one away: in an address, or to another origin."""
    expected: dict[str, list[str]] = {"post": [TOKEN], "get": []}
    return [
        one.action
        for one in forms
        if one.values("csrfmiddlewaretoken")
        != ([] if one.action.startswith("https://") else expected[one.method])
    ]


def believed(page: Page) -> list[str]:
    """Elements and attributes that came out of a value."""
    return [
        f"{tag} {attributes}"
        for tag, attributes in page.tags
        if tag == hostile.MARK or any(name.startswith(hostile.MARK) for name in attributes)
    ]


def scripts(page: Page) -> list[str]:
    """Addresses that would run a script."""
    return [f"{one.tag} {one.attribute}" for one in page.targets if SCRIPT.match(one.url)]


@pytest.mark.parametrize("name", samples.PAGES)
def test_every_post_form_has_its_token(name: str) -> None:
    page = Page(rendered(name))
    assert without_token(page.forms) == []
    sending = {
        tag for tag, known in page.tags if {"hx-post", "hx-put", "hx-patch", "hx-delete"} & known.keys()
    }
    assert sending <= {"form"}


@pytest.mark.parametrize("name", samples.PAGES)
def test_value_in_a_page_or_mail_becomes_no_markup(name: str) -> None:
    text = rendered(name, hostile.with_markup)
    assert believed(Page(text)) == []
    assert "&amp;amp;lt;" not in text, "escaped twice"
    plain = hostile.changed(samples.PAGES[name][1](), hostile.with_markup) == samples.PAGES[name][1]()
    assert (hostile.MARK in text) is not plain


@pytest.mark.parametrize("name", samples.PAGES)
def test_value_typed_by_people_becomes_no_link_target(name: str) -> None:
    assert scripts(Page(rendered(name, hostile.as_script))) == []


def test_each_kind_of_breach_is_reported() -> None:
    page = Page(
        f"<form method=post action=/a><input name=csrfmiddlewaretoken value=x></form>"
        f"<form method=post action=/b></form>"
        f"<form action=/c><input name=csrfmiddlewaretoken value={TOKEN}></form>"
        f"<p title='a'{hostile.MARKUP}'></p><a href={hostile.SCRIPT}>x</a><form action='JavaScript:x'></form>"
    )
    assert without_token(page.forms) == ["/a", "/b", "/c"]
    assert len(believed(page)) >= 2
    assert scripts(page) == ["a href", "form action"]
    for quote in ('"', "'", ""):
        assert believed(Page(f"<p title={quote}a{hostile.MARKUP}{quote}></p>"))
    for around in ("script", "style", "title", "textarea"):
        assert believed(Page(f"<{around}>{hostile.MARKUP}</{around}>"))


@pytest.mark.parametrize("source", TEXTS)
def test_plain_text_shows_values_as_they_are(source: str) -> None:
    """Nothing reads markup there: an escaped name would be a wrong name."""
    text = rendering.render(source, hostile.changed(TEXTS[source](), hostile.with_markup))
    assert not re.search(r"&(amp|quot|#x27|#39|gt);", text)
    shown = rendering.render(source, TEXTS[source]()) != text
    assert (hostile.MARKUP in text) is shown
    assert shown or source.endswith("_subject.txt")


def test_every_text_template_has_a_sample_and_every_mail_an_html_version() -> None:
    texts = {str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.txt")}
    ours = {name for name in texts if not name.endswith("/base.txt") and "/messages/" not in name}
    assert ours == set(TEXTS)
    shown = {source for source, _ in samples.PAGES.values()}
    pages = {name.replace(".txt", ".html") for name in TEXTS if name.endswith("_message.txt")}
    assert pages <= shown


UNESCAPED = re.compile(r"\|\s*(?:safe|safeseq|escapejs)\b|autoescape\s+off|filter\s+safe")
RAW_TEMPLATES = {
    "mail/base.txt": "plain text",
    "mail/invitations/subject.txt": "plain text",
    "account/email/password_reset_key_subject.txt": "plain text",
    "account/email/security_changed_subject.txt": "plain text",
    "account/email/sign_in_blocked_subject.txt": "plain text",
}
RAW_CODE = {
    ("portal/templatetags/kh.py", "SafeString"): "a literal attribute",
    ("portal/templatetags/kh.py", "format_html(drawing)"): "a literal a line above",
    ("portal/shell/read_only_copy.py", "mark_safe"): "a copy with the tags and attributes of its lists alone",
    ("portal/web/people/list_context.py", "format_html(text)"): "our own sentence in our own translation",
    ("portal/wording/access.py", "format_html(pattern)"): "our own sentence in our own translation",
    ("portal/wording/access_changes.py", "format_html(pattern)"): "our own sentence in our own translation",
}


def test_templates_without_escaping_are_listed_with_their_reason() -> None:
    found = {
        str(path.relative_to(TEMPLATES))
        for path in sorted([*TEMPLATES.rglob("*.html"), *TEMPLATES.rglob("*.txt")])
        if UNESCAPED.search(path.read_text(encoding="utf-8"))
    }
    assert found == set(RAW_TEMPLATES)
    assert UNESCAPED.search("{{ name|safe }}")
    assert UNESCAPED.search("{% autoescape off %}")


def raw(tree: ast.AST) -> Iterator[str]:
    """Calls that trust a value as markup: by name, and `format_html` of something that is no literal."""
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        name = getattr(call.func, "id", getattr(call.func, "attr", ""))
        if name in {"mark_safe", "SafeString", "SafeText", "html_safe"}:
            yield name
        elif name in {"format_html", "format_html_join"}:
            pattern: Any = call.args[1 if name == "format_html_join" else 0]
            if not isinstance(pattern, ast.Constant):
                yield f"{name}({ast.unparse(pattern)})"


def test_code_that_marks_text_as_safe_is_listed_with_its_reason() -> None:
    found = {
        (str(path.relative_to(rendering.ROOT)), what)
        for package in PACKAGES
        for path in sorted((rendering.ROOT / package).rglob("*.py"))
        for what in raw(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert found == set(RAW_CODE)
    assert list(raw(ast.parse("mark_safe(x); format_html(x, 1); format_html_join('', f'{x}', ())"))) == [
        "mark_safe",
        "format_html(x)",
        "format_html_join(f'{x}')",
    ]
