"""`manage.py customer apply`: a customer from a file, repeatable, with errors that name line and field."""

from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from audit.foundation import clock
from audit.models import Event
from delegation.authorization.errors import AlreadyInvited
from delegation.authorization.values import AmountLimit
from delegation.catalogue import ceilings
from delegation.invitations.commands import send as invitations_send
from delegation.invitations.models import Invitation
from delegation.onboarding import commands as onboarding_commands
from delegation.people.commands import members
from identity.organizations.models import Organization
from portal.onboarding import customer_file
from provisioning.mail.models import Mail
from tests.fixtures import queued_mails
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.staff_rights import Staff
from tests.fixtures.world import World, actor_of, move_clock

pytestmark = pytest.mark.django_db(transaction=True)
EXAMPLE = Path(__file__).parents[3] / "demo" / "customer.toml"


def apply(path: Path, *words: str) -> list[str]:
    output = StringIO()
    call_command("customer", "apply", str(path), *words, stdout=output)
    return output.getvalue().splitlines()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return Path(tmp_path / "customer.toml")


def test_customer_of_the_example_is_created_and_its_admin_invited_by_mail(world: World) -> None:
    lines = apply(EXAMPLE)
    assert lines[0] == "Done: create the organization rauma with 2 sites."
    rauma = Organization.objects.get(key="rauma")
    assert rauma.mail_domains == ["rauma.example"]
    assert dict(rauma.sites.values_list("name", "external_id")) == {"Rauma": "RAU", "Pori": ""}
    assert rauma.customer_numbers.get().number == "20881"
    offer = ceilings.current_offer(organization=rauma, at=clock.now())
    assert {key: limit.amount for key, limit in offer.items()} == {
        "ordering:orders.place": 20000, "ordering:orders.approve": 20000, "ordering:orders.see": None,
    }  # fmt: skip
    invitation = Invitation.objects.get(organization=rauma)
    assert (invitation.email, invitation.role.key, invitation.language) == (
        "liisa@rauma.example", "organization_admin", "fi",
    )  # fmt: skip
    assert Mail.objects.get(organization=rauma.id).about == invitation.id


def test_file_applied_again_changes_nothing(world: World) -> None:
    apply(EXAMPLE)
    before = Event.objects.count(), Mail.objects.count()
    assert apply(EXAMPLE) == ["Nothing to do."]
    assert (Event.objects.count(), Mail.objects.count()) == before


def test_file_of_a_customer_that_staff_onboarded_invites_the_admin_no_second_time(world: World) -> None:
    staff = Staff(world)
    maarja = staff.hire("Maarja Kuusk", "account_manager", unit=staff.kivisalo)
    customer = customer_file.load(EXAMPLE, entitlements=ceilings.entitlements_with_amount())
    onboarding_commands.onboard(actor=maarja, customer=customer)
    assert apply(EXAMPLE) == ["Nothing to do."]
    (invitation,) = Invitation.objects.filter(organization__key="rauma")
    with pytest.raises(AlreadyInvited):
        invitations_send.invite(
            actor=world.system,
            organization=invitation.organization,
            email=invitation.email,
            access=world.access("organization_admin"),
        )
    apply(EXAMPLE, "--resend")
    again = Invitation.objects.get(organization__key="rauma")
    assert (again.id, again.invited_by_kind, again.tokens.count()) == (invitation.id, "system", 2)


def test_dry_run_says_the_steps_and_changes_nothing(world: World) -> None:
    before = Event.objects.count()
    lines = apply(EXAMPLE, "--dry-run")
    assert all(line.startswith("Would ") for line in lines)
    assert any("invite liisa@rauma.example" in line for line in lines)
    assert Event.objects.count() == before
    done = [line.removeprefix("Done: ") for line in apply(EXAMPLE)]
    assert [line.removeprefix("Would ").split()[0] for line in lines] == [line.split()[0] for line in done]


