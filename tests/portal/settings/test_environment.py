"""Environment variables: what each reader takes and refuses, unknown names, masked secrets, the documented table."""

import io
import pathlib
import re
from typing import Any

import pytest
from django.core import management
from django.core.exceptions import ImproperlyConfigured

from audit.foundation import key_files
from portal.settings import environment, environment_report, variables
from tests.fixtures.production import REQUIRED

ROOT = pathlib.Path(__file__).parents[3]
BRAND = str(ROOT / "demo" / "brand")
GOOD: list[tuple[str, str, object]] = [
    ("KEYHOLDER_ENV", "demo", "demo"),
    ("KEYHOLDER_ISSUER", "https://id.example.test:8443/", "https://id.example.test:8443"),
    ("KEYHOLDER_EXTRA_HOSTS", "a.example , b.example,", ["a.example", "b.example"]),
    ("KEYHOLDER_PROXIES", "2", 2),
    ("KEYHOLDER_SUPPORT", "09\N{NO-BREAK SPACE}000", "09\N{NO-BREAK SPACE}000"),
    ("KEYHOLDER_HOME", "/srv/keyholder", pathlib.Path("/srv/keyholder")),
    ("KEYHOLDER_KEYS", "", None),
    ("KEYHOLDER_KEYS", "/srv/keys", pathlib.Path("/srv/keys")),
    ("DATABASE_URL", "postgres://a:b%40c@localhost:5432/kh", "postgres://a:b%40c@localhost:5432/kh"),
    ("DATABASE_URL", "postgresql://127.0.0.2/kh", "postgresql://127.0.0.2/kh"),
    ("DATABASE_URL", "postgresql://[::1]/kh", "postgresql://[::1]/kh"),
    (
        "DATABASE_URL",
        "postgresql://db/kh?sslmode=verify-full&sslrootcert=/ca.pem",
        "postgresql://db/kh?sslmode=verify-full&sslrootcert=/ca.pem",
    ),
    ("OWNER_DATABASE_URL", "", ""),
    ("KEYHOLDER_DATABASE_POOL", "8", 8),
    ("KEYHOLDER_PREPARED", "0", False),
    ("KEYHOLDER_PREPARED", "", True),
    ("KEYHOLDER_BROKER_URL", "amqps://u:p@mq//", "amqps://u:p@mq//"),
    ("KEYHOLDER_BROKER_URL", "pgmq://u:p@db/jobs", "pgmq://u:p@db/jobs"),
    ("KEYHOLDER_MAIL_FROM", "id@acme.example", "id@acme.example"),
    ("KEYHOLDER_SMTP_PORT", "65535", 65535),
    ("KEYHOLDER_SMTP_TLS", "starttls", "starttls"),
    ("KEYHOLDER_ALLOWED_INTERNAL_HOSTS", "10.0.0.1:443,::1:80", ["10.0.0.1:443", "::1:80"]),
    ("KEYHOLDER_LOG_LEVEL", "ERROR", "ERROR"),
    ("KEYHOLDER_STAFF_ISSUER", "", ""),
    (
        "KEYHOLDER_STAFF_ISSUER",
        "https://login.acme.example/realms/staff",
        "https://login.acme.example/realms/staff",
    ),
    ("KEYHOLDER_STAFF_GROUPS", "", []),
    (
        "KEYHOLDER_STAFF_GROUPS",
        "support=/kh/support , owner=a=b,support=x y",
        [("support", "/kh/support"), ("owner", "a=b"), ("support", "x y")],
    ),
    ("KEYHOLDER_STAFF_ASSURANCE", "support=", [("support", "")]),
]
BAD = [
    ("KEYHOLDER_STAFF_ISSUER", "http://login.acme.example", "https:// in production"),
    ("KEYHOLDER_STAFF_GROUPS", "kh-support", "name=value"),
    ("KEYHOLDER_STAFF_GROUPS", "admin=kh-support", "names from support"),
    ("KEYHOLDER_STAFF_ALGORITHM", "HS256", "one of RS256"),
    ("KEYHOLDER_ENV", "prod", "one of production, demo, test"),
    ("KEYHOLDER_ISSUER", "http://id.example.test", "https:// in production"),
    ("KEYHOLDER_ISSUER", "ftp://id.example.test", "http:// or https://"),
    ("KEYHOLDER_ISSUER", "https://id.example.test:x", "valid host and port"),
    ("KEYHOLDER_ISSUER", "https://id.example.test/portal", "a host alone"),
    ("KEYHOLDER_ISSUER", "https://a@id.example.test", "a host alone"),
    ("KEYHOLDER_ISSUER", "https://", "followed by a host"),
    ("KEYHOLDER_ISSUER", "https:///path", "followed by a host"),
    ("KEYHOLDER_ISSUER", "https://:443", "a host alone"),
    ("KEYHOLDER_ISSUER", "https://id.example.test:", "a host alone"),
    ("KEYHOLDER_ISSUER", "https://id.example.test:0", "valid host and port"),
    ("KEYHOLDER_ISSUER", "https://id.example.test:65536", "valid host and port"),
    ("KEYHOLDER_ISSUER", "https://id.example.test?", "a host alone"),
    ("KEYHOLDER_ISSUER", "https://id.example.test/?next=1", "a host alone"),
    ("KEYHOLDER_ISSUER", "https://id.example.test#", "a host alone"),
    ("KEYHOLDER_ISSUER", "https://id.example.test//", "a host alone"),
    ("KEYHOLDER_ISSUER", "https://ID.example.test", "in lower case"),
    ("KEYHOLDER_ISSUER", "https://id.example.test\\@evil", "a host alone"),
    ("KEYHOLDER_ISSUER", "https://id_example", "a host alone"),
    ("KEYHOLDER_ISSUER", "https://*.example.test", "a host alone"),
    ("KEYHOLDER_ISSUER", " https://id.example.test", "spaces or quotes"),
    ("KEYHOLDER_ISSUER", '"https://id.example.test"', "spaces or quotes"),
    ("KEYHOLDER_SUPPLIER", "'Acme'", "spaces or quotes"),
    ("KEYHOLDER_SUPPLIER", "   ", "spaces or quotes"),
    ("KEYHOLDER_SMTP_PORT", "25 ", "spaces or quotes"),
    ("KEYHOLDER_HOME", "var", "an absolute path"),
    ("KEYHOLDER_KEYS", "keys", "an absolute path"),
    ("KEYHOLDER_CHECKPOINTS", "checkpoints", "an absolute path"),
    ("KEYHOLDER_BRAND", "demo/brand", "an absolute path"),
    ("KEYHOLDER_SMTP_HOST", "smtp://relay", "without a port"),
    ("KEYHOLDER_SMTP_HOST", "relay:25", "without a port"),
    ("KEYHOLDER_EXTRA_HOSTS", "a.example:443", "without a port"),
    ("KEYHOLDER_EXTRA_HOSTS", "*", "wildcard"),
    ("KEYHOLDER_EXTRA_HOSTS", "*.example", "wildcard"),
    ("KEYHOLDER_EXTRA_HOSTS", ".example", "wildcard"),
    ("KEYHOLDER_EXTRA_HOSTS", "A.example", "in lower case"),
    ("KEYHOLDER_EXTRA_HOSTS", "a b.example", "host names"),
    ("KEYHOLDER_EXTRA_HOSTS", "a.example,a.example", "each once"),
    ("KEYHOLDER_EXTRA_HOSTS", "https://a.example", "host names"),
    ("KEYHOLDER_PROXIES", "-1", "a whole number from 0 to 9"),
    ("KEYHOLDER_PROXIES", "10", "a whole number from 0 to 9"),
    ("KEYHOLDER_PROXIES", "²", "a whole number"),
    ("KEYHOLDER_SUPPLIER", "Acme\nBcc: a@b", "one line"),
    ("KEYHOLDER_BRAND", "/nowhere", "a folder with brand.css"),
    ("DATABASE_URL", "mysql://db/kh", "postgresql:// or postgres://"),
    ("DATABASE_URL", "postgresql://db/kh?sslmod=verify-full", "no other parameters than sslmode"),
    ("DATABASE_URL", "postgresql://db/kh?sslmode=disable&sslmode=verify-full", "each once"),
    ("DATABASE_URL", "postgresql://db/kh?host=other&sslmode=verify-full", "no other parameters"),
    ("DATABASE_URL", "postgresql://db/kh#x", "no other parameters"),
    ("DATABASE_URL", "sqlite:///kh.db", "postgresql:// or postgres://"),
    ("DATABASE_URL", "postgresql://localhost", "@host:5432/name"),
    ("DATABASE_URL", "postgresql://localhost/", "@host:5432/name"),
    ("DATABASE_URL", "postgresql://localhost/a/b", "@host:5432/name"),
    ("DATABASE_URL", "postgresql:///kh", "followed by a host"),
    ("DATABASE_URL", "postgresql://localhost:0/kh", "valid host and port"),
    ("DATABASE_URL", "postgresql://localhost:99999/kh", "valid host and port"),
    ("DATABASE_URL", "postgresql://localhost/kh?sslmode=yes", "sslmode is one of"),
    ("DATABASE_URL", "postgresql://localhost/k h", "valid host and port"),
    ("DATABASE_URL", "postgresql://db/kh", "sslmode=verify-full"),
    ("DATABASE_URL", "postgresql://db/kh?sslmode=require", "sslmode=verify-full"),
    ("DATABASE_URL", "postgresql://127.0.0.1.example/kh", "sslmode=verify-full"),
    ("OWNER_DATABASE_URL", "postgresql://10.0.0.5/kh", "sslmode=verify-full"),
    ("KEYHOLDER_DATABASE_POOL", "1.5", "a whole number"),
    ("KEYHOLDER_PREPARED", "no", "1 or 0"),
    ("KEYHOLDER_BROKER_URL", "redis://cache/1", "pgmq:// or amqp:// or amqps://"),
    ("KEYHOLDER_BROKER_URL", "sqs://", "pgmq://"),
    ("KEYHOLDER_BROKER_URL", "amqp://", "followed by a host"),
    ("KEYHOLDER_MAIL_FROM", "Acme", "a mail address"),
    ("KEYHOLDER_MAIL_FROM", "Acme <id@acme.example>\r\nBcc: x@y.z", "one line"),
    ("KEYHOLDER_SMTP_PORT", "0", "from 1 to 65535"),
    ("KEYHOLDER_SMTP_TLS", "ssl", "one of none, starttls, tls"),
    ("KEYHOLDER_ALLOWED_INTERNAL_HOSTS", "10.0.0.1", "host:port"),
    ("KEYHOLDER_ALLOWED_INTERNAL_HOSTS", "10.0.0.0/8:443", "host:port"),
    ("KEYHOLDER_ALLOWED_INTERNAL_HOSTS", "10.0.0.1:0", "from 1 to 65535"),
    ("KEYHOLDER_ALLOWED_INTERNAL_HOSTS", "10.0.0.1:65536", "from 1 to 65535"),
    ("KEYHOLDER_ALLOWED_INTERNAL_HOSTS", "10.0.0.1:443,10.0.0.1:443", "each once"),
    ("KEYHOLDER_LOG_LEVEL", "loud", "one of DEBUG"),
]
SECRETS = {
    "DATABASE_URL": "postgresql://app:s3cret-1@db/kh",
    "OWNER_DATABASE_URL": "postgresql://own:s3cret@2@db/kh",
    "KEYHOLDER_BROKER_URL": "amqp://a:s3cret-5@one//;amqp://b:s3cret-6@two//",
    "KEYHOLDER_SMTP_PASSWORD": "s3cret-7",
    "KEYHOLDER_METRICS_TOKEN": "s3cret-8",
}


