"""A crowd of organizations and people beside the cast, as many as a test or a bench needs."""

import pathlib
import string

import psycopg

from identity.clients.models import Application
from provisioning.targets import commands as targets_commands
from tests.fixtures.world import World

_SQL = string.Template((pathlib.Path(__file__).parent / "crowd.sql").read_text(encoding="utf-8"))
CRM_IS_DUE = "CASE WHEN p.key = 'crm' THEN at END"
"""Its accounts wait to be updated, as after a change of the catalogue."""
NOTHING_IS_DUE = "NULL"


def register_targets(world: World, *keys: str) -> None:
    """Connect these applications, so that people have accounts in them."""
    for key in keys:
        targets_commands.register(
            actor=world.system,
            application=Application.objects.get(key=key),
            base_url=f"https://{key}.example.test/scim",
            token="t",
        )


def fill(owner: psycopg.Connection, *, organizations: int, people: int, due: str) -> None:
    """Write them past the triggers and gather statistics; `people` are those of one organization.

    The connection is the owner's and commits by itself.
    """
    text = _SQL.substitute(organizations=organizations, people=people, due=due)
    with owner.transaction():
        owner.execute("SET LOCAL session_replication_role = replica")
        owner.execute(text.encode())
    owner.execute("VACUUM ANALYZE")
