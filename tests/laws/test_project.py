"""Django's own state: migrations complete and in one line, nothing installed that writes without a command."""

import io

import pytest
from django.apps import apps
from django.conf import settings
from django.core import management
from django.db import connection
from django.db.migrations import loader

from tests.laws import code


@pytest.mark.django_db
def test_every_model_change_has_a_migration() -> None:
    output = io.StringIO()
    try:
        management.call_command("makemigrations", check=True, dry_run=True, stdout=output, verbosity=1)
    except SystemExit:
        pytest.fail(output.getvalue())


@pytest.mark.django_db
def test_each_app_has_one_latest_migration() -> None:
    graph = loader.MigrationLoader(connection)
    heads = {label: graph.graph.leaf_nodes(label) for label in code.LAYERS}
    assert {label: nodes for label, nodes in heads.items() if len(nodes) > 1} == {}


def test_django_admin_and_atomic_requests_are_off() -> None:
    assert not apps.is_installed("django.contrib.admin")
    assert not any(database["ATOMIC_REQUESTS"] for database in settings.DATABASES.values())


def test_lock_files_name_versions_and_hashes_and_no_address() -> None:
    """An address ties the installation to one server; the client of each registry knows its own."""
    root = settings.BASE_DIR
    npm = [*root.glob("tests/peers/*/package-lock.json"), *root.glob("bench/*/package-lock.json")]
    locks = [*root.glob("requirements/*.txt"), *npm]
    assert len(locks) == 6
    assert [str(path.relative_to(root)) for path in locks if "://" in path.read_text(encoding="utf-8")] == []