def variable(name: str) -> environment.Variable[object]:
    return next(one for one in variables.ALL if one.name == name)


@pytest.mark.parametrize(("name", "text", "value"), GOOD)
def test_variable_with_valid_text_gives_its_typed_value(name: str, text: str, value: object) -> None:
    assert variable(name).value(REQUIRED | {name: text}) == value


@pytest.mark.parametrize(("name", "text", "allowed"), BAD)
def test_variable_with_invalid_text_names_the_allowed_values(name: str, text: str, allowed: str) -> None:
    found = environment.problems(variables.ALL, REQUIRED | {name: text})
    assert len(found) == 1
    assert found[0].startswith(name)
    assert allowed in found[0]
    with pytest.raises(ImproperlyConfigured, match=re.escape(allowed)):
        variable(name).value(REQUIRED | {name: text})


def test_every_variable_is_declared_once_with_one_line_of_documentation() -> None:
    names = [one.name for one in variables.ALL]
    assert len(set(names)) == len(names)
    assert [one.name for one in variables.ALL if not one.doc.endswith(".") or "\n" in one.doc] == []


def test_production_without_required_variables_names_each_of_them() -> None:
    found = environment.problems(variables.ALL, {})
    assert {problem.partition(" ")[0] for problem in found} == set(REQUIRED)
    assert environment.problems(variables.ALL, REQUIRED) == []
    assert environment.problems(variables.ALL, {"KEYHOLDER_ENV": "test"}) == []


