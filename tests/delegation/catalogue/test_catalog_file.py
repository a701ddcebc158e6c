"""Catalogue files: refused with their problems, applied, tried in a dry run, and applied again."""

import io
import pathlib
import re
import tomllib
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.core import management

from delegation.authorization.models.roles import Entitlement, Role, RoleEntitlement, RoleVersion
from delegation.authorization.verbs import Verb
from delegation.catalogue import catalog_file
from delegation.catalogue import commands as catalogue_commands
from delegation.catalogue.effects import CatalogueApplied
from delegation.onboarding import new_customer
from delegation.orphan_cases import interim
from demo import ports_and_paths
from identity.clients.models import Application
from identity.organizations.models import BusinessUnit
from portal.shell import catalogue_file
from portal.templatetags import kh
from tests.fixtures import signed_in
from tests.fixtures.world import World

SMALL = """
[units]
acme = "Acme"
[applications]
shop = { icon = "box" }
[[entitlements]]
key = "shop:orders.see"
text = { en = "see orders", fi = "nähdä tilauksia" }
[[entitlements]]
key = "shop:orders.place"
text = { en = "order", fi = "tilata" }
takes_amount = true
takes_sites = false
[[roles]]
key = "buyer"
name = { en = "Buyer", fi = "Ostaja" }
description = { en = "Orders.", fi = "Tilaa." }
entitlements = ["shop:orders.place"]
[[roles]]
key = "head"
name = { en = "Head", fi = "Johtaja" }
description = { en = "Invites.", fi = "Kutsuu." }
verbs = ["member.invite"]
assignable = ["buyer"]
assignable_up_to = { "shop:orders.place" = 1000.50 }
assignable_days = 30
second_factor = true
working_admin = true
"""
_PLACE = (
    "roles[1] “buyer”: entitlements must be a list in which each is one of the entitlements of this file,"
    " and 'shop:orders.plce' is not (nearest: shop:orders.place)."
)
BAD = [
    ("[units]", "[unit]", "unit is not known; allowed are units, brands, applications, entitlements, roles, ceil"),
    ('[units]\nacme = "Acme"', "", "units is missing."),
    ('acme = "Acme"', "acme = 1", "units.acme must be one line of text, at most 500 characters."),
    ('acme = "Acme"', '"A b" = "Acme"', "units.A b must be a key of at most 40 small letters"),
    ('icon = "box"', 'ikon = "box"', "applications.shop: ikon is not known; allowed are icon (nearest: icon)."),
    ('icon = "box"', 'icon = "a b"', "applications.shop: icon must be the name of an icon"),
    ('shop = { icon = "box" }', "shop = 1", "applications.shop: must be a table."),
    ('"shop:orders.see"', '"shop"', "entitlements[1] “shop”: key must be application:thing.action"),
    ('"shop:orders.see"', '"show:x"', "before the colon, and 'show' is not (nearest: shop)"),
    ('key = "shop:orders.see"', 'key = "shop:orders.place"', "[2] “shop:orders.place”: the key occurs twice"),
    ('{ en = "order", fi = "tilata" }', '{ en = "order" }', "with one line of text for each language: en, fi."),
    ("takes_amount = true", "takes_amount = 1", "takes_amount must be true or false."),
    ('entitlements = ["shop:orders.place"]', 'entitlements = ["shop:orders.plce"]', _PLACE),
    ('"member.invite"', '"member.invit"', "the portal's verbs, and 'member.invit' is not (nearest: member.invite)"),
    ('assignable = ["buyer"]', 'assignable = ["byer"]', "the roles of this file, and 'byer' is not (nearest: buyer)"),
    ('assignable = ["buyer"]', 'assignable = "buyer"', "assignable must be a list."),
    ("1000.50", "1000.505", "an amount with at most two decimals, above 0, for shop:orders.place"),
    ("1000.50", "-1", "“ceiling” or an amount"),
    ("1000.50", "inf", "“ceiling” or an amount"),
    ("1000.50", '"all"', "“ceiling” or an amount"),
    ('"shop:orders.place" = 1000.50', '"shop:orders.see" = 1', "entitlements of this file that take an amount"),
    ("assignable_days = 30", "assignable_days = 0", "a whole number of days from 1 to 36500"),
    ("assignable_days = 30", "assignable_days = true", "a whole number of days from 1 to 36500"),
    ('key = "head"', 'key = "Head"', "roles[2] “Head”: key must be a key"),
    ('name = { en = "Head", fi = "Johtaja" }', "", "roles[2] “head”: name is missing."),
    ('fi = "Kutsuu."', 'fi = "Kutsuu.\\n\\u0007"', "description must be a table with one line of text"),
    ("[units]", "[units", "is not valid TOML"),
]  # fmt: skip


