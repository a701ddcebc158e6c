"""A customer file is applied by the same commands as everywhere. A new customer is onboarded in one act.

Missing sites are added, and others stay. The mail domains and the offer are set to the file's: what else was offered is
withdrawn. An admin is invited who was never a member.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from audit.foundation import clock
from audit.foundation.actor import Channel, system
from delegation.authorization.values import AccessSpec
from delegation.catalogue import ceilings
from delegation.catalogue import rules as catalogue_rules
from delegation.invitations import queries as invitations_queries
from delegation.invitations.commands import send as invitations_send
from delegation.onboarding import commands as onboarding_commands
from delegation.onboarding.new_customer import ADMIN_ROLE, FirstAdmin, NewCustomer
from delegation.organizations import commands as organizations_commands
from identity.organizations import queries as organizations_queries
from identity.organizations.queries import OrganizationView
from portal.web.invitations import mail as invitations_mail


@dataclass(frozen=True, slots=True)
class Plan:
    """Applies a customer. With `dry_run`, the sentences say what would be done, and nothing is changed."""

    customer: NewCustomer
    dry_run: bool = False
    resend: bool = False
    """Send a new link to an admin whose invitation is open: the mail was lost."""

    def apply(self) -> Iterator[str]:
        """Do what is missing, and say each step once it is done; each is an act of its own. Raises DomainError."""
        found = organizations_queries.find_by_key(key=self.customer.organization.key)
        if found is None:
            yield from self._onboard()
            return
        yield from self._update(found)
        yield from self._offer(found)
        for admin in self.customer.admins:
            yield from self._invite(found, admin)

    def _onboard(self) -> Iterator[str]:
        """Do everything in the act by which staff onboard on a page."""
        new, offer = self.customer.organization, self.customer.offer
        if not self.dry_run:
            done = onboarding_commands.onboard(actor=_ACTOR, customer=self.customer)
            invitations_mail.queue_each(done.result.links, at=clock.now())
        yield f"create the organization {new.key} with {len(new.sites)} sites"
        if offer:
            yield f"offer {', '.join(sorted(offer))}"
        for admin in self.customer.admins:
            yield f"invite {admin.email} as {ADMIN_ROLE}"

    def differences(self) -> list[str]:
        """Name the differences between file and database that no command changes."""
        new = self.customer.organization
        found = organizations_queries.find_by_key(key=new.key)
        if found is None:
            return []
        numbers = dict(found.row.customer_numbers.values_list("unit__key", "number"))
        pairs = {
            "organization.name": (found.name, new.name),
            "organization.register_id": (found.row.register_id, new.register_id),
            "organization.language": (found.language, new.language),
            "organization.time_zone": (found.time_zone, new.time_zone),
            **{f"numbers.{unit}": (numbers.get(unit, ""), number) for unit, number in new.numbers.items()},
        }
        differing = [
            f"{place} is {was!r} in the database" for place, (was, is_now) in pairs.items() if was != is_now
        ]
        return [*differing, *self._former_admin(found)]

    def _former_admin(self, found: OrganizationView) -> Iterator[str]:
        for email in [admin.email for admin in self.customer.admins]:
            is_member = invitations_queries.is_member(organization=found.id, email=email, at=clock.now())
            if not is_member and invitations_queries.was_member(organization=found.id, email=email):
                yield f"admin.email is that of a former member in the database: {email} is not invited"

    def _update(self, found: OrganizationView) -> Iterator[str]:
        new = self.customer.organization
        present = set(found.row.sites.values_list("name", flat=True))
        if missing := [site for site in new.sites if site[0] not in present]:
            if not self.dry_run:
                organizations_commands.add_sites(actor=_ACTOR, organization=found.row, sites=missing)
            yield f"add the sites {', '.join(name for name, _ in missing)}"
        if set(new.mail_domains) != set(found.row.mail_domains):
            if not self.dry_run:
                organizations_commands.set_mail_domains(
                    actor=_ACTOR, organization=found.row, domains=new.mail_domains
                )
            yield f"set the mail domains {', '.join(new.mail_domains) or 'to none'}"

    def _offer(self, found: OrganizationView) -> Iterator[str]:
        """Set the offer to the file's."""
        wanted = self.customer.offer
        current = ceilings.current_offer(organization=found.row, at=clock.now())
        takes_amount = ceilings.entitlements_with_amount()
        offer = {
            key: limit
            for key, limit in wanted.items()
            if current.get(key) != catalogue_rules.stored_limit(limit, takes_amount=takes_amount[key])
        }
        withdrawn = sorted(current.keys() - wanted.keys())
        if (offer or withdrawn) and not self.dry_run:
            ceilings.set_ceiling(
                actor=_ACTOR, organization=found.row, offer={**offer, **dict.fromkeys(withdrawn)}
            )
        if offer:
            yield f"offer {', '.join(sorted(offer))}"
        if withdrawn:
            yield f"withdraw {', '.join(withdrawn)} from the offer"

    def _invite(self, found: OrganizationView, admin: FirstAdmin) -> Iterator[str]:
        at, email = clock.now(), admin.email
        if invitations_queries.was_member(organization=found.id, email=email):
            return  # An old file must not bring back an admin who has left.
        invitation = invitations_queries.open_invitation(
            actor=_ACTOR, organization=found.id, email=email, role=ADMIN_ROLE, at=at
        )
        if invitation is not None and not self.resend:
            return
        if not self.dry_run:
            self._send(found, admin, invitation)
        yield f"{'send a new link to' if invitation else 'invite'} {email} as {ADMIN_ROLE}"

    def _send(self, found: OrganizationView, admin: FirstAdmin, invitation: Any) -> None:
        if invitation is not None:
            sent = invitations_send.resend(actor=_ACTOR, invitation=invitation)
        else:
            sent = invitations_send.invite(
                actor=_ACTOR,
                organization=found.row,
                email=admin.email,
                access=AccessSpec(role=ADMIN_ROLE, all_sites=True),
                name=admin.name,
                language=admin.language,
            )
        invitations_mail.queue_for_links([sent.result.link], at=clock.now())


_ACTOR = system(channel=Channel.SHELL)
