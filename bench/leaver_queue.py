"""(b2) The same leavers while 10,000 accounts wait to be updated, as after a change of the catalogue: they overtake.

The quiet figures of the same run stand beside, so that the ratio of the two says what the queue costs.
"""

import psycopg

from bench import baseline, database, leaver
from bench.setup import installed

QUIET, BUSY = 60, 60
ORGANIZATIONS, PEOPLE = 300, 100
"""30,000 people, each with an account that waits: more than 10,000 must be left at the end."""


def run() -> None:
    """Print the figures of `leaver`, without and with the queue, and how many accounts waited before and after."""
    with (
        installed(QUIET + BUSY + leaver.WARM) as (installation, people),
        baseline.BareCalls.started() as other,
    ):
        from tests.scale import crowd

        leaver.warm_up(installation, people[: leaver.WARM], other)
        quiet, busy = people[leaver.WARM :][:QUIET], people[leaver.WARM :][QUIET:]
        leaver.measure(installation, quiet, other, name="leaver_quiet")
        with psycopg.connect(installation.owner_url, autocommit=True) as owner:
            crowd.fill(owner, organizations=ORGANIZATIONS, people=PEOPLE, due=crowd.CRM_IS_DUE)
        before = _waiting()
        leaver.measure(installation, busy, other, name="leaver_queue")
        database.emit("leaver_queue.waiting", before=before, after=_waiting(), aim=10_000)


def _waiting() -> int:
    from provisioning.accounts.models import Account

    return Account.objects.filter(due_at__isnull=False).count()
