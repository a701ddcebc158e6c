"""Words that are not used, in code, comments, documents, templates and texts for people.

The list is short on purpose: each word stood in the code with several meanings, and a plainer word exists.
"""

import re
from collections.abc import Iterator

from tests.laws import code

BANNED: dict[str, str] = {
    r"deeds?": "act, change",
    r"put(?:s|ting)? right": "resync, repair",
    r"who(?:m|se)?ever": "the person who",
    "anew": "again",
    "amiss": "wrong",
    r"heed(?:s|ed)?": "check, follow",
    r"(?:made|make|makes) way": "was replaced",
    "for ever": "permanently",
    "once more": "again",
    r"look(?:s|ed|ing)? after": "manage",
    r"let(?:s)? in": "sign in, admit",
    "the other side": "the target",
    r"tell(?:s|ers?)?|told": "deliver, notify, record, show, say",
    r"doors?": "channel, endpoint, page",
    "whom": "the person who",
    r"(?:some|no|every)body (?:is|are|was|has|had|may|can|could|must|would|will|does|who)": "name the person or role",
}
"""Pattern of a word: what to write instead. An underscore counts as a space, so that names are covered too."""
CASE_SENSITIVE = {
    r"(?:is|are) none": "does not exist",
    "of ours": "our own, or no word",
    "Whose": "the person with",
}
"""The same; `is None` of Python is no prose, and *whose* is a subject only where a sentence begins with it."""
PATTERN = re.compile(rf"\b(?:(?i:{'|'.join(BANNED)})|{'|'.join(CASE_SENSITIVE)})\b")
ENDINGS = (".py", ".md", ".html", ".txt", ".po", ".sql", ".toml", ".js", "Makefile", "run")
FOLDERS = (*code.LAYERS, "templates", "locale", "demo", "bench", "docs", "tests", ".ci")
EXCEPTIONS = {
    "tests/laws/words.py": "lists the words",
    "tests/laws/test_words.py": "tries the words",
    "tests/laws/test_phrases.py": "lists wordings that plainer ones replaced",
    "demo/names.txt": "names of people",
}


def files() -> Iterator[str]:
    """Every text file of the product, its tests and its documents."""
    paths = [*code.ROOT.glob("*"), *(path for folder in FOLDERS for path in (code.ROOT / folder).rglob("*"))]
    for path in sorted(paths):
        if path.name.endswith(ENDINGS) and path.is_file() and "/static/vendor/" not in path.as_posix():
            yield str(path.relative_to(code.ROOT))


def instead(word: str) -> str:
    """Give a banned word with what to write instead of it."""
    advice = next(
        text
        for pattern, text in {**BANNED, **CASE_SENSITIVE}.items()
        if re.fullmatch(pattern, word, re.IGNORECASE)
    )
    return f"{word} (instead: {advice})"


def banned(text: str) -> list[str]:
    """Every banned word of a text, in order; a phrase may go over the end of a line."""
    plain = re.sub(r"[\s_#*\"']+", " ", text)
    return [match.group(0) for match in PATTERN.finditer(plain)]
