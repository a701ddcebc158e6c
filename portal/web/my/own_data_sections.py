"""What is stored about a person stands in tables of text, one for each kind."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from delegation.own_data.records import OwnAccess, OwnData, OwnEvent, OwnMembership
from portal.wording import access, cldr, dates, stored_data, supplier_texts
from provisioning.mail.sent_mails import SentMail

MOST_EVENTS = 200
"""The newest events that the page lists; the file has all."""


@dataclass(frozen=True, slots=True)
class DataSection:
    """Holds a table: the first column names the row. Without rows, the section says that there is nothing."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[tuple[str, str]]]
    """Each cell with the label of its column, which narrow pages show."""


def sections(data: OwnData, mails: Sequence[SentMail], clock: dates.Clock) -> list[DataSection]:
    """Return the tables, in the order of the file."""
    shown = _Shown(clock, {one.organization: one.organization_name for one in data.memberships})
    return [
        shown.details(data),
        shown.methods(data),
        shown.memberships(data.memberships),
        shown.access(data.memberships),
        shown.sessions(data),
        shown.services(data),
        shown.invitations(data),
        shown.programs(data),
        shown.notices(data),
        shown.mails(mails),
        shown.events(data.events[:MOST_EVENTS]),
    ]


def _section(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> DataSection:
    return DataSection(title, columns, [list(zip(columns, row, strict=True)) for row in rows])


@dataclass(frozen=True, slots=True)
class _Shown:
    clock: dates.Clock
    organizations: dict[str, str]

    def at(self, instant: dt.datetime | None, *, none: str = "–") -> str:
        return self.clock.date_time(instant, seconds=False) if instant else none

    def organization(self, key: str) -> str:
        return self.organizations.get(key, key)

    def details(self, data: OwnData) -> DataSection:
        person = data.person
        rows = [
            (_("Name"), person.name),
            (_("Work e-mail"), person.email),
            (_("Work phone"), person.phone or "–"),
            (_("Language"), cldr.language_name(person.language) if person.language else "–"),
            (_("Stored since"), self.at(person.created_at)),
        ]
        return _section(_("Your details"), (_("Detail"), _("Stored")), rows)

    def methods(self, data: OwnData) -> DataSection:
        password = [(stored_data.METHODS["password"](), "–", "–")] if data.has_password else []
        rows = [
            (stored_data.METHODS.get(one.kind, str)(), self.at(one.added_at), self.at(one.last_used_at))
            for one in data.sign_in_methods
        ]
        return _section(_("Sign-in methods"), (_("Method"), _("Added"), _("Last used")), [*password, *rows])

    def memberships(self, members: Sequence[OwnMembership]) -> DataSection:
        states = {"active": _("Active"), "suspended": _("Suspended")}
        rows = [
            (member.organization_name, states[one.state], self.at(one.valid_from), self.at(one.valid_until))
            for member in members
            for one in member.periods
        ]
        columns = (_("Organization"), _("State"), _("From"), _("Until"))
        return _section(_("Memberships"), columns, rows)

    def access(self, members: Sequence[OwnMembership]) -> DataSection:
        rows = [
            (member.organization_name, _access(one), self.at(one.valid_from), self.at(one.valid_until))
            for member in members
            for one in member.access
        ]
        columns = (_("Organization"), _("Access"), _("From"), _("Until"))
        return _section(_("Access and its history"), columns, rows)

    def sessions(self, data: OwnData) -> DataSection:
        browsers = [
            (
                dates.browser(one.browser) or _("Browser"),
                "–",
                self.at(one.signed_in_at),
                self.at(one.last_seen_at),
            )
            for one in data.sessions
        ]
        rows = [
            (
                cldr.joined(one.services) if one.services else _("Portal"),
                self.organization(one.organization),
                self.at(one.authenticated_at),
                self.at(one.ended_at or one.last_seen_at),
            )
            for one in data.sign_ins
        ]
        columns = (_("Where"), _("Organization"), _("Signed in"), _("Last used or ended"))
        return _section(_("Sessions and sign-ins"), columns, [*browsers, *rows])

    def services(self, data: OwnData) -> DataSection:
        rows = [
            (
                supplier_texts.in_language(one.service_name),
                self.organization(one.organization),
                cldr.joined(one.scopes) if one.scopes else "–",
                self.at(one.issued_at),
                self.at(one.ended_at or one.expires_at),
            )
            for one in data.services
        ]
        columns = (_("Service"), _("Organization"), _("Agreed"), _("From"), _("Until"))
        return _section(_("Services with your consent"), columns, rows)

    def invitations(self, data: OwnData) -> DataSection:
        rows = [
            (
                self.organization(one.organization),
                self.at(one.created_at),
                self.at(one.accepted_at),
                self.at(one.cancelled_at or (None if one.accepted_at else one.expires_at)),
            )
            for one in data.invitations
        ]
        columns = (_("Organization"), _("Sent"), _("Accepted"), _("Cancelled or expires"))
        return _section(_("Invitations to you"), columns, rows)

    def programs(self, data: OwnData) -> DataSection:
        rows = [
            (one.name, self.organization(one.organization), self.at(one.valid_from), self.at(one.valid_until))
            for one in data.programs
        ]
        columns = (_("Name"), _("Organization"), _("From"), _("Until"))
        return _section(_("Programs that you own"), columns, rows)

    def notices(self, data: OwnData) -> DataSection:
        found = [
            *((one.asked_at, stored_data.question(about_you=one.about_you), one.organization)
              for one in data.questions),
            *((one.blocked_at, _("You blocked your sign-in"), "") for one in data.blocks),
            *((one.opened_at, _("A new second sign-in method was asked for"), one.organization)
              for one in data.recoveries),
            *((one.warned_at, _("Warning that you have not signed in for long"), one.organization)
              for one in data.warnings),
            *((one.confirmed_at, _("You confirmed that you are an admin"), one.organization)
              for one in data.confirmations),
        ]  # fmt: skip
        rows = [
            (self.at(at), what, self.organization(organization) or "–")
            for at, what, organization in sorted(found, reverse=True)
        ]
        return _section(
            _("Questions, warnings and confirmations"), (_("Time"), _("Type"), _("Organization")), rows
        )

    def mails(self, mails: Sequence[SentMail]) -> DataSection:
        rows = [
            (stored_data.mail(one.purpose), self.at(one.sent_at or one.failed_at or one.queued_at))
            for one in mails
        ]
        return _section(_("Mails to you"), (_("About"), _("Time")), rows)

    def events(self, events: Sequence[OwnEvent]) -> DataSection:
        rows = [
            (
                self.at(one.at),
                stored_data.topic(one.type),
                _("you") if one.by_you else _("another person or the system"),
                self.organization(one.organization) or "–",
            )
            for one in events
        ]
        columns = (_("Time"), _("Topic"), _("By"), _("Organization"))
        return _section(_("Events that name you"), columns, rows)


def _access(one: OwnAccess) -> str:
    """Return `Orderer, 500 € per order, Oulu`."""
    limits = [
        access.limit(Decimal(limit.amount) if limit.amount else None, limit.currency, limit.period)
        for limit in one.limits
    ]
    where = access.site_names(all_sites=one.all_sites, names=list(one.sites), in_sentence=True)
    return ", ".join([supplier_texts.in_language(one.role_name), *limits, where])
