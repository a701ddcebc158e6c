"""The words of the field: no banned word anywhere, and no public name that says nothing by itself."""

import ast
from collections.abc import Iterator, Sequence

import pytest

from tests.laws import code, words

EMPTY_NAMES = frozenset(
    "of one every read held told wanted kept found said made seen given named"  # noqa: SIM905
    " sent shown first moment listed linked asked again further thing".split()
)
"""As the name of a function, class or method, these need their neighbours to be understood."""
NOT_DONE: dict[str, int] = {
    "locale/fi/LC_MESSAGES/django.po": 1,
    "templates/account/_another_person.html": 1,
    "templates/account/password_reset.html": 1,
    "templates/account/password_reset_done.html": 1,
    "templates/base_page.html": 1,
    "templates/base_public.html": 6,
    "templates/errors/page.html": 2,
    "templates/mfa/authenticate.html": 1,
    "templates/mfa/index.html": 1,
    "templates/mfa/totp/activate_form.html": 2,
    "templates/oidc/authorize_refused.html": 1,
    "templates/web/invitations/accept.html": 1,
    "tests/corpus/cast.py": 2,
    "tests/corpus/conftest.py": 1,
    "tests/corpus/judging.py": 25,
    "tests/delegation/access/test_assignment_authority.py": 3,
    "tests/delegation/acts/test_acts.py": 1,
    "tests/delegation/acts/test_sequences.py": 10,
    "tests/delegation/authorization/test_agreement.py": 3,
    "tests/delegation/invitations/test_conditions.py": 4,
    "tests/demo/cast.py": 1,
    "tests/demo/test_scim.py": 2,
    "tests/fixtures/fake_target.py": 1,
    "tests/fixtures/form_discovery.py": 16,
    "tests/fixtures/production.py": 1,
    "tests/fixtures/world.py": 3,
    "tests/journeys/conftest.py": 1,
    "tests/journeys/test_circle.py": 1,
    "tests/laws/test_project.py": 1,
    "tests/portal/web/test_story_browser.py": 4,
    "tests/races/test_two_admins.py": 2,
}
"""How many banned words a file still holds; it never rises. A file that is not listed holds none."""
EMPTY_NAMES_NOT_DONE: frozenset[str] = frozenset(
    {
        "tests/delegation/acts/test_fingerprint.py:asked",
        "tests/delegation/acts/test_sequences.py:Sequences.found",
        "tests/fixtures/fake_target.py:Handler.kept",
        "tests/fixtures/fake_target.py:Server.one",
        "tests/fixtures/page_outline.py:Outline.named",
        "tests/mutation/mutants.py:Source.of",
        "tests/mutation/mutants.py:_Users.of",
        "tests/mutation/operators.py:Places.of",
        "tests/portal/settings/test_settings.py:asked",
        "tests/portal/web/access/test_end_of_access.py:shown",
    }
)
"""Names that are still to be changed; none is added."""


def empty_names(module: code.Module) -> list[str]:
    """Name the module's functions and classes, and the methods of its classes, that have an empty name."""
    return [
        f"{module.name}:{name}"
        for name in _defined(module.tree.body)
        if name.rpartition(".")[2].lower() in EMPTY_NAMES
    ]


def _defined(body: Sequence[ast.stmt]) -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        if isinstance(node, ast.ClassDef):
            yield from (f"{node.name}.{name}" for name in _defined(node.body))


def test_no_file_holds_more_banned_words_than_listed() -> None:
    found = {
        name: words.banned((code.ROOT / name).read_text(encoding="utf-8"))
        for name in words.files()
        if name not in words.EXCEPTIONS
    }
    more = {name: hits for name, hits in found.items() if len(hits) > NOT_DONE.get(name, 0)}
    assert more == {}, "\n".join(
        f"{name}: {', '.join(map(words.instead, hits))}" for name, hits in more.items()
    )


def test_no_public_name_says_nothing() -> None:
    named = set(code.violations(empty_names, code.modules(*code.LAYERS, "demo", "bench", "tests")))
    assert named - EMPTY_NAMES_NOT_DONE == set()


def test_exceptions_exist() -> None:
    assert [name for name in words.EXCEPTIONS if not (code.ROOT / name).is_file()] == []


@pytest.mark.parametrize(
    "bad",
    [
        "The deed is recorded.",
        "def put_right(): ...",
        "Whoever sends it again",
        "It is made\n# anew.",
        'msgid "You look after %(number)s colleague."',
        "people are let in",
        "there is none",
        "a mistake of ours",
        "Nobody is waiting for you.",
        "The page tells what follows.",
        "def tell(event): ...",
        "class Teller: ...",
        "The systems are told of it.",
        "Every door is closed.",
        "blueprint = doors.login",
        "the person to whom it was sent",
        "Whose link it is may accept.",
    ],
)
def test_banned_word_is_seen(bad: str) -> None:
    assert words.banned(bad)


def test_plain_sentence_and_python_none_are_not_seen() -> None:
    plain = "if row is None: raise NotFound  # The row was purged; indeed it is renewed."
    assert words.banned(plain) == []
    assert words.banned("a person whose mail bounces; indoor; untold; intelligent") == []


@pytest.mark.parametrize(
    "bad",
    [
        "def of(): ...",
        "class Held: ...",
        "async def read(): ...",
        "def shown(): ...",
        "class Moment: ...",
        "class Orders:\n    def of(self): ...",
        "class Page:\n    @property\n    def shown(self): ...",
        "class Page:\n    class Asked: ...",
    ],
)
def test_empty_name_is_seen(bad: str) -> None:
    assert empty_names(code.Module("delegation/bad.py", bad))


def test_name_with_a_noun_is_not_seen() -> None:
    good = "class Store:\n    def read_row(self): ...\ndef read_events(): ...\ndef first_page(): ..."
    assert empty_names(code.Module("delegation/good.py", good)) == []
