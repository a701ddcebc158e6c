"""Texts for people have one wording for one thing: no page, mail or document has one that a plainer one replaced."""

import ast
import re
from collections.abc import Iterator, Mapping

import pytest
from babel.messages import pofile

from tests.laws import code

WHOLE: Mapping[str, str] = {
    "In place": "Up to date; of a factor: On",
    "On its way": "Updating",
    "Differs": "Out of date",
    "Should be": "Expected",
    "Is": "Actual",
    "the same": "Matches",
    "Nothing at the moment": "No access",
    "Not known": "No sign-in recorded",
    "Waits for you": "Needs your attention",
    "Look": "View",
    "Who": "Status",
    "Show everybody": "Clear filters",
    "What": "Type",
    "How it ended": "Result",
    "Noted": "Recorded",
    "Told": "Updated",
    "Bring back": "Restore",
    "Gives nothing": "Cannot change access",
    "Go on": "Continue",
    "Stay": "Cancel",
    "Present password": "Current password",
    "Stop using it": "Remove",
    "Show what follows": "Preview",
    "Organization admin": "Admin",
}
"""A text that is only this, with or without punctuation."""
PARTS: Mapping[str, str] = {
    "put right": "Sync now",
    "is waiting for you": "Nothing to do",
    "person differs": "person’s access is out of date",
    "in other systems": "connected systems",
    "you look after": "you manage access for",
    "not yet here": "Pending invitations",
    "open until": "Expires",
    "needs a look": "needs attention",
    "filter away": "remove a filter",
    "became a colleague": "joined",
    "took over the colleagues": "imported existing users",
    "told:": "Updated:",
    "knows what": "access updated",
    "numbered changes": "changes",
    "links followed": "Log verified",
    "every door": "All access … ended at",
    "accepted any more": "existing sessions and tokens revoked",
    "through us": "through Kivisalo",
    "stands in the log": "the activity log",
    "come back by itself": "are not restored",
    "had until then": "Previous access",
    "what follows is shown": "Choose a tier to see what they will be able to do",
    "one thing to correct": "There is a problem",
    "is not right": "is incorrect",
    "write the": "Enter the",
    "write a": "Enter a",
    "write what": "Enter what",
    "not yours": "You do not have permission; You cannot assign these",
    "there is nothing here": "Page not found",
    "is it you": "Confirm it’s you",
    "weighty": "Enter your password to continue",
    "look after": "manage",
    "i have kept": "I have saved these codes",
    "stays for now": "You cannot remove your only second factor",
    "follows the keys": "uses a keyboard pattern",
    "are tried first": "is too common",
    "we hope you": "You asked to",
    "it was not you": "If this was not you",
    "unwanted mail": "spam folder",
    "for which organization": "Choose an organization",
    "on its behalf": "continue to",
    "give this number": "give this reference",
    "on its way": "being updated",
    "looks again": "reloads",
    "organization admin": "admin",
    "organisation admin": "admin",
    "directory, the keys": "Identity and delegated access management",
    "proves itself": "verifiable",
}
"""A text that contains this."""
CUSTOMERS_NEVER_READ = ("provisioning", "entitlement", "principal", "token", "target", "chain")
OPERATORS_READ = {
    "The address belongs to another system. Nothing was changed. Enter that system’s access token too.",
    (
        "The file holds the question, the number of rows, and the id, chain, number and hash of each event."
        " The customer sees who exported it."
    ),
}
"""Sentences for staff: who registers a system, and auditors."""
OPERATORS_PAGES = re.compile(r"(?:templates|portal)/desk/(?:applications|keys|programs)/")
"""Pages about clients, systems and keys, whose terms are those of the standards."""
_TAGS = re.compile(r"<[^>]+>|\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", re.DOTALL)
_PATTERN = re.compile(rf"\b(?:{'|'.join(map(re.escape, PARTS))})(?!\w)", re.IGNORECASE)


