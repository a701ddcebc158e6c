"""The style sheet and the pages name the same classes: nothing dead, nothing without a style."""

import re
from collections.abc import Iterator

from tests.laws import code

STYLESHEET = code.ROOT / "portal" / "static" / "keyholder" / "keyholder.css"
SOURCES = ("templates/**/*.html", "portal/**/*.py", "portal/static/keyholder/*.js")
NOT_CLASSES = {
    "kh-csrf": "a cookie",
    "kh-device": "a cookie",
    "kh-ended": "a cookie",
    "kh-messages": "a cookie",
    "kh-organization": "a cookie",
    "kh-waiting": "a cookie",
    "kh-language": "a cookie",
    "kh-language-choice": "a cookie",
    "kh-staff": "a cookie",
    "kh-staff-pending": "a cookie",
    "kh-staff-user": "a cookie",
    "kh-opened": "a key of the browser's storage",
}
WORD = re.compile(r"[\w-]+")
OPEN_ENDED = re.compile(r"(kh-[\w-]*-)(?=\{)")
"""A class that is completed when the page is made, such as `kh-tag--{{ tone }}`."""


def sources() -> Iterator[str]:
    """The text of everything that can name a class."""
    for pattern in SOURCES:
        for path in sorted(code.ROOT.glob(pattern)):
            yield path.read_text(encoding="utf-8")


def styled(css: str) -> set[str]:
    """The classes that a style sheet's selectors name."""
    selectors = re.sub(r"\{[^{}]*\}", "{}", re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL))
    return set(re.findall(r"\.([a-zA-Z][\w-]*)", selectors))


def unused(css: str, source: str) -> set[str]:
    named, begun = set(WORD.findall(source)), tuple(OPEN_ENDED.findall(source))
    return {name for name in styled(css) - named if not name.startswith(begun)}


def unstyled(css: str, source: str) -> set[str]:
    named = {word for word in WORD.findall(source) if word.startswith("kh-") and not word.endswith("-")}
    return named - styled(css) - set(NOT_CLASSES)


def test_each_styled_class_is_used() -> None:
    assert unused(STYLESHEET.read_text(encoding="utf-8"), "\n".join(sources())) == set()


def test_each_class_of_a_page_is_styled() -> None:
    assert unstyled(STYLESHEET.read_text(encoding="utf-8"), "\n".join(sources())) == set()


def test_exceptions_are_needed() -> None:
    assert NOT_CLASSES.keys() - set(WORD.findall("\n".join(sources()))) == set()


def test_dead_class_is_seen() -> None:
    css = "/* .kh-old */ .kh-tile { top: .5rem } @media print { .kh-tile--off > a { color: red } }"
    assert unused(css, '<li class="kh-tile">') == {"kh-tile--off"}
    assert unused(css, '<li class="kh-tile kh-tile--{{ state }}">') == set()


def test_class_without_a_style_is_seen() -> None:
    page = '<ol class="kh-log kh-tile kh-tile--{{ state }}">'
    assert unstyled(".kh-tile, .kh-tile--off { color: red }", page) == {"kh-log"}
