"""A plugin of pytest that puts one mutant in the place of what it changes: a module, or a part of the database.

The module is compiled from the mutant's text when it is imported; the file and its compiled form stay as they are.
"""

import importlib.machinery
import json
import os
import pathlib
from types import CodeType

import psycopg
import pytest

from tests.mutation import areas

_mutant: dict[str, str] = json.loads(pathlib.Path(os.environ[areas.MUTANT]).read_text(encoding="utf-8"))
_compiled = importlib.machinery.SourceFileLoader.get_code


def _get_code(self: importlib.machinery.SourceFileLoader, fullname: str) -> CodeType | None:
    path = self.get_filename(fullname)
    if pathlib.Path(path) == areas.ROOT / _mutant["path"]:
        return compile(_mutant["text"], path, "exec", dont_inherit=True)
    return _compiled(self, fullname)


importlib.machinery.SourceFileLoader.get_code = _get_code  # type: ignore[assignment, method-assign]


@pytest.fixture(scope="session", autouse=True)
def _mutated_database(database_urls: dict[str, str]) -> None:
    if not _mutant["path"].endswith(".py"):
        with psycopg.connect(database_urls["postgres"], autocommit=True) as connection:
            connection.execute(_mutant["text"].encode())
