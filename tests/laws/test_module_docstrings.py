"""A module's docstring is a sentence: it has a verb in the present tense, and details follow in paragraphs."""

import ast
import re

import pytest

from tests.laws import code

MOST_SENTENCES = 2
"""In the first paragraph."""
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z`])")
CLAUSE = re.compile(r"[.:;](?:\s|$)")
RELATIVE = frozenset("that which who where".split())  # noqa: SIM905
QUESTION = RELATIVE | frozenset("how what when whether why".split())  # noqa: SIM905
"""A word that begins a clause within another one, the latter at the beginning: that clause needs a verb of its own."""
MODALS = frozenset("can cannot could does do may must will would".split())  # noqa: SIM905
_VERBS = """
am are is was were has have had accept act add allow answer appear apply ask assign bear become begin belong bind
bound break bring bundle call cancel carry catch caused change check choose close come compare compute concern
confirm contain continue convert cost count create cut decide declare define delete deliver demand depend derive
describe differ disagree distinguish end enroll enter exchange exist fail fill find follow forbid form gather gave
get give go grant grow guard handle happen hear hold identify import invite join judge keep know lead lease leave
limit list live load lock look make map mark measure merge move name need offer open outlive own pass place post
prepare prevent print probe process protect prove provide publish put raise reach read rebuild receive record refer
refuse register remember remove rename report request resend restore return revise revoke rotate run save say see
sell send serve set share show sign sort speak stand start state stay stop store submit support suspend synchronize take
test try update use verify wait word work write
"""
VERBS = frozenset(_VERBS.split())
"""A verb of a new docstring that is missing here is added."""
NOT_A_VERB = re.compile(
    r"(?<=\bthe )\w+|(?<=\ba )\w+|(?<=\ban )\w+|(?<=\bof )\w+|(?<= in )\w+|(?<=\bfor )\w+|(?<=\bto )\w+"
    r"|(?<=\bits )\w+|(?<=\bour )\w+|(?<='s )\w+|\w+(?= of\b)",
    re.IGNORECASE,
)
"""A word in such a place is a noun or an infinitive."""
COORDINATED = re.compile(r"\bV(?:(?:, | and | or )V)+\b")
"""Verbs with one subject count once."""


def faults(module: code.Module) -> list[str]:
    """Name a docstring whose first sentence has no verb of its own, or whose first paragraph goes on too long."""
    text = ast.get_docstring(module.tree)
    if text is None:
        return []
    first, *further = SENTENCE.split(re.sub(r"\s+", " ", text.split("\n\n")[0]))
    found = [] if _has_verb(first) else [f"{module.name}: has no verb: {first}"]
    if len(further) >= MOST_SENTENCES:
        found.append(f"{module.name}: has {len(further) + 1} sentences before the details")
    return found


def _has_verb(sentence: str) -> bool:
    """Return whether the first clause has a verb before any clause within it, or more verbs than those need."""
    clause = CLAUSE.split(re.sub(r"`[^`]*`|\([^)]*\)", "x", sentence))[0]
    first, *further = re.findall(r"\w+", clause.lower()) or [""]
    inner = (first in QUESTION) + sum(word in RELATIVE for word in further)
    before = re.split(rf"\b(?:{'|'.join(RELATIVE)})\b", clause)[0]
    return _verbs(clause) > inner or (first not in QUESTION and _verbs(before) > 0)


def _verbs(clause: str) -> int:
    words = re.sub(r"\w+", lambda word: _kind(word[0].lower()), NOT_A_VERB.sub("n", clause))
    return len(
        re.findall(r"\bV\b", COORDINATED.sub("V", re.sub(r"\bM(?: n)? V\b", "V", words).replace("M", "V")))
    )


def _kind(word: str) -> str:
    """Return M for a modal, V for another verb in the present tense, a conjunction as it is, else n."""
    if word in {"and", "or"}:
        return word
    if word in MODALS:
        return "M"
    stems = {word, word.removesuffix("s"), word.removesuffix("es"), re.sub("ies$", "y", word)}
    return "V" if stems & VERBS else "n"


def test_module_docstrings_have_a_verb() -> None:
    assert code.violations(faults, code.modules(*code.LAYERS, "demo", "bench")) == []


@pytest.mark.parametrize(
    "bad",
    [
        "The page model of a removal: its progress, and its receipt.",
        "Allauth's views that add, rename and remove a factor, with our changes.",
        "What a session has proved and when: allauth's records.",
        "Which staff roles a session's sign-in allows; each only while a right also gives it.",
        "How far a right reaches, site by site.",
        "Waiting times in words.",
        "Names of people, and the order of names.",
        "The list is read. It is short. It is in order.",
    ],
)
def test_docstring_without_a_verb_is_named(bad: str) -> None:
    assert faults(code.Module("portal/bad.py", f'"""{bad}"""\n'))


@pytest.mark.parametrize(
    "good",
    [
        "The start page has this page model.",
        "Names an organization. It is unique.",
        "A person who has left cannot sign in.",
        "Each check returns one word.\n\nIt says what is wrong. It is logged. It is counted.",
    ],
)
def test_docstring_with_a_verb_is_not_named(good: str) -> None:
    assert faults(code.Module("portal/good.py", f'"""{good}"""\n')) == []
