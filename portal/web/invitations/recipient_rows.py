"""The end column of the panel says which of the pasted people get an invitation, and why the others do not."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.foundation.errors import DomainError
from delegation.authorization import policy
from delegation.authorization.errors import AlreadyInvited, AlreadyMember
from delegation.authorization.verbs import Verb
from delegation.invitations import mail_domains
from delegation.invitations.recipients import Recipient
from delegation.people import queries as people_queries
from delegation.people.queries import VisibleMember
from portal.shell.page_context import PageContext
from portal.wording import refusals


@dataclass(frozen=True, slots=True)
class RecipientRow:
    """Describes one pasted person. `kind`: `outside` and `new` get an invitation, `skip` and `bad` do not."""

    kind: str
    email: str
    name: str = ""
    text: str = ""
    """Why the person gets none, or what is unusual; may be empty."""
    url: str = ""
    link: str = ""
    """The label of `url`."""

    @property
    def icon(self) -> str:
        """Return the icon of the kind."""
        return {"new": "check", "skip": "circle-minus"}.get(self.kind, "alert-triangle")


@dataclass(frozen=True, slots=True)
class Recipients:
    """Describes all pasted people, what is unusual first."""

    rows: Sequence[RecipientRow] = ()
    left_out: Sequence[str] = ()
    """The addresses that the sender sees to get no invitation."""

    @property
    def number(self) -> int:
        """Return how many get an invitation."""
        return len(self.rows) - len(self.left_out)

    @property
    def button(self) -> str:
        """Return the label of the button."""
        if self.number < 2:
            return _("Send invitation")
        text = ngettext("Send %(number)d invitation", "Send %(number)d invitations", self.number)
        return text % {"number": self.number}

    @property
    def summary(self) -> str:
        """Return `3 people, 1 other domain.`; empty without people."""
        if not self.rows:
            return ""
        outside = sum(row.kind == "outside" for row in self.rows)
        parts = [ngettext("%(number)d person", "%(number)d people", self.number) % {"number": self.number}]
        if outside:
            text = ngettext(
                "%(number)d outside your organization", "%(number)d outside your organization", outside
            )
            parts.append(text % {"number": outside})
        return f"{', '.join(parts)}."


_ORDER = ("bad", "outside", "new", "skip")


def recipients(
    page: PageContext, people: Sequence[Recipient], refused: Mapping[str, DomainError]
) -> Recipients:
    """Return the rows. Five statements at most, none without people."""
    if not people:
        return Recipients()
    domains = mail_domains.load(organization=page.organization.row, at=page.at)
    outside = set(domains.outside(person.email for person in people))
    members = _members(page, refused)
    rows = [
        _refused_row(page, person, refused[person.email], members)
        if person.email in refused
        else _invited_row(page, person, is_outside=person.email in outside)
        for person in people
    ]
    rows.sort(key=lambda row: _ORDER.index(row.kind))
    return Recipients(rows, [person.email for person in people if person.email in refused])


def _invited_row(page: PageContext, person: Recipient, *, is_outside: bool) -> RecipientRow:
    row = RecipientRow("new", person.email, person.name)
    if not is_outside:
        return row
    text = _("Not an address of %(organization)s. It is invited if you send.")
    return replace(row, kind="outside", text=text % {"organization": page.organization.name})


@dataclass(frozen=True, slots=True)
class _PastedMember:
    """Holds a member whose address was pasted, and whether the reader may change the member's access."""

    name: str
    may_change: bool


def _members(page: PageContext, refused: Mapping[str, DomainError]) -> Mapping[str, _PastedMember]:
    ids = [uuid.UUID(one.data["membership"]) for one in refused.values() if isinstance(one, AlreadyMember)]
    if not ids:
        return {}
    rows = people_queries.visible(actor=page.viewer, organization=page.organization_id, at=page.at, ids=ids)
    may = policy.abilities(actor=page.viewer, memberships=ids, at=page.at, verbs=[Verb.ACCESS_CHANGE])
    return {str(row.membership.id): _member(row, may) for row in rows}


def _member(row: VisibleMember, may: Mapping[uuid.UUID, Mapping[Verb, policy.Decision]]) -> _PastedMember:
    membership = row.membership
    return _PastedMember(membership.user.name, bool(may[membership.id][Verb.ACCESS_CHANGE]))


def _refused_row(
    page: PageContext, person: Recipient, refusal: DomainError, members: Mapping[str, _PastedMember]
) -> RecipientRow:
    if isinstance(refusal, AlreadyInvited):
        url = f"{page.url('people')}?pending=all#i{refusal.data['invitation']}"
        text = _("%(email)s has a pending invitation.") % {"email": person.email}
        return RecipientRow("skip", person.email, text=text, url=url, link=_("View the invitation"))
    member = members.get(str(refusal.data.get("membership")))
    if member is None:
        return RecipientRow("bad", person.email, person.name, refusals.sentence_for(refusal).text)
    text = _("%(name)s is here already.") % {"name": member.name}
    route, label = ("person_access", _("Change access")) if member.may_change else ("person", _("View"))
    url = page.url(route, membership=uuid.UUID(refusal.data["membership"]))
    return RecipientRow("skip", person.email, text=text, url=url, link=label)
