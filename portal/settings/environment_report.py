"""`manage.py config` and the table in docs/running.md get these reports of the environment."""

import os
from collections.abc import Iterator, Mapping

from portal.settings import variables
from portal.settings.environment import Variable


def lines(environ: Mapping[str, str] = os.environ) -> Iterator[str]:
    """Return one line for each variable: name, source, value; secrets are masked."""
    for variable in variables.ALL:
        default = f"({variable.default_doc.replace('`', '')})" if variable.default_doc else ""
        value = variable.masked(environ) or default
        yield f"{variable.name:34}{variable.source(environ):13}{value}".rstrip()


def table() -> str:
    """Return the variables as a Markdown table."""
    rows = [f"| `{variable.name}` | {variable.doc} | {_default(variable)} |" for variable in variables.ALL]
    return "\n".join(["| name | meaning | default |", "| --- | --- | --- |", *rows])


def _default(variable: Variable[object]) -> str:
    if not variable.production_default:
        return "**required**"
    default = variable.default_doc or (f"`{variable.default}`" if variable.default else "")
    return f"{default}{' · ' if default else ''}secret" if variable.secret else default
