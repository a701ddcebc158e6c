"""A dormant member gets two mails: sign in by a day, or the access is suspended."""

from collections.abc import Sequence

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from delegation.dormancy.queries import WarnedMember
from identity.organizations import queries as organizations_queries
from portal.http import languages
from portal.wording import brands, time_zones
from provisioning import dormant_members
from provisioning.mail import queue
from provisioning.mail.queue import Draft

PURPOSE = "dormancy"


def queue_warnings(warned: Sequence[WarnedMember]) -> int:
    """Queue a mail to each of these members. Returns how many."""
    queue.queue_all([_draft(one) for one in warned if one.membership.user.email])
    return len(warned)


def _draft(one: WarnedMember) -> Draft:
    user = one.membership.user
    organization = organizations_queries.view_of(one.membership.organization)
    language = languages.first_supported((user.language,)) or settings.LANGUAGE_CODE
    with override(language):
        zone = time_zones.first_known(organization.time_zone)
        values = {
            "supplier": brands.brand()["name"],
            "organization": organization.name,
            "moment": time_zones.date_time_with_zone(one.suspends_at, zone),
        }
        texts = [
            _("You have not signed in to %(supplier)s for %(organization)s for a long time.") % values,
            _("Sign in by %(moment)s, or your access is suspended. An admin can resume it.") % values,
            settings.ISSUER + reverse("home", kwargs={"organization": organization.key}),
        ]
        return Draft(
            to=user.email or "",
            subject=_("%(supplier)s: sign in to keep your access to %(organization)s") % values,
            text="\n\n".join(texts) + "\n",
            purpose=PURPOSE,
            language=language,
            about=user.id,
            organization=organization.id,
        )


dormant_members.register(queue_warnings)
