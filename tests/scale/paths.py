"""Calls make what people, staff and the deliverer wait for: a test explains their statements, a bench measures them."""

import datetime as dt
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from audit.foundation import clock
from audit.foundation.actor import Actor
from audit.verification import verifier
from delegation import continuity
from delegation.activity import (
    act_counts,
    changes_between,
    ending_events,
    people_in_events,
    staff_session_endings,
    supplier_log,
)
from delegation.activity.supplier_log import Kind, Search
from delegation.authorization import admin_queries, entitlements, history, policy, rights_between
from delegation.authorization.values import AmountLimit
from delegation.authorization.verbs import Verb
from delegation.catalogue import ceiling_difference, propagation
from delegation.catalogue.models import CatalogueWave
from delegation.continuity_grades import queries as grade_queries
from delegation.dormancy import queries as dormancy_queries
from delegation.invitations import open_invitations
from delegation.organizations import customer_sites, overview
from delegation.organizations import queries as organizations_queries
from delegation.people import queries as people_queries
from delegation.people import removal_impact
from delegation.people.commands import members as people_commands
from delegation.people.ordering import Order
from delegation.people.queries import PeopleFilter
from delegation.people.recency import Recency
from identity.clients.models import Application
from identity.memberships.models import Membership
from identity.organizations.models import Organization
from provisioning.accounts import delivery as accounts_delivery
from provisioning.accounts import dry_runs, planner, target_status
from provisioning.accounts import queries as accounts_queries
from provisioning.delivery import leases
from provisioning.logout import delivery as logout_delivery
from provisioning.mail import delivery as mail_delivery
from provisioning.removals import queries as removals_queries
from provisioning.targets.models import Target
from tests.fixtures.staff_rights import Staff
from tests.fixtures.world import PLACE, World, actor_of

Paths = dict[str, Callable[[], object]]


@contextmanager
def as_deliverer() -> Iterator[None]:
    """Plan joins in the written order, as the deliverer's connection does."""
    with connection.cursor() as cursor:
        cursor.execute("SET join_collapse_limit = 1")
        yield
        cursor.execute("RESET join_collapse_limit")


def someone(world: World) -> Membership:
    """A viewer in the crowd."""
    rows = Membership.objects.filter(organization__key="crowd-7", sort_key="person 42")
    return rows.select_related("user", "organization").get()


def boss(of: Membership) -> Membership:
    """An admin of the same organization."""
    rows = Membership.objects.filter(organization=of.organization_id, sort_key="person 0")
    return rows.select_related("user", "organization").get()


def pages(world: World) -> Paths:
    """What people wait for."""
    leaver, at = someone(world), clock.now()
    organization, admin = leaver.organization_id, boss(leaver)

    def page(text: str = "", **chosen: Any) -> None:
        filters = PeopleFilter(text=text, **chosen)
        rows = people_queries.matching(
            actor=actor_of(admin), organization=organization, at=at, filters=filters
        )
        people_queries.page(rows=rows, filters=filters, at=at)

    return {
        "removal": lambda: people_commands.remove(actor=actor_of(admin), memberships=[leaver], reason="left"),
        "impact of a removal": lambda: removal_impact.removal_impact(
            actor=actor_of(admin),
            leavers=people_queries.visible(
                actor=actor_of(admin), organization=organization, at=at, ids=[leaver.id]
            ),
            at=at,
        ),
        "people": page,
        "search": lambda: page("42 person"),
        "people by last sign-in": lambda: page(order=Order.SEEN),
        "people by access": lambda: page(order=Order.ACCESS),
        "people without a sign-in": lambda: page(recency=[Recency.NEVER]),
        "people out of date": lambda: page(
            condition=accounts_queries.worst_state_is(accounts_queries.NEEDS_ATTENTION)
        ),
        "people up to date": lambda: page(condition=accounts_queries.worst_state_is(["up_to_date"])),
        "attention": lambda: accounts_queries.needing_attention(organization=organization, at=at),
        "working admins": lambda: admin_queries.working_admins(organization=organization, at=at).exists(),
        "last admin": lambda: continuity.require_remaining_admin(
            organization=organization, without=[admin.id], at=at
        ),
        "who could place orders": lambda: entitlements.rights_to(
            organization=organization, entitlement=PLACE, at=at
        ),
        "who could invite": lambda: history.assignments_with(
            verb=Verb.MEMBER_INVITE, organization=organization, at=at
        ),
        "changes of all between two days": lambda: rights_between.counts(
            organization=organization, since=at - dt.timedelta(days=30), until=at
        ),
        "changes of some between two days": lambda: rights_between.changes(
            organization=organization, since=at - dt.timedelta(days=30), until=at, members=[leaver.id]
        ),
        "events between two days": lambda: changes_between.events_between(
            organization=organization,
            users={leaver.id: leaver.user_id},
            whole=True,
            since=at - dt.timedelta(days=30),
            until=at,
        ),
        "names of an answer": lambda: people_in_events.members(
            memberships=[leaver.id], organization=organization
        ),
        "endings of an answer": lambda: ending_events.at_instants(
            organization=organization, instants=[at], users={leaver.id: leaver.user_id}
        ),
        "one chain": lambda: verifier.verify(chain=world.koskela.id),
    }


