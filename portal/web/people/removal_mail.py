"""The person who removed is notified by mail once every system has confirmed, where one of them was late."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from audit.foundation import clock
from delegation.activity import queries as activity_queries
from delegation.activity.events import EventView
from delegation.authorization.verbs import Verb
from delegation.catalogue import display_names
from delegation.people import leavers
from delegation.people.leavers import NotifiedPerson
from identity.organizations import queries as organizations_queries
from identity.organizations.queries import OrganizationView
from portal.shell import shell, timeline
from portal.templatetags import kh
from portal.web.people import removal_facts
from portal.wording import dates, mail_events, supplier_texts, time_zones
from provisioning.accounts.progress import SystemProgress
from provisioning.mail import queue
from provisioning.mail.queue import Draft
from provisioning.removals import late_confirmations
from provisioning.removals.late_confirmations import LateConfirmation

_MOST_NAMES = 5


def queue_mails(confirmation: LateConfirmation) -> None:
    """Queue one mail about a removal, however many people it ended; none where all of them have returned.

    It goes to the person who removed. Where that person has left or cannot be reached, it goes to the working admins.
    """
    at, organization = clock.now(), organizations_queries.get(organization=confirmation.organization)
    removals = activity_queries.of_act(
        organization=organization.id, act=confirmation.act, verb=Verb.MEMBER_REMOVE.value
    )
    names = leavers.names(memberships=[event.subject for event in removals], at=at)
    if not names:
        return
    for recipient in leavers.recipients(
        organization=organization.id, actor=removal_facts.remover(removals[0]), at=at
    ):
        parts = _render(recipient, organization, confirmation, removals, list(names.values()))
        queue.queue(
            Draft(
                to=recipient.email,
                purpose=mail_events.REMOVAL_CONFIRMED,
                language=recipient.language,
                about=confirmation.act,
                organization=organization.id,
                **parts,
            )
        )


def _render(
    recipient: NotifiedPerson,
    organization: OrganizationView,
    confirmation: LateConfirmation,
    removals: Sequence[EventView],
    names: Sequence[str],
) -> Mapping[str, Any]:
    first, zone = removals[0], time_zones.first_known(organization.time_zone)
    page = dates.Clock(first.at, zone)
    with translation.override(recipient.language or settings.LANGUAGE_CODE):
        who = dates.name_list([kh.quoted(name) for name in names], most=_MOST_NAMES)
        wording = timeline.event_wording(
            organization.id, [first], display_names.load(organization=organization.id)
        )
        values = {
            "brand": shell.mail_brand(organization),
            "who": who,
            "organization_name": organization.name,
            "remover": "" if recipient.id == removal_facts.remover(first) else wording.actor(first),
            "removed_at": time_zones.with_zone(page.date_time(first.at), zone),
            "systems": [_system(line, page) for line in _last_of_each(confirmation.systems)],
            "url": settings.ISSUER
            + reverse("removal", kwargs={"organization": organization.key, "act": confirmation.act}),
        }
        return {
            "subject": _("All systems have confirmed the removal of %(who)s") % {"who": who},
            "text": render_to_string("mail/removals/confirmed_message.txt", values),
            "html": render_to_string("mail/removals/confirmed_message.html", values),
        }


def _last_of_each(lines: Sequence[SystemProgress]) -> list[SystemProgress]:
    """Return the last confirmation of each system, whose account and sessions have a line each."""
    last: dict[str, SystemProgress] = {}
    for line in sorted(lines, key=lambda line: line.seconds):
        last[line.application] = line
    return list(last.values())


def _system(line: SystemProgress, page: dates.Clock) -> str:
    text = _("%(system)s confirmed on %(when)s, %(span)s after the removal.")
    return text % {
        "system": supplier_texts.in_language(line.name),
        "when": page.date_time(line.at) if line.at else "",
        "span": dates.span(line.seconds),
    }


late_confirmations.register(queue_mails)