@pytest.mark.parametrize("name", ["KEYHOLDER_METRICS_TOKEN", "DATABASE_URL"])
def test_value_that_still_holds_the_examples_password_is_refused_in_production(name: str) -> None:
    examples = (ROOT / "deploy" / "keyholder.env").read_text("utf-8")
    (value,) = re.findall(f"^{name}='(.*)'$", examples, re.MULTILINE)
    (problem,) = environment.problems(variables.ALL, REQUIRED | {name: value})
    assert problem == f"{name} still holds the example's CHANGE-ME. Replace it."
    assert environment.problems(variables.ALL, {"KEYHOLDER_ENV": "test", name: value}) == []


def test_misspelt_environment_follows_the_rules_of_production() -> None:
    found = environment.problems(variables.ALL, {"KEYHOLDER_ENV": "tset"})
    assert {problem.partition(" ")[0] for problem in found} == {"KEYHOLDER_ENV", *REQUIRED}


def test_all_problems_are_reported_at_once() -> None:
    environ = REQUIRED | {"KEYHOLDER_ISUER": "x", "KEYHOLDER_SMTP_PORT": "x", "KEYHOLDER_SMTP_TLS": "x"}
    with pytest.raises(ImproperlyConfigured) as raised:
        environment.require_valid(variables.ALL, environ)
    assert str(raised.value).splitlines() == [
        "The environment is not usable:",
        "KEYHOLDER_ISUER is not a known variable. The nearest known name is KEYHOLDER_ISSUER.",
        "KEYHOLDER_SMTP_PORT is 'x'; it must be a whole number from 1 to 65535.",
        "KEYHOLDER_SMTP_TLS is 'x'; it must be one of none, starttls, tls.",
    ]


