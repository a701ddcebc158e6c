"""Statements on frequent paths reach their rows by an index, whatever the number of people."""

import datetime as dt
import pathlib
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
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
from delegation.organizations import overview
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
from portal import embedded_postgres
from provisioning.accounts import delivery as accounts_delivery
from provisioning.accounts import dry_runs, planner, target_status
from provisioning.accounts import queries as accounts_queries
from provisioning.delivery import leases
from provisioning.logout import delivery as logout_delivery
from provisioning.mail import delivery as mail_delivery
from provisioning.removals import queries as removals_queries
from provisioning.targets import commands as targets_commands
from provisioning.targets.models import Target
from tests.fixtures import cluster, database_reset
from tests.fixtures.staff_rights import Staff
from tests.fixtures.world import PLACE, World, actor_of
from tests.scale import plans

CROWD = (pathlib.Path(__file__).parent / "crowd.sql").read_text(encoding="utf-8")
Paths = dict[str, Callable[[], object]]


@pytest.fixture
def large(
    world: World, database_urls: cluster.Urls, reset_database: database_reset.DatabaseReset
) -> Iterator[World]:
    """The cast among 30,000 people of 300 organizations, with two targets and fresh statistics.

    The tables are small again afterwards: the next test of this worker must not read 30,000 dead rows.
    """
    for key in ("ordering", "crm"):
        application = Application.objects.get(key=key)
        targets_commands.register(
            actor=world.system,
            application=application,
            base_url=f"https://{key}.example.test/scim",
            token="t",
        )
    with psycopg.connect(database_urls[embedded_postgres.OWNER], autocommit=True) as owner:
        owner.execute("SET session_replication_role = replica")
        with owner.transaction():
            owner.execute(CROWD.encode())
        owner.execute("VACUUM ANALYZE")
        yield world
        connection.close()
        reset_database.run()
        owner.execute(f"VACUUM FULL ANALYZE {', '.join(sorted(plans.LARGE))}".encode())


@contextmanager
def as_deliverer() -> Iterator[None]:
    """Plan joins in the written order, as the deliverer's connection does."""
    with connection.cursor() as cursor:
        cursor.execute("SET join_collapse_limit = 1")
        yield
        cursor.execute("RESET join_collapse_limit")


@contextmanager
def by_index() -> Iterator[None]:
    """Plan with any index that answers, as among many customers."""
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        yield
        cursor.execute("RESET enable_seqscan")


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
        "next grades of the watch": lambda: grade_queries.next_grades(after=customer, at=at, size=5),
        "admins of a grade": lambda: grade_queries.admins_of(organization=customer, at=at),
        "overview of a customer": lambda: overview.load(organization=customer, at=at),
        "preview of a ceiling": lambda: ceiling_difference.check(
            organization=customer, units={"": None}, offer={PLACE: AmountLimit(Decimal(5))}, at=at
        ),
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


def read_whole(paths: Paths) -> dict[str, list[str]]:
    """By path, what it reads whole; those that read nothing whole are absent."""
    found = {name: plans.whole_reads(call) for name, call in paths.items()}
    return {name: tables for name, tables in found.items() if tables}


# The statement of a removal as it once was: an OR with a subquery cannot be answered by two indexes.
_BY_OR = """
UPDATE identity_signin SET ended_at = now() WHERE ended_at IS NULL AND (
    membership_id = ANY(%(memberships)s) OR user_id IN (
        SELECT user_id FROM identity_membership WHERE id = ANY(%(memberships)s)))
"""


@pytest.mark.django_db(transaction=True)
def test_frequent_statement_has_no_sequential_scan_of_a_large_table(large: World) -> None:
    leaver = someone(large)

    def by_or() -> None:
        with connection.cursor() as cursor:
            cursor.execute(_BY_OR, {"memberships": [leaver.id]})

    assert [one.split(":")[0] for one in plans.whole_reads(by_or)] == ["identity_signin"]
    waited_for = pages(large)
    assert read_whole(waited_for) == {}
    # Not whole tables, but every colleague's rows were read here once: they are found by indexes of their own.
    assert "account_needs_attention" in plans.indexes(waited_for["attention"])
    assert "assignment_without_end" in plans.indexes(waited_for["working admins"])
    of_staff = desk(large)
    assert read_whole(of_staff) == {}
    assert "user_search_trigrams" in plans.indexes(of_staff["search of people"])
    with by_index():
        assert "organization_search_trigrams" in plans.indexes(of_staff["search of customers"])
        # A hundred of 300 customers are a third of a table here.
        assert read_whole(dry_run_paths()) == {}
    with as_deliverer():
        assert read_whole(deliveries(leaver.organization_id)) == {}
