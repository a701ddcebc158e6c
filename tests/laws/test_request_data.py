"""Text of a request is parsed by `portal.http.request_data` and `portal.oidc.parameters` alone."""

import ast

import pytest

from tests.laws import code

PARSERS = {
    "a2b_base64",
    "b64decode",
    "JSONDecoder",
    "JSONField",
    "parse_qs",
    "parse_qsl",
    "raw_decode",
    "urlparse",
    "urlsafe_b64decode",
    "urlsplit",
}
READERS = {"portal/http/request_data.py", "portal/oidc/parameters.py"}
OWN_TEXT = {
    "portal/embedded_postgres/server.py": "its own file",
    "portal/jobs/": "messages of the job queue, with limits of its own",
    "portal/operations/authenticated_cache.py": "its own values, by their MAC",
    "portal/operations/archive.py": "a backup, whose files are compared with its manifest",
    "portal/operations/counter_files.py": "files of its own servers",
    "portal/operations/shared_cache.py": "its own table",
    "portal/settings/": "the environment",
    "portal/signin/customers/authenticator_apps.py": "secrets that it encrypted",
    "portal/signin/customers/new_codes.py": "codes that it encrypted",
}
"""Modules that parse text which no request brings, with what they parse."""


def parsers(module: code.Module) -> list[str]:
    if module.name in READERS or module.name.startswith(tuple(OWN_TEXT)):
        return []
    return [
        f"{module.name}:{call.lineno}"
        for call in code.calls(module.tree)
        if _parses(call) and not _of_settings(call)
    ]


def _parses(call: ast.Call) -> bool:
    name = code.called(call)
    return name in PARSERS or (name in {"load", "loads"} and code.root(call.func) == "json")


def _of_settings(call: ast.Call) -> bool:
    return len(call.args) == 1 and code.root(call.args[0]) == "settings"


def test_request_data_is_parsed_by_the_readers_alone() -> None:
    assert code.violations(parsers, code.modules("portal")) == []


def test_every_exception_still_parses_something() -> None:
    for name in OWN_TEXT:
        modules = [
            code.Module("portal/x.py", one.source)
            for one in code.modules("portal")
            if one.name.startswith(name)
        ]
        assert code.violations(parsers, modules), name


@pytest.mark.parametrize(
    "bad",
    [
        "import json\njson.loads(request.body)",
        "from urllib.parse import urlsplit\nurlsplit(request.headers['Referer'])",
        "parse.parse_qs(request.META['QUERY_STRING'])",
        "forms.JSONField()",
        "base64.b64decode(header)",
    ],
)
def test_parsing_in_a_view_is_reported(bad: str) -> None:
    assert parsers(code.Module("portal/web/bad.py", bad))
    assert not parsers(code.Module("portal/http/request_data.py", bad))