def desk(world: World) -> Paths:
    """What staff wait for, whose right is for a business unit."""
    staff = Staff(world)
    actor = staff.hire("Sanna", "support", unit=staff.kivisalo)
    at = clock.now()
    own = policy.staff_authorities(actor=actor, at=at)
    customer = someone(world).organization_id

    def search(text: str) -> object:
        return organizations_queries.customers(own=own, actor=actor, at=at, text=text)

    return {
        "customers": lambda: search(""),
        "failing systems": accounts_queries.failing_targets,
        "unconfirmed removals": lambda: removals_queries.oldest_unconfirmed(
            at=at, organizations=organizations_queries.readable_with_ids(own=own).ids
        ),
        "customers at risk": lambda: grade_queries.at_risk(
            organizations=organizations_queries.readable(own=own), at=at
        ),
        "grade of a customer": lambda: grade_queries.facts_of(organization=customer, at=at),
        "dormant members of a customer": lambda: dormancy_queries.due_steps(organizations=[customer], at=at),
        "grades of the watch": lambda: grade_queries.grades_of(organizations=[customer], at=at),
        "admins of a grade": lambda: grade_queries.admins_of(organization=customer, at=at),
        "overview of a customer": lambda: overview.load(organization=customer, at=at),
        "preview of a ceiling": lambda: ceiling_difference.check(
            organization=customer, units={"": None}, offer={PLACE: AmountLimit(Decimal(5))}, at=at
        ),
        "open invitations of a customer": lambda: open_invitations.page(
            organization=customer, text="olli", at=at
        ),
        "sites of a customer": lambda: customer_sites.page(organization=customer, at=at),
        "systems of a customer": lambda: accounts_queries.systems_of(organization=customer),
        "admins of a customer": lambda: continuity.named_admins(organization=customer, at=at),
        # At most a thousand people are looked at: of a million, a smaller part than `42 person` is of this crowd.
        "search of people": lambda: search("olli makinen"),
        "search of customers": lambda: search("crowd 7"),
        "search of a number": lambda: search("C-42"),
        "search of an address": lambda: search("p42@crowd7.example"),
        **searches_of_events(staff),
        **systems(),
        "end of a session": lambda: staff_session_endings.find(user=actor.id, session_keys=["0"], at=at),
    }


def searches_of_events(staff: Staff) -> Paths:
    """What auditors search, whose rights are for a business unit and for everything."""
    of_unit = staff.hire("Elina", "auditor", unit=staff.kivisalo)
    of_everything = staff.hire("Eero", "auditor")
    at = clock.now()
    a_year = Search(since=at - dt.timedelta(days=365), until=at)

    def path(reader: Actor, **asked: Any) -> Callable[[], object]:
        return lambda: supplier_log.find(actor=reader, at=at, search=replace(a_year, **asked))

    return {
        "newest events": path(of_everything),
        "newest events of a unit": path(of_unit),
        "refusals": path(of_everything, kind=Kind.REFUSALS),
        "refusals of a unit": path(of_unit, kind=Kind.REFUSALS),
        "acts of staff": path(of_everything, kind=Kind.STAFF),
        "charts of a year": lambda: act_counts.count(
            actor=of_everything, at=at, since=a_year.since, until=a_year.until, zone=ZoneInfo("UTC")
        ),
        "charts of a year of a unit": lambda: act_counts.count(
            actor=of_unit, at=at, since=a_year.since, until=a_year.until, zone=ZoneInfo("UTC")
        ),
        "break-glass": path(of_everything, kind=Kind.BREAK_GLASS),
        "events by text": path(of_everything, text="olli makinen"),
        "events of a customer": path(of_unit, organization="C-42"),
        "events by actor and subject": path(of_unit, actor="olli makinen", subject="olli makinen"),
    }


def systems() -> Paths:
    """What operators read of a system that has an account for each person."""
    target, at, visible = Target.objects.get(application__key="crm"), clock.now(), Organization.objects.all()
    return {
        "waiting accounts": lambda: target_status.of_applications(
            applications=[target.application_id], at=at
        ),
        "delivery times": lambda: target_status.confirmations(target=target.id, at=at),
        "failures": lambda: target_status.failures(target=target.id),
        "differing accounts": lambda: target_status.differing(target=target.id),
        "preview": lambda: dry_runs.of_person(
            target=target.id, email="p42@crowd7.example", visible=visible, at=at
        ),
    }


def dry_run_paths() -> Paths:
    """What a dry run computes: the records of a hundred people of a hundred organizations."""
    target, at, visible = Target.objects.get(application__key="crm"), clock.now(), Organization.objects.all()
    application = Application.objects.get(key="ordering")
    return {
        "dry run": lambda: dry_runs.dry_run(target=target.id, visible=visible, at=at),
        "dry run of a new system": lambda: dry_runs.dry_run_of_new(
            application=application, visible=visible, at=at
        ),
    }


def deliveries(chain: uuid.UUID) -> Paths:
    """What the deliverer asks every second, or for every event."""
    at = clock.now()
    wave = CatalogueWave(act=chain, at=at, roles=["viewer"])

    def lease(statement: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement, leases.params(worker=1, at=at, in_flight={}))

    return {
        "sweep for unread chains": planner.behind,
        "next batch of a wave": lambda: propagation.next_organizations(wave),
        "one event": lambda: planner.plan(chain=chain),
        "lease of accounts": lambda: lease(accounts_delivery.LEASE),
        "lease of logouts": lambda: lease(logout_delivery.LEASE),
        "lease of mails": lambda: lease(mail_delivery.LEASE),
        "sweep": lambda: planner.sweep(at=at),
    }
