"""Those who have lines of a review to answer are mailed at its start and at each of two reminders."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from delegation.catalogue import display_names
from delegation.reviews import queries
from delegation.reviews.queries import AskedReviewer
from identity.organizations import queries as organizations_queries
from identity.organizations.queries import OrganizationView
from portal.http import languages
from portal.shell import review_lines
from portal.wording import brands, dates, time_zones
from portal.wording import reviews as review_words
from provisioning import failed_rows
from provisioning.mail import queue, reminders
from provisioning.mail.queue import Draft


@dataclass(frozen=True, slots=True)
class Lowest:
    """Holds the key of the tier to which silence lowers, and the names of the tiers."""

    key: str
    tiers: Mapping[str, Mapping[str, str]]

    def name(self) -> str:
        """Return its name in the present language; empty where the catalogue has none."""
        return review_words.in_language(self.tiers[self.key]) if self.key in self.tiers else ""


PURPOSES = ("review_started", "review_first_reminder", "review_second_reminder")
"""Purposes, by the number of reminders so far."""


def queue_due(at: dt.datetime) -> int:
    """Queue the mails of each open review at its present step, once. Returns how many.

    A review whose mails cannot be written holds up no other. Two statements where no mail is due, one without a review.
    """
    number, lowest = 0, cache(lambda: Lowest(queries.lowest_key(at=at), display_names.tiers()))
    for batch in queries.open_reviews():
        for step, purpose in enumerate(PURPOSES):
            of_step = [one for one in batch if one.warnings == step]
            since = min((one.started_at for one in of_step), default=at)
            known = queue.queued_about(purpose=purpose, about=[one.id for one in of_step], since=since)
            due = [one for one in of_step if one.id not in known]
            if due:
                write = partial(_queue, purpose=purpose, lowest=lowest(), at=at)
                number += failed_rows.in_halves(due, write, event="review_mail.failed")
    return number


def _queue(reviews: Sequence[queries.ReadReview], *, purpose: str, lowest: Lowest, at: dt.datetime) -> int:
    drafts = [draft for review in reviews for draft in _mails(review, purpose, lowest, at)]
    return len(queue.queue_all(drafts))


def _mails(review: queries.ReadReview, purpose: str, lowest: Lowest, at: dt.datetime) -> list[Draft]:
    asked = queries.waiting_reviewers(review, at=at)
    if not asked:
        return []
    organization = organizations_queries.get(organization=review.organization_id)
    return [_mail(review, to, organization, purpose, lowest, at) for to in asked]


def _mail(
    review: queries.ReadReview,
    to: AskedReviewer,
    organization: OrganizationView,
    purpose: str,
    lowest: Lowest,
    at: dt.datetime,
) -> Draft:
    language = languages.first_supported((to.language,)) or settings.LANGUAGE_CODE
    with override(language):
        clock = dates.Clock(at, time_zones.first_known(organization.time_zone))
        url = settings.ISSUER + reverse(
            "review", kwargs={"organization": organization.key, "review": review.id}
        )
        paragraphs = [f"{organization.name}: {_waiting(to.lines)}", _terms(review, lowest, clock), url]
        return Draft(
            to=to.email,
            subject=f"{brands.brand()['name']}: {review_lines.title_of(review)}",
            text="\n\n".join(paragraphs) + "\n",
            purpose=purpose,
            language=language,
            about=review.id,
            organization=review.organization_id,
        )


def _waiting(lines: int) -> str:
    text = ngettext(
        "%(number)d line of an access review waits for your answer.",
        "%(number)d lines of an access review wait for your answer.",
        lines,
    )
    return text % {"number": lines}


def _terms(review: queries.ReadReview, lowest: Lowest, clock: dates.Clock) -> str:
    """Say until when to answer, what silence does, and how many reminders are to come."""
    answer = _("Answer by %(day)s, or %(outcome)s.") % {
        "day": clock.last_day(review.due_at),
        "outcome": review_words.silence(review.silence, tier=lowest.name()),
    }
    coming = (_("You are reminded twice."), _("One reminder follows."), _("This is the last reminder."))
    return f"{answer} {coming[review.warnings]}"


reminders.register(queue_due)