DRY_RUN = """\
Business units added: north.
Left out, because their services are not registered: desk:calls.see.
viewer: version 1 ends, version 2 begins
  - see invoices (3 lose)
  - see contacts in the CRM portal (3 lose)
Would lose something: 3 people in 2 organizations.
Would gain something: 0 people in 0 organizations.
  Pohjolan Sähkö Oy: 2 lose, 0 gain
  Rakennusliike Koskela Oy: 1 lose, 0 gain
Nothing was changed.""".splitlines()


@pytest.fixture
def write(tmp_path: pathlib.Path) -> Callable[[str], pathlib.Path]:
    def made(text: str) -> pathlib.Path:
        path = tmp_path / "catalog.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return made


Write = Callable[[str], pathlib.Path]


def applied(path: pathlib.Path, *options: str) -> str:
    out = io.StringIO()
    management.call_command("catalog", "apply", str(path), *options, stdout=out)
    return out.getvalue()


def test_valid_file_gives_the_catalogue(write: Write) -> None:
    read = catalog_file.load(path=write(SMALL))
    assert (read.units, read.icons) == ({"acme": "Acme"}, {"shop": "box"})
    see, place = read.entitlements
    assert (see.takes_amount, see.takes_sites, place.takes_amount, place.takes_sites) == (
        False,
        True,
        True,
        False,
    )
    buyer, head = read.roles
    assert (buyer.entitlements, buyer.verbs, buyer.assignable_roles, buyer.mfa) == (
        ["shop:orders.place"],
        [],
        (),
        False,
    )
    assert (head.verbs, head.assignable_roles, head.assignable_amounts) == (
        [Verb.MEMBER_INVITE], ["buyer"], {"shop:orders.place": Decimal("1000.50")},
    )  # fmt: skip
    assert (head.max_assignment_days, head.mfa, head.is_admin) == (30, True, True)


def test_ceiling_in_place_of_an_amount_gives_no_amount(write: Write) -> None:
    read = catalog_file.load(path=write(SMALL.replace("1000.50", '"ceiling"')))
    assert read.roles[1].assignable_amounts == {"shop:orders.place": None}


@pytest.mark.parametrize(("good", "bad", "problem"), BAD)
def test_invalid_file_names_the_place_and_the_allowed_values(
    write: Write, good: str, bad: str, problem: str
) -> None:
    assert good in SMALL
    path = write(SMALL.replace(good, bad))
    with pytest.raises(catalog_file.InvalidCatalogue) as refused:
        catalog_file.load(path=path)
    lines = str(refused.value).splitlines()
    assert all(line.startswith(f"{path}: ") for line in lines)
    assert any(problem in line for line in lines), lines


def test_all_problems_of_a_file_are_reported_at_once(write: Write) -> None:
    text = SMALL.replace('"member.invite"', '"x"').replace("1000.50", "0").replace('"box"', "1")
    with pytest.raises(catalog_file.InvalidCatalogue) as refused:
        catalog_file.load(path=write(text))
    assert len(str(refused.value).splitlines()) == 3


def test_missing_file_is_refused_with_its_path(tmp_path: pathlib.Path) -> None:
    with pytest.raises(catalog_file.InvalidCatalogue, match=r"none\.toml: cannot be read"):
        catalog_file.load(path=tmp_path / "none.toml")


def test_sample_catalogue_uses_icons_of_the_sprite() -> None:
    icons = catalog_file.load(path=ports_and_paths.CATALOG).icons
    assert set(icons) == {"ordering", "crm"}
    assert set(icons.values()) <= kh.icon_names()