def translated() -> Iterator[tuple[str, str]]:
    """Every text of pages and mails of the portal, with the places where it stands."""
    with (code.ROOT / "locale/fi/LC_MESSAGES/django.po").open("rb") as file:
        catalog = pofile.read_po(file, locale="fi")
    for message in catalog:
        texts = [message.id] if isinstance(message.id, str) else message.id
        places = ", ".join(name for name, _line in message.locations)
        yield from ((str(text), places) for text in texts if text)


def demo_texts() -> Iterator[tuple[str, str]]:
    """The texts of the demo's pages, line by line, and its catalogue."""
    for path in sorted((code.ROOT / "demo").rglob("*")):
        if path.suffix == ".html":
            text = _TAGS.sub("\n", path.read_text(encoding="utf-8"))
        elif path.suffix == ".py":
            text = "\n".join(strings(ast.parse(path.read_text(encoding="utf-8"))))
        elif path.suffix == ".toml":
            text = "\n".join(re.findall(r'"((?:[^"\\]|\\.)*)"', path.read_text(encoding="utf-8")))
        else:
            continue
        name = str(path.relative_to(code.ROOT))
        yield from ((" ".join(line.split()), name) for line in text.splitlines() if line.strip())


def strings(tree: ast.AST) -> Iterator[str]:
    """The strings of a module but docstrings, which people do not read."""
    nodes = list(code.nodes(tree))
    docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


def documents() -> Iterator[tuple[str, str]]:
    """The lines of README and of the documents for operators and auditors."""
    for path in [code.ROOT / "README.md", code.ROOT / "SECURITY.md", *(code.ROOT / "docs").glob("*.md")]:
        name = str(path.relative_to(code.ROOT))
        yield from ((line, name) for line in path.read_text(encoding="utf-8").splitlines())


def replaced(text: str) -> list[str]:
    """Give each replaced wording of a text, with what to say."""
    found = [f"{match.group(0)} (say: {PARTS[match.group(0).lower()]})" for match in _PATTERN.finditer(text)]
    bare = text.strip(" .:!?…")
    return found + ([f"{bare} (say: {WHOLE[bare]})"] if bare in WHOLE else [])


def test_no_text_of_pages_and_mails_has_a_replaced_wording() -> None:
    texts = list(translated())
    assert len(texts) > 500
    assert [(text, places, found) for text, places in texts if (found := replaced(text))] == []


def test_no_text_of_the_demo_has_a_replaced_wording() -> None:
    texts = list(demo_texts())
    assert len(texts) > 300
    assert [(text, name, found) for text, name in texts if (found := replaced(text))] == []


def test_no_document_has_a_replaced_wording() -> None:
    found = [
        (name, match.group(0)) for line, name in documents() for match in [_PATTERN.search(line)] if match
    ]
    assert found == []


def test_no_text_for_customers_has_a_word_of_the_trade() -> None:
    words = re.compile(rf"\b(?:{'|'.join(CUSTOMERS_NEVER_READ)})", re.IGNORECASE)
    plain = (
        (re.sub(r"%\(\w+\)s", "", text), text)
        for text, places in translated()
        if not all(OPERATORS_PAGES.match(place) for place in places.split(", "))
    )
    assert {text for bare, text in plain if words.search(bare)} - OPERATORS_READ == set()


@pytest.mark.parametrize(
    "old",
    [
        "In place",
        "Look…",
        "Only an organization admin can assign this.",
        "Write the limit",
        "Call 09 000 1234 and give this number",
        "Every door closed within 4 s",
        "This is not yours to do",
    ],
)
def test_replaced_wording_is_seen(old: str) -> None:
    assert replaced(old)


@pytest.mark.parametrize(
    "good", ["Status", "Up to date", "Enter the limit", "An admin decides.", "What happens", "Who can order?"]
)
def test_plain_wording_is_not_seen(good: str) -> None:
    assert replaced(good) == []