def test_changed_file_adds_missing_entries_and_names_those_that_no_command_changes(
    world: World, file: Path
) -> None:
    apply(EXAMPLE)
    text = EXAMPLE.read_text(encoding="utf-8")
    changes = {
        '"Pori"': '"Pori"\n[[sites]]\nname = "Turku"',
        '"ordering:orders.place" = 20000': '"ordering:orders.place" = 500.50',
        '["rauma.example"]': '["rauma.example", "pori.example"]',
        '"Rauman Rakennus Oy"': '"Another Name Oy"',
    }
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")
    assert apply(file, "--dry-run")[:3] == [
        "Would add the sites Turku.",
        "Would set the mail domains rauma.example, pori.example.",
        "Would offer ordering:orders.place.",
    ]
    lines = apply(file)
    assert lines[0] == "Done: add the sites Turku."
    assert lines[-1] == "Not changed: organization.name is 'Rauman Rakennus Oy' in the database."
    assert apply(file) == [lines[-1], "Nothing to do."]


def offer_of(rauma: Organization) -> dict[str, tuple[str | None, str]]:
    """Give the amount and the currency of each offered entitlement."""
    offer = ceilings.current_offer(organization=rauma, at=clock.now())
    return {key: (str(limit.amount), limit.currency) for key, limit in offer.items()}


@pytest.mark.parametrize("rest", ["[offer]\n", ""])
def test_offer_that_the_file_no_longer_holds_is_withdrawn(world: World, file: Path, rest: str) -> None:
    apply(EXAMPLE)
    rauma = Organization.objects.get(key="rauma")
    text = EXAMPLE.read_text(encoding="utf-8")
    file.write_text(text.replace('"ordering:orders.approve" = 20000', ""), encoding="utf-8")
    assert apply(file, "--dry-run") == ["Would withdraw ordering:orders.approve from the offer."]
    assert len(offer_of(rauma)) == 3
    assert apply(file) == ["Done: withdraw ordering:orders.approve from the offer."]
    assert set(offer_of(rauma)) == {"ordering:orders.place", "ordering:orders.see"}
    file.write_text(text[: text.index("[offer]")] + rest + text[text.index("[admin]") :], encoding="utf-8")
    assert apply(file) == ["Done: withdraw ordering:orders.place, ordering:orders.see from the offer."]
    assert offer_of(rauma) == {}
    assert apply(file) == ["Nothing to do."]


def test_offer_in_another_currency_is_set_to_the_file_s(world: World) -> None:
    apply(EXAMPLE)
    rauma = Organization.objects.get(key="rauma")
    crowns = {"ordering:orders.place": AmountLimit(Decimal(20000), "SEK")}
    ceilings.set_ceiling(actor=world.system, organization=rauma, offer=crowns)
    assert apply(EXAMPLE) == ["Done: offer ordering:orders.place."]
    assert offer_of(rauma)["ordering:orders.place"] == ("20000.00", "EUR")
    assert apply(EXAMPLE) == ["Nothing to do."]


def test_domains_in_another_order_or_written_twice_change_nothing(world: World, file: Path) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    for domains in (
        '["rauma.example", "pori.example"]',
        '["rauma.example", "pori.example", "Rauma.example"]',
    ):
        file.write_text(text.replace('["rauma.example"]', domains), encoding="utf-8")
        lines = apply(file)
    assert lines == ["Nothing to do."]
    assert Organization.objects.get(key="rauma").mail_domains == ["pori.example", "rauma.example"]


def test_admin_who_has_left_is_not_invited_by_an_old_file(world: World, file: Path) -> None:
    apply(EXAMPLE)
    rauma = Organization.objects.get(key="rauma")
    leaver = world.member(rauma, "Lotta Lahti", "organization_admin")
    remaining = world.member(rauma, "Eeva Toinen", "organization_admin")
    text = EXAMPLE.read_text(encoding="utf-8").replace("liisa@rauma.example", leaver.user.email)
    file.write_text(text, encoding="utf-8")
    members.remove(actor=actor_of(remaining), memberships=[leaver])
    before = Invitation.objects.count()
    place = "Not changed: admin.email is that of a former member in the database:"
    assert apply(file, "--resend") == [f"{place} {leaver.user.email} is not invited.", "Nothing to do."]
    assert Invitation.objects.count() == before


