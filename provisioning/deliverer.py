"""The deliverer runs the delivery engine with every kind of delivery. A new kind is registered here."""

from provisioning import (
    access_reviews,
    admin_cases,
    catalogue_waves,
    continuity_watch,
    due_removals,
    log_exports,
    suspension_ends,
)
from provisioning.accounts import planner
from provisioning.accounts.delivery import AccountDeliveries
from provisioning.delivery.engine import Engine
from provisioning.http.pool import Pool
from provisioning.logout.delivery import LogoutDeliveries
from provisioning.logout.ended_access import EndedAccessWatch
from provisioning.mail.delivery import MailDeliveries
from provisioning.mail.reminders import Reminders
from provisioning.removals import late_confirmations
from provisioning.targets import exchanges


def create() -> Engine:
    """Create an engine, which is not running yet."""
    pool = Pool()
    # Logouts come first: each is one small call and closes open pages.
    kinds = (LogoutDeliveries(pool=pool), AccountDeliveries(pool=pool), MailDeliveries())
    return Engine(
        kinds=kinds,
        planner=planner,
        on_stop=pool.close,
        # A removal that is due comes before the watch: its act is then the cause of the logouts.
        chores=(
            due_removals.carry_out,
            EndedAccessWatch(),
            Reminders(),
            late_confirmations.examine_due,
            catalogue_waves.propagate,
            suspension_ends.resume_due,
            admin_cases.AdminCases(),
            continuity_watch.GradeWatch(),
            access_reviews.AccessReviews(),
            log_exports.compute,
            exchanges.store,
        ),
    )
