"""A world with at least one row in every table that is compared, made by the product's own functions."""

import datetime as dt
from dataclasses import replace

from django.test import override_settings

from audit.foundation import clock
from audit.foundation.actor import Actor
from delegation.absence_claims import commands as absence_claims
from delegation.applications import clients, new_client
from delegation.catalogue import commands as catalogue_commands
from delegation.continuity_grades import commands as grades
from delegation.customer_contacts import commands as contacts_commands
from delegation.customer_contacts.new_contact import NewContact
from delegation.domain_verifications import commands as domains_commands
from delegation.dormancy import commands as dormancy
from delegation.dormancy import rules as dormancy_rules
from delegation.duties import commands as duties_commands
from delegation.factor_recoveries import commands as recoveries_commands
from delegation.handovers import commands as handovers
from delegation.holds import commands as holds_commands
from delegation.invitations.commands import send as invitations_send
from delegation.looking_along import commands as looking_commands
from delegation.organizations import commands as organizations_commands
from delegation.people.commands import enrollment, planned_removals
from delegation.people.commands import members as people_commands
from delegation.service_users import commands as service_users_commands
from delegation.suspensions import commands as suspensions_commands
from delegation.takeover_reports import commands as takeover_commands
from demo import ports_and_paths
from identity.clients.models import Application
from identity.staff import sessions as staff_sessions
from provisioning.targets import commands as targets_commands
from provisioning.targets import pauses
from tests.fixtures import duties, oidc_browser, orphaned, reviews, signed_in, staff_users
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.staff_rights import Staff
from tests.fixtures.world import CATALOGUE, World, actor_of, hashed, move_clock

CLOCK_SECONDS = 120
"""By how much the clock is moved at the end: an invitation is not mailed twice within a minute."""


def fill(world: World) -> None:
    """Sign Olli in to portal and web shop, invite twice, register a target, remove Stina, plan the end of Vilma.

    Also sign Sam of the staff in, use the break-glass sign-in, and suspend Tamm. Others of the staff have rights:
    one places a hold, another proposes a catalogue, a third looks along with Olli.
    """
    units = replace(CATALOGUE, units={"other": "Other brand"})
    catalogue_commands.add_units(actor=world.system, catalogue=units)
    ella = enrollment.PersonToEnroll(
        email="ella@koskela.example",
        name="Ella Aho",
        password=hashed(),
        language="fi",
        access=world.access("viewer"),
    )
    enrollment.enroll(actor=world.system, organization=world.koskela, people=[ella])
    browser = BrowserClient().sign_in(world.olli.user)
    oidc_browser.redeem(world, oidc_browser.code(browser))
    access = world.access("orderer", sites=[world.oulu], amount=7)
    staff = Staff(world)
    manager = staff.hire("Sanna Heikkilä", "account_manager", unit=staff.kivisalo)
    holds_commands.place(
        actor=manager,
        organization=world.koskela,
        stops="ordering:orders.approve",
        reason="overdue",
        note="a note",
    )
    changed = ports_and_paths.CATALOG.read_text(encoding="utf-8").replace("Orders nothing.", "Nothing more.")
    catalogue_commands.propose(actor=staff.hire("Leena Aho", "catalogue_owner"), file=changed)
    invitation, _ = world.invite(
        world.koskela, "ida@koskela.example", access, actor=actor_of(world.ulla), name="Ida Ranta"
    )
    absence_claims.claim(actor=actor_of(world.olli), admin=world.sami, reason="away", message="Since May")
    changed_at = clock.now()
    takeover_commands.report(actor=actor_of(world.mikko), person=world.mikko.user, changed_at=changed_at)
    with override_settings(DORMANT_AFTER=dormancy_rules.AHEAD[0]):
        dormancy.warn(actor=world.system, memberships=[world.ulla], number=1)
    grades.confirm(actor=actor_of(world.paivi), membership=world.paivi)
    handovers.open_handover(actor=actor_of(world.paivi), giver=world.paivi, successor=world.vilma)
    recoveries_commands.open_request(
        actor=staff.hire("Otto Rinne", "support", unit=staff.kivisalo),
        membership=world.mikko,
        recognition="admin",
        proof="Aino called",
    )
    _let_look_along(world, staff, browser)
    _add_contacts_and_domain(world, manager)
    suspensions_commands.suspend(
        actor=world.system,
        organization=staff.tamm,
        reason="requested",
        resume_at=clock.now() + dt.timedelta(days=30),
    )
    move_clock(CLOCK_SECONDS)
    invitations_send.resend(actor=actor_of(world.aino), invitation=invitation)
    registered = targets_commands.register(
        actor=world.system,
        application=Application.objects.get(key="ordering"),
        base_url="https://ordering.example.test/scim/v2",
        token="t" * 40,
    )
    operator = staff.hire("Juho Niemi", "operator", unit=staff.kivisalo)
    target = registered.result.target
    application = Application.objects.get(key="ordering")
    app = new_client.NewClient("shop-app", "Shop app", ["https://app.example.test/cb"], public=True)
    clients.register(actor=operator, application=application, client=app)
    clients.update(actor=operator, client="shop-app", changes={"is_active": False, "name": "Old app"})
    clients.update(actor=operator, client="shop-app", changes={"is_active": True})
    clients.rotate_secret(actor=operator, client="ordering", overlap_hours=24)
    pauses.pause(actor=operator, target=target, hours=1)
    service_users_commands.create(
        actor=actor_of(world.aino),
        organization=world.koskela,
        owner=world.aino,
        name="Stock",
        scopes=["people.read"],
        until=clock.now() + dt.timedelta(days=30),
    )
    staff_users.signed_in()
    staff_users.break_glass_opened()
    people_commands.remove(actor=actor_of(world.tiina), memberships=[world.stina])
    planned_removals.plan(
        actor=actor_of(world.aino), memberships=[world.vilma], ends_at=clock.now() + dt.timedelta(days=9)
    )
    excepted = duties.requested(world.mikko, by=world.aino)
    duties_commands.accept(actor=actor_of(world.paivi), exception=excepted)
    review = reviews.started(world)
    reviews.keep(world.aino, reviews.line_of(review, world.ulla))
    orphaned.filled(world, staff)


def _add_contacts_and_domain(world: World, manager: Actor) -> None:
    salo = NewContact("invoice", "Maija Salo", "invoices@koskela.example")
    added = contacts_commands.add(actor=manager, organization=world.koskela, new=salo)
    changed = replace(salo, phone="+358 40 000 0119")
    contacts_commands.change(
        actor=manager, organization=world.koskela, contact=added.result.contact, new=changed
    )
    organizations_commands.set_mail_domains(
        actor=manager, organization=world.koskela, domains=["koskela.example"]
    )
    domains_commands.verify(actor=manager, organization=world.koskela, domain="koskela.example")


def _let_look_along(world: World, staff: Staff, browser: BrowserClient) -> None:
    session = signed_in.session_of(browser).stored_key()
    allowed = looking_commands.allow(
        actor=actor_of(world.olli), member=world.olli, session=session, mode="look", masked=True
    )
    support = staff.hire("Satu Laine", "support", unit=staff.kivisalo)
    opened = staff_sessions.load(secret=staff_users.signed_in("satu", "Satu Laine"))
    assert opened is not None
    looking_commands.begin_by_code(actor=support, code=allowed.result.code, session=opened.key)
    looking_commands.set_rule(actor=actor_of(world.aino), organization=world.koskela, mode="look")