def test_dry_run_changes_nothing_and_lists_the_changes(world: World, write: Write) -> None:
    def state() -> list[Any]:
        models = (BusinessUnit, Application, Entitlement, Role, RoleVersion, RoleEntitlement)
        return [list(model.objects.order_by("pk").values()) for model in models]

    changed = ports_and_paths.CATALOG.read_text(encoding="utf-8").replace('"box"', "").replace(
        'entitlements = ["ordering:orders.see", "ordering:invoices.see", "crm:contacts.see"]\n\n',
        'entitlements = ["ordering:orders.see"]\n\n', 1,
    ).replace('kivisalo = "Kivisalo"', 'kivisalo = "Kivisalo"\nnorth = "North"').replace(
        "[applications]", "[applications]\ndesk = {}"
    ) + '\n[[entitlements]]\nkey = "desk:calls.see"\ntext = { en = "see calls", fi = "nähdä puheluita" }\n'  # fmt: skip
    before = state()
    assert applied(write(changed), "--dry-run").splitlines() == DRY_RUN
    assert state() == before
    assert "Changed roles: viewer." in applied(write(changed))
    assert state() != before
    assert BusinessUnit.objects.filter(key="north").exists()
    assert "Changed roles: none." in applied(write(changed))


def test_applied_catalogue_sets_and_clears_icons_of_applications(world: World, write: Write) -> None:
    assert dict(Application.objects.values_list("key", "icon")) == {
        "ordering": "shopping-cart",
        "crm": "address-book",
    }
    text = ports_and_paths.CATALOG.read_text(encoding="utf-8")
    applied(write(text.replace('{ icon = "shopping-cart" }', "{}").replace("address-book", "headset")))
    assert dict(Application.objects.values_list("key", "icon")) == {"ordering": "", "crm": "headset"}
    page = signed_in.browser(world.vilma).get("/o/koskela/").content.decode()
    tiles = page.partition('<ul class="kh-tiles">')[2].partition("</ul>")[0]
    assert {"box", "headset"} & set(re.findall(r"svg#([a-z-]+)", tiles)) == {"box", "headset"}


def test_unknown_icon_and_invalid_file_are_refused_before_anything_is_written(
    world: World, write: Write
) -> None:
    text = ports_and_paths.CATALOG.read_text(encoding="utf-8").replace(
        'kivisalo = "Kivisalo"', 'north = "North"'
    )
    with pytest.raises(
        management.CommandError,
        match=r"ordering: nonsense is not known\. The known icons are .*shopping-cart",
    ):
        applied(write(text.replace("shopping-cart", "nonsense")))
    with pytest.raises(management.CommandError, match="units is missing"):
        applied(write(text.replace("[units]", "[unit]")))
    assert not BusinessUnit.objects.filter(key="north").exists()


def test_sample_catalogue_applied_again_changes_no_role(world: World) -> None:
    done = catalogue_commands.apply(
        actor=world.system, catalogue=catalog_file.load(path=ports_and_paths.CATALOG)
    )
    assert done.result == CatalogueApplied(roles=(), unregistered=())


def test_ready_made_catalogue_is_valid_and_each_entitlement_has_a_tier() -> None:
    out = io.StringIO()
    management.call_command("catalog", "ready-made", stdout=out)
    ready = catalog_file.parse(text=out.getvalue())
    assert catalogue_file.problems(ready) == []
    assert {key for role in ready.roles for key in role.entitlements} == {
        one.key for one in ready.entitlements
    }
    assert {interim.FIRST_ROLE, interim.ADMIN_ROLE, new_customer.ADMIN_ROLE} <= {
        one.key for one in ready.roles
    }
    for language in ("en", "fi"):
        texts = [one.text[language] for one in ready.entitlements] + [
            one.name[language] for one in ready.roles
        ]
        assert len(texts) == len(set(texts)) == 46
    amounts = {one.key for one in ready.entitlements if one.takes_amount}
    assert all(set(role.assignable_amounts) in (amounts, set()) for role in ready.roles)


def test_sample_catalogue_names_every_tier_of_the_sample_people() -> None:
    keys = [one["key"] for one in tomllib.loads(ports_and_paths.CATALOG.read_text(encoding="utf-8"))["roles"]]
    assert keys == [
        "viewer", "orderer", "approver", "site_admin", "user_admin", "organization_admin", "interim_admin",
        "security_admin",
    ]  # fmt: skip