def test_lost_mail_is_sent_again_with_a_new_link(world: World) -> None:
    apply(EXAMPLE)
    assert apply(EXAMPLE, "--resend", "--dry-run")[0].startswith("Would send a new link")
    assert Mail.objects.filter(purpose="invitation").count() == 1
    assert apply(EXAMPLE, "--resend") == [
        "Done: send a new link to liisa@rauma.example as organization_admin."
    ]
    assert Mail.objects.filter(organization__isnull=False, purpose="invitation").count() == 2
    assert Invitation.objects.filter(organization__key="rauma").count() == 1


def organization_without_liisa(file: Path) -> Organization:
    """Apply the example with another admin."""
    text = EXAMPLE.read_text(encoding="utf-8").replace("liisa@rauma.example", "admin@rauma.example")
    file.write_text(text, encoding="utf-8")
    apply(file)
    return Organization.objects.get(key="rauma")


def test_invitation_by_a_member_does_not_replace_the_supplier_s(world: World, file: Path) -> None:
    rauma = organization_without_liisa(file)
    site, email = rauma.sites.get(name="Pori"), "liisa@rauma.example"
    admin = world.member(rauma, "Eeva Toinen", "organization_admin")
    world.invite(rauma, email, world.access("organization_admin"), actor=actor_of(admin))
    member = world.member(rauma, "Kaisa Toinen", "site_admin", sites=[site])
    viewer = world.access("viewer", sites=[site])
    lesser, _ = world.invite(rauma, email, viewer, actor=actor_of(member))
    assert apply(EXAMPLE) == [f"Done: invite {email} as organization_admin."]
    assert apply(EXAMPLE) == ["Nothing to do."]
    move_clock(60)
    assert apply(EXAMPLE, "--resend") == [f"Done: send a new link to {email} as organization_admin."]
    rows = Invitation.objects.filter(organization=rauma, email=email, cancelled_at=None)
    assert set(rows.values_list("role__key", "all_sites", "invited_by")) == {
        ("organization_admin", True, world.system.id),
        ("organization_admin", True, admin.user_id),
        ("viewer", False, member.user_id),
    }
    assert world.invitation(lesser.id).expires_at == lesser.expires_at


@pytest.mark.parametrize(("role", "sites"), [("viewer", []), ("organization_admin", ["Pori"])])
def test_lesser_invitation_of_the_supplier_stops_the_command_and_stays_open(
    world: World, file: Path, role: str, sites: list[str]
) -> None:
    rauma = organization_without_liisa(file)
    access = world.access(role, sites=list(rauma.sites.filter(name__in=sites)))
    lesser, _ = world.invite(rauma, "liisa@rauma.example", access)
    with pytest.raises(CommandError, match="Then run it again"):
        apply(EXAMPLE)
    assert world.invitation(lesser.id).cancelled_at is None


def test_admin_who_is_a_member_already_is_not_invited(world: World, file: Path) -> None:
    apply(EXAMPLE)
    rauma = Organization.objects.get(key="rauma")
    world.member(rauma, "Kaisa Toinen", "viewer")
    member = rauma.memberships.get().user.email
    text = EXAMPLE.read_text(encoding="utf-8").replace("liisa@rauma.example", member)
    file.write_text(text, encoding="utf-8")
    assert apply(file) == ["Nothing to do."]


