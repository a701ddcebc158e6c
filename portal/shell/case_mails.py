"""Mails of a case of a missing admin have links; a link changes nothing until its page's button is pressed."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from delegation.orphan_cases import addressees, case_views, letters, request_retention
from delegation.orphan_cases.case_views import CAUSE, CaseView
from delegation.orphan_cases.commands.evidence import LetterSent
from portal.http import languages
from portal.wording import brands, time_zones
from provisioning.mail import queue, reminders
from provisioning.mail.queue import Draft

NOTICE, QUESTION, REQUEST, CLOSED = "orphan_notice", "orphan_question", "orphan_request", "orphan_closed"
"""Purposes."""
Words = Callable[[str, bool], tuple[str, str]]
"""The subject and the text with this address, in the active language; the second value: for one who was an admin."""


@dataclass(frozen=True, slots=True)
class LetterCase:
    """Holds what the mails of a case say: the customer, the person named, and when the time for objections ends."""

    id: uuid.UUID
    organization: uuid.UUID
    customer: str
    person: str
    ends: str
    language: str
    """Of the customer, for those whose own one is not known."""
    is_claim: bool
    """Whether the case rests on admins who did not answer: one who signs in stops it."""

    @property
    def ground(self) -> str:
        """Return the sentence that says why there is a case."""
        text = _("%(customer)s has no admin who can sign in.")
        if self.is_claim:
            text = _(
                "No admin of %(customer)s has answered a colleague’s question in time, or signed in since."
            )
        return text % {"customer": self.customer}


def queue_notices(*, organization: uuid.UUID, case: uuid.UUID, sent: Sequence[LetterSent]) -> int:
    """Queue a mail to each recipient of a notice about the proposed admin. Returns how many."""
    found = _case(organization, case)

    def words(url: str, is_admin: bool) -> tuple[str, str]:  # noqa: FBT001 - a callback
        values = {"customer": found.customer, "person": found.person, "ends": found.ends}
        subject = _("A new admin of %(customer)s is proposed")
        text = _(
            "Customer service proposes %(person)s as the new admin, who will be able to manage people and access. "
            "Proofs were checked."
        )
        if found.is_claim and is_admin:
            text += "\n\n" + _("If you are still an admin, sign in: the case then goes no further.")
        object_to = _(
            "If this is wrong, object by %(ends)s: open this page and press “Object”. Customer service then decides. "
            "If it is right, you do not need to do anything."
        )
        return subject % values, f"{found.ground} {text % values}\n\n{object_to % values}\n{url}"

    return _queue(found, NOTICE, sent, words)


def queue_question(*, organization: uuid.UUID, case: uuid.UUID, sent: LetterSent) -> int:
    """Queue the mail with a question to a colleague, an old admin or a contact. Returns how many."""
    found = _case(organization, case)

    def words(url: str, _is_admin: bool) -> tuple[str, str]:  # noqa: FBT001 - a callback
        values = {"customer": found.customer, "person": found.person}
        subject = _("Should %(person)s be the admin of %(customer)s?")
        text = _(
            "%(person)s asks to become the admin, who manages people and access. Do you know this person, and is it "
            "right? Answer at this page:"
        )
        return subject % values, f"{found.ground} {text % values}\n{url}"

    return _queue(found, QUESTION, [sent], words)


def queue_request(*, link: str, email: str, language: str) -> None:
    """Queue the mail that confirms the address of a stranger; it repeats nothing that the stranger entered."""
    url = settings.ISSUER + reverse("case_confirm", args=[link])
    language = _supported(language)
    with override(language):
        subject = _("Confirm your e-mail address")
        text = _(
            "This address was entered in a request to become the admin of a company. Confirm it within 24 hours, at "
            "this page:"
        )
        stop = _("If you did not ask for this, do nothing. Nothing happens then.")
        queue.queue(_draft(REQUEST, email, language, subject, f"{text}\n{url}\n\n{stop}"))


def queue_closed(at: dt.datetime) -> int:
    """Queue a mail to each person whose request ended without success, once. Returns how many.

    It says the same for any company, and names none.
    """
    known = queue.subjects_since(purpose=CLOSED, since=at - 2 * request_retention.MAILED_WITHIN)
    drafts = []
    for row in request_retention.ended_without_success(at=at, besides=known):
        language = _supported(row.language)
        with override(language):
            text = _(
                "Your request to become the admin of a company is closed. You do not become the admin by it. An "
                "invitation that you may have got for it does not work any more. If the company has an admin, ask "
                "the admin for access."
            )
            draft = _draft(CLOSED, row.email, language, _("Your request is closed"), text)
        drafts.append(dataclasses.replace(draft, about=row.id))
    return len(queue.queue_all(drafts))


def is_notified(case: CaseView) -> bool:
    """Return whether a notice of the present proposal was mailed, or a letter by post noted. Three statements.

    Mails are deleted after 90 days: what was queued before that is not known any more, and does not count.
    """
    notices = list(letters.notices_of_proposal(case.row).values_list("id", flat=True))
    since = (case.row.proposed_at or case.row.opened_at) - dt.timedelta(minutes=1)
    return letters.was_posted(case.row) or bool(
        queue.queued_about(purpose=NOTICE, about=notices, since=since)
    )


def _case(organization: uuid.UUID, case: uuid.UUID) -> LetterCase:
    row = case_views.row_of(organization=organization, case=case)
    zone = time_zones.first_known(row.organization.time_zone)
    ends = time_zones.date_time_with_zone(row.waits_until, zone) if row.waits_until else ""
    organization_language = row.organization.language
    return LetterCase(
        row.id,
        row.organization_id,
        row.organization.name,
        row.name,
        ends,
        organization_language,
        row.cause == CAUSE.CLAIM,
    )


def _queue(found: LetterCase, purpose: str, sent: Sequence[LetterSent], words: Words) -> int:
    """Queue the mails: the bodies are written in each language, and stored by one statement."""
    to = addressees.of_letters(case=found.id, sent=[one.letter for one in sent])
    drafts = []
    for one in sent:
        if one.letter not in to:
            continue
        language = _supported(to[one.letter].language or found.language)
        with override(language):
            subject, text = words(
                settings.ISSUER + reverse("case_letter", args=[one.link]), to[one.letter].is_admin
            )
            draft = _draft(purpose, to[one.letter].email, language, subject, text)
        drafts.append(dataclasses.replace(draft, about=one.letter, organization=found.organization))
    return len(queue.queue_all(drafts))


def _supported(language: str) -> str:
    return languages.first_supported((language,)) or settings.LANGUAGE_CODE


def _draft(purpose: str, to: str, language: str, subject: str, text: str) -> Draft:
    brand = brands.brand()
    values = {"supplier": brand["name"], "phone": brand["phone"]}
    ask = _("If you have questions, call %(supplier)s: %(phone)s.") % values
    return Draft(
        to=to,
        subject=f"{brand['name']}: {subject}",
        text=f"{text}\n\n{ask}\n",
        purpose=purpose,
        language=language,
    )


reminders.register(queue_closed)
