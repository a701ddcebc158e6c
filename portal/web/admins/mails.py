"""Admins are mailed what colleagues ask; a link leads to a page, and changes nothing by itself."""

from collections.abc import Callable

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from delegation import continuity
from delegation.absence_claims import queries
from delegation.absence_claims.queries import AdminContact, ClaimView
from portal.http import languages
from portal.shell.page_context import PageContext
from portal.wording import brands, dates
from provisioning.mail import queue
from provisioning.mail.queue import Draft

QUESTION, CLAIM = "admin_question", "absence_claim"
"""Purposes."""
Words = Callable[[], tuple[str, str]]
"""The subject and the text, in the active language."""


def queue_question(page: PageContext, admin: AdminContact, message: str) -> None:
    """Queue the mail with a colleague's message to one admin."""
    asker = page.own_membership.user
    values = {"name": asker.name, "organization": page.organization.name, "email": asker.email}

    def words() -> tuple[str, str]:
        text = _("%(name)s (%(email)s) of %(organization)s writes to you as an admin:") % values
        answer = _("Answer by e-mail to %(email)s. People and access are managed here:") % values
        parts = [text, f"“{message}”", f"{answer}\n{settings.ISSUER}{page.url('people')}"]
        return _("%(name)s asks you") % values, "\n\n".join(parts)

    queue.queue(_draft(page, admin, QUESTION, words))


def queue_claim(page: PageContext, claim: ClaimView) -> None:
    """Queue a mail to the admin of the claim, and one to each other working admin."""
    url = settings.ISSUER + page.url("admin_claim", claim=claim.id)
    values = {"name": claim.name, "claimer": claim.claimer, "organization": page.organization.name}

    def limit() -> dict[str, str]:
        return {**values, "day": dates.Clock(page.at, page.zone).day(claim.answer_by)}

    def to_admin() -> tuple[str, str]:
        text = _(
            "%(claimer)s asks whether you are still an admin of %(organization)s. Your access has not changed. "
            "Answer by %(day)s: sign in at this page and choose “I am still here”."
        )
        return _("Are you still an admin of %(organization)s?") % values, f"{text % limit()}\n\n{url}"

    def to_others() -> tuple[str, str]:
        text = _(
            "%(claimer)s asks whether %(name)s is still an admin of %(organization)s. Nothing has changed. "
            "Decide by %(day)s: remove %(name)s, or close the question. Then customer service sees it."
        )
        return _("Is %(name)s still an admin?") % values, f"{text % limit()}\n\n{url}"

    admin = queries.contact(organization=claim.organization, user=claim.person)
    drafts = [_draft(page, admin, CLAIM, to_admin)]
    for one in continuity.named_admins(organization=page.organization_id, at=page.at):
        if one.user_id not in {claim.person, claim.claimed_by}:
            contact = queries.contact(organization=claim.organization, user=one.user_id)
            drafts.append(_draft(page, contact, CLAIM, to_others))
    queue.queue_all(drafts)


def queue_answer(page: PageContext, claim: ClaimView) -> None:
    """Queue a mail about the answer to the colleague who asked; none for one who withdrew the question."""
    if claim.state not in {"here", "dismissed"}:
        return
    values = {"name": claim.name, "closer": claim.closed_by, "organization": page.organization.name}

    def words() -> tuple[str, str]:
        text = (
            _("%(name)s answered: still an admin of %(organization)s.")
            if claim.state == "here"
            else _("%(closer)s answered: %(name)s is still an admin of %(organization)s.")
        )
        url = settings.ISSUER + page.url("my_admins")
        return _("%(name)s is still an admin") % values, f"{text % values}\n\n{url}"

    queue.queue(
        _draft(page, queries.contact(organization=claim.organization, user=claim.claimed_by), CLAIM, words)
    )


def _draft(page: PageContext, to: AdminContact, purpose: str, words: Words) -> Draft:
    language = languages.first_supported((to.language,)) or settings.LANGUAGE_CODE
    with override(language):
        subject, text = words()
        return Draft(
            to=to.email,
            subject=f"{brands.brand()['name']}: {subject}",
            text=f"{text}\n",
            purpose=purpose,
            language=language,
            about=to.user,
            organization=page.organization_id,
        )