KEY, DOMAINS, AMOUNT = 'key = "rauma"', '["rauma.example"]', '"ordering:orders.place" = 20000'
BAD = [
    (KEY, 'key = "Rauma Oy"', "line 4: organization.key must be a key of at most 40"),
    (KEY, "", "line 3: organization.key is missing. Add a key"),
    (KEY, "key = 5", "line 4: organization.key must be text in quotes"),
    (
        'name = "Rauman Rakennus Oy"',
        'nmae = "R"',
        "line 5: organization.nmae is not known. Allowed are key, name",
    ),
    (
        'language = "fi"',
        'language = "xx"',
        "line 7: organization.language must be one of the portal's languages",
    ),
    ('"Europe/Helsinki"', '"Helsinki"', "line 8: organization.time_zone must be a name such as"),
    (DOMAINS, '["rauma"]', "line 9: organization.mail_domains must be domains such as"),
    (DOMAINS, '"rauma.example"', "line 9: organization.mail_domains must be a list"),
    ('name = "Pori"', 'name = "Rauma"', "sites.name “Rauma” occurs twice"),
    (
        '[[sites]]\nname = "Rauma"\nexternal_id = "RAU"\n\n[[sites]]',
        "[sites]",
        "sites must be written as [[sites]]",
    ),
    (AMOUNT, '"ordering:orders.plaec" = 1', "is no entitlement of the catalogue"),
    (AMOUNT, '"ordering:orders.place" = -1', "must be an amount above 0"),
    (AMOUNT, '"ordering:orders.place" = nan', "must be an amount above 0"),
    ('"ordering:orders.see" = true', '"ordering:orders.see" = 5', "offer.ordering:orders.see must be true"),
    ('"ordering:orders.place" = 20000', '"ordering:orders.place" = 1.001', "must be an amount above 0"),
    ('"ordering:orders.place" = 20000', '"ordering:orders.place" = 1e30', "must be an amount above 0"),
    ('name = "Pori"', f'name = "{"P" * 121}"', "sites.name must be a line of text (too_long)"),
    ('external_id = "RAU"', f'external_id = "{"R" * 81}"', "sites.external_id must be a line of text (too"),
    ('kivisalo = "20881"', f'kivisalo = "{"2" * 41}"', "numbers.kivisalo must be a line of text (too_long)"),
    ('kivisalo = "20881"', 'kivisalo = ""', "numbers.kivisalo must be a line of text (missing)"),
    ('"2345678-9"', f'"{"2" * 41}"', "organization.register_id must be a line of text (too_long)"),
    ('email = "liisa@rauma.example"', 'email = "liisa"', "admin.email must be a mail address"),
    ("[admin]", "[admins]", "admins is not known. Allowed are organization, numbers"),
    ('kivisalo = "20881"', 'kivi = "20881"', "numbers.kivi is no business unit"),
    (KEY, "key = rauma", "is not valid TOML: Invalid value (at line 4"),
]


@pytest.mark.parametrize(("old", "new", "words"), BAD)
def test_problem_of_a_file_names_line_field_and_allowed_values(
    world: World, file: Path, old: str, new: str, words: str
) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    for options in ([], ["--dry-run"]):
        with pytest.raises(CommandError) as raised:
            apply(file, *options)
        assert str(file) in str(raised.value)
        assert words in str(raised.value)
    assert not Organization.objects.filter(key="rauma").exists()


def test_all_problems_of_a_file_are_named_at_once(world: World, file: Path) -> None:
    text = EXAMPLE.read_text(encoding="utf-8").replace('"fi"', '"xx"').replace("liisa@rauma.example", "liisa")
    file.write_text(text, encoding="utf-8")
    with pytest.raises(CommandError) as raised:
        apply(file)
    assert len(str(raised.value).splitlines()) == 2


def test_missing_file_is_named(world: World, file: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        apply(file)


def test_invited_admin_opens_the_link_of_the_mail(world: World) -> None:
    apply(EXAMPLE)
    page = BrowserClient().get(f"/invitations/{queued_mails.invitation_token()}", follow=True)
    assert page.status_code == 200
    assert "Rauman Rakennus Oy" in page.content.decode()
