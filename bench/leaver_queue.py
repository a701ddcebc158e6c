"""(b2) Leavers while 10,000 accounts wait to be updated, as after a change of the catalogue: removals overtake.

Both halves run among the same 30,000 other people, so that the ratio of the two is what the queue costs.
"""

import statistics

import psycopg

from bench import baseline, database, leaver
from bench.setup import installed

HALF = 60
ORGANIZATIONS, PEOPLE, WAITING = 300, 100, 10_000
_QUEUE = """
UPDATE provisioning_account SET due_at = now(), state = 'updating', generation = generation + 1
WHERE due_at IS NULL AND target_id = (
    SELECT t.id FROM provisioning_target t JOIN identity_application a ON a.id = t.application_id WHERE a.key = 'crm')
"""


def run() -> None:
    """Print the figures of `leaver`, quiet and with the queue, their ratio, and how many accounts waited.

    Raises RuntimeError where fewer than 10,000 are left at the end: then the figures are of a shorter queue.
    """
    with installed(2 * HALF + leaver.WARM) as (installation, people), baseline.BareCalls.started() as other:
        from tests.scale import crowd

        with psycopg.connect(installation.owner_url, autocommit=True) as owner:
            crowd.fill(owner, organizations=ORGANIZATIONS, people=PEOPLE, due=crowd.NOTHING_IS_DUE)
            leaver.warm_up(installation, people[: leaver.WARM], other)
            quiet, busy = people[leaver.WARM :][:HALF], people[leaver.WARM :][HALF:]
            before = leaver.measure(installation, quiet, other, name="leaver_quiet")
            with owner.transaction():
                owner.execute("SET LOCAL session_replication_role = replica")
                owner.execute(_QUEUE)
        waiting = _waiting()
        after = leaver.measure(installation, busy, other, name="leaver_queue")
        left = _waiting()
        ratio = round(statistics.median(after) / statistics.median(before), 2)
        database.emit("leaver_queue.ratio_to_quiet", p50=ratio, waiting_before=waiting, waiting_after=left)
        if left < WAITING:
            message = f"only {left} accounts wait at the end"
            raise RuntimeError(message)


def _waiting() -> int:
    from provisioning.accounts.models import Account

    return Account.objects.filter(due_at__isnull=False).count()
