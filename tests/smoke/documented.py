"""The commands of docs/running.md, read from the document, so that the text and the test cannot differ."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "running.md"
_BLOCK = re.compile(r"^```sh (\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks() -> dict[str, str]:
    """Return the shell commands of the page by name, in their order."""
    found = _BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    assert len({name for name, _ in found}) == len(found), "two blocks have one name"
    return dict(found)
