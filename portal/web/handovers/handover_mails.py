"""The giver and the successor are mailed what was done and what waits for them."""

import datetime as dt
import uuid
from collections.abc import Callable, Sequence

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from delegation.handovers import queries
from delegation.handovers.queries import HandoverView
from identity.organizations import queries as organizations_queries
from portal.http import languages
from portal.shell.page_context import PageContext
from portal.wording import brands, time_zones
from provisioning import failed_rows
from provisioning.mail import queue, reminders
from provisioning.mail.queue import Draft

PURPOSE, REMINDER = "handover", "handover_reminder"
"""Purposes."""
_AFTER = dt.timedelta(days=3)
"""A handover that waits has a reminder after each of these."""
Words = Callable[[HandoverView], str]


def queue_opened(page: PageContext, handover: uuid.UUID) -> None:
    """Queue the mail that asks a colleague to take over."""
    view = queries.get(organization=page.organization_id, handover=handover, user=page.viewer.id, at=page.at)
    queue.queue_all(_to_successor(view, PURPOSE))


def queue_answered(page: PageContext, view: HandoverView, *, accepted: bool) -> None:
    """Queue the mail about the answer to the other of the two."""
    is_giver = view.giver.user_id == page.viewer.id
    if accepted:
        drafts = _to_giver(view, PURPOSE, _accepted)
    elif is_giver:
        drafts = _mail(view, PURPOSE, view.successor and view.successor.user, _cancelled)
    else:
        drafts = _to_giver(view, PURPOSE, _declined)
    queue.queue_all(drafts)


def queue_completed(view: HandoverView) -> None:
    """Queue the mails that the handover is completed."""
    drafts = _to_giver(view, PURPOSE, _completed)
    queue.queue_all([*drafts, *_mail(view, PURPOSE, view.successor and view.successor.user, _completed)])


def queue_due(at: dt.datetime) -> int:
    """Queue a reminder for each handover that waits, to the one it waits for. Returns how many."""
    notified = queue.subjects_since(purpose=REMINDER, since=at - _AFTER)
    due = queries.due_for_reminder(at=at, after=_AFTER, notified=notified)
    return failed_rows.in_halves(due, _queue_reminders, event="reminder.failed")


def _queue_reminders(due: Sequence[HandoverView]) -> int:
    drafts: list[Draft] = []
    for one in due:
        is_ready = one.is_accepted and one.is_able
        drafts += _to_giver(one, REMINDER, _ready) if is_ready else _to_successor(one, REMINDER)
    queue.queue_all(drafts)
    return len(drafts)


def _accepted(view: HandoverView) -> str:
    return _("%(name)s has accepted to take over. Complete the handover when you are ready.") % {
        "name": view.successor_name
    }


def _declined(view: HandoverView) -> str:
    return _("%(name)s does not take over. Nothing has changed. Choose another person.") % {
        "name": view.successor_name
    }


def _cancelled(view: HandoverView) -> str:
    return _("%(name)s has cancelled the handover. Nothing has changed.") % {"name": view.giver.shown_name}


def _completed(view: HandoverView) -> str:
    names = {"giver": view.giver.shown_name, "name": view.successor_name}
    return _("%(giver)s has handed over to %(name)s. %(name)s is an admin now.") % names


_OVER = (_declined, _cancelled, _completed)
"""What says that the handover has ended."""


def _ready(view: HandoverView) -> str:
    return _("%(name)s is ready to take over. The handover waits for you.") % {"name": view.successor_name}


def _asked(view: HandoverView) -> str:
    names = {"name": view.giver.shown_name}
    return _("%(name)s asks you to take over as an admin. Nothing changes before you accept.") % names


def _to_giver(view: HandoverView, purpose: str, words: Words) -> list[Draft]:
    return _mail(view, purpose, view.giver.user, words)


def _to_successor(view: HandoverView, purpose: str) -> list[Draft]:
    """Return the mail to the successor; none to an invited person who has not joined, who has the invitation's."""
    return _mail(view, purpose, view.successor and view.successor.user, _asked)


def _mail(view: HandoverView, purpose: str, user: object, words: Words) -> list[Draft]:
    email, code = getattr(user, "email", ""), getattr(user, "language", "")
    if not email:
        return []
    organization = organizations_queries.get(organization=view.organization)
    language = languages.first_supported((code,)) or settings.LANGUAGE_CODE
    with override(language):
        url = settings.ISSUER + _path(view, organization.key, words)
        zone = time_zones.first_known(organization.time_zone)
        until = _("The handover ends by itself: %(when)s.") % {
            "when": time_zones.date_time_with_zone(view.ends_at, zone)
        }
        subject = _("Handover at %(organization)s") % {"organization": organization.name}
        return [
            Draft(
                to=email,
                subject=f"{brands.brand()['name']}: {subject}",
                text=f"{words(view)}\n{'' if words in _OVER else until}\n\n{url}\n",
                purpose=purpose,
                language=language,
                about=view.id,
                organization=view.organization,
            )
        ]


def _path(view: HandoverView, organization: str, words: Words) -> str:
    """Lead a giver who has only the last step left right to it; another sees the steps that are left."""
    if view.is_able and words in (_accepted, _ready):
        return reverse("handover_complete", kwargs={"organization": organization, "handover": view.id})
    return reverse("handover", kwargs={"organization": organization})


reminders.register(queue_due)
