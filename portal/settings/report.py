"""The environment in words: for `manage.py config` and for the table in docs/running.md."""

import os
from collections.abc import Iterator, Mapping

from portal.settings import variables
from portal.settings.environment import Variable


def lines(environ: Mapping[str, str] = os.environ) -> Iterator[str]:
    """Give one line for each variable: name, source, value; secrets are masked."""
    for one in variables.ALL:
        value = one.shown(environ) or (f"({one.default_doc.replace('`', '')})" if one.default_doc else "")
        yield f"{one.name:34}{one.source(environ):13}{value}".rstrip()


def table() -> str:
    """Give the variables as a Markdown table."""
    rows = [f"| `{one.name}` | {one.doc} | {_default(one)} |" for one in variables.ALL]
    return "\n".join(["| name | what it sets | default |", "| --- | --- | --- |", *rows])


def _default(one: Variable[object]) -> str:
    if not one.production_default:
        return "**required**"
    shown = one.default_doc or (f"`{one.default}`" if one.default else "")
    return f"{shown}{' · ' if shown else ''}secret" if one.secret else shown
