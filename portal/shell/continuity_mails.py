"""The working admins of a customer get one mail when its continuity grade falls: appoint a second admin in time."""

from collections.abc import Sequence

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from delegation.continuity_grades import queries
from delegation.continuity_grades.falls import Fall
from delegation.continuity_grades.queries import MailableAdmin
from portal.http import languages
from portal.wording import brands, grade_facts
from provisioning import continuity_watch
from provisioning.mail import queue
from provisioning.mail.queue import Draft

PURPOSE = "continuity"


def queue_falls(falls: Sequence[Fall]) -> int:
    """Queue a mail to each working admin of these customers. Returns how many. Three statements at most."""
    if not falls:
        return 0
    fallen = [fall.facts.organization.id for fall in falls]
    admins = queries.mailable_admins(organizations=fallen, at=falls[0].at)
    drafts = [_draft(fall, admin) for fall in falls for admin in admins.get(fall.facts.organization.id, ())]
    queue.queue_all(drafts)
    return len(drafts)


def _draft(fall: Fall, admin: MailableAdmin) -> Draft:
    organization = fall.facts.organization
    language = languages.first_supported((admin.language,)) or settings.LANGUAGE_CODE
    with override(language):
        values = {
            "supplier": brands.brand()["name"],
            "organization": organization.name,
            "before": grade_facts.GRADES[fall.before](),
            "grade": grade_facts.GRADES[fall.facts.grade](),
        }
        fell = _("Continuity of %(organization)s fell from %(before)s to %(grade)s.") % values
        if fall.facts.admins == 1:
            ask = _("Sign in and promote a colleague, before no one can act for your organization.")
        else:
            ask = _(
                "Sign in and confirm that you are still an admin. If others have left, promote a colleague."
            )
        key = {"organization": organization.key}
        urls = [settings.ISSUER + reverse(route, kwargs=key) for route in ("continuity", "second_admin")]
        parts = [f"{fell} {grade_facts.lowering(fall.facts)}", ask, "\n".join(urls)]
        return Draft(
            to=admin.email,
            subject=_("%(supplier)s: appoint a second admin for %(organization)s") % values,
            text="\n\n".join(parts) + "\n",
            purpose=PURPOSE,
            language=language,
            about=admin.user,
            organization=organization.id,
        )


continuity_watch.register(queue_falls)