def test_names_of_the_test_suite_and_of_other_programs_are_not_refused() -> None:
    assert (
        environment.problems(variables.ALL, REQUIRED | {"KEYHOLDER_TEST_RUN": "x", "KEYHOLDERS": "x"}) == []
    )


@pytest.mark.parametrize("name", SECRETS)
def test_refused_secret_does_not_appear_in_the_message(name: str) -> None:
    found = environment.problems(
        variables.ALL, REQUIRED | {name: f"{SECRETS[name]}\x07", "KEYHOLDER_X": "s3cret"}
    )
    assert "s3cret" not in "".join(found)


def test_report_masks_every_secret_and_shows_the_rest() -> None:
    shown = "\n".join(environment_report.lines(REQUIRED | SECRETS))
    assert "s3cret" not in shown
    assert "postgresql://app:********@db/kh" in shown
    assert "amqp://a:********@one//;amqp://b:********@two//" in shown
    assert re.search(r"^KEYHOLDER_SUPPLIER +environment +Acme Oy$", shown, re.MULTILINE)
    assert re.search(r"^KEYHOLDER_SMTP_PORT +default +25$", shown, re.MULTILINE)
    assert len(shown.splitlines()) == len(variables.ALL)


@pytest.mark.parametrize(
    "toml", ["accent = 1", 'accent = "#0b5563"', 'accent = "red"\non_accent = "#ffffff"', "accent ="]
)
def test_brand_with_wrong_colors_is_refused(tmp_path: pathlib.Path, toml: str) -> None:
    for name in ("brand.css", "brand.svg"):
        (tmp_path / name).touch()
    (tmp_path / "brand.toml").write_text(toml)
    assert "brand.toml" in variables.BRAND.problem({"KEYHOLDER_BRAND": str(tmp_path)})


def test_brand_folder_gives_static_files_and_mail_colors() -> None:
    found = variables.BRAND.value({"KEYHOLDER_BRAND": BRAND})
    assert found.to_setting() == {
        "stylesheet": "brand/brand.css", "mark": "brand/brand.svg", "accent": "#0b5563", "on_accent": "#ffffff",
    }  # fmt: skip


def test_documented_table_equals_the_declarations() -> None:
    text = (ROOT / "docs" / "running.md").read_text(encoding="utf-8")
    assert environment_report.table() in text, (
        "Put the output of `manage.py config table` into docs/running.md."
    )


def test_config_commands_print_the_report_and_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    def printed(what: str) -> str:
        out = io.StringIO()
        management.call_command("config", what, stdout=out)
        return out.getvalue()

    monkeypatch.setenv("KEYHOLDER_METRICS_TOKEN", "s3cret")
    assert "KEYHOLDER_METRICS_TOKEN" in printed("show")
    assert "s3cret" not in printed("show")
    assert printed("table").strip() == environment_report.table()


def test_missing_key_file_names_the_command_when_it_is_used(settings: Any, tmp_path: pathlib.Path) -> None:
    settings.KEYS_FOLDER = tmp_path
    with pytest.raises(key_files.MissingKey, match=r"manage\.py keys make"):
        key_files.current(folder=tmp_path, purpose="pepper")
    with pytest.raises(management.CommandError, match=r"manage\.py keys make"):
        management.call_command("keys", "show")
