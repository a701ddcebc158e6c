"""The catalogue in force is written as a file that changes nothing when it is applied as it is."""

import io
from dataclasses import replace

import pytest
from django.core import management

from delegation.catalogue import catalog_file, catalog_text, stored_catalogue
from delegation.catalogue.defaults import Catalogue
from delegation.catalogue.stored_catalogue import StoredCatalogue
from tests.fixtures.world import World

FULL = """
[units]
acme = "Acme \\"North\\""
other = "Other"
[brands]
acme = "acme"
[applications]
shop = { icon = "box" }
crm = {}
[[entitlements]]
key = "shop:orders.place"
text = { en = "order \\\\ buy", fi = "tilata" }
takes_amount = true
takes_sites = false
[[roles]]
key = "head"
name = { en = "Head", fi = "Johtaja" }
description = { en = "Invites.", fi = "Kutsuu." }
entitlements = ["shop:orders.place"]
verbs = ["member.invite"]
assignable = ["head"]
assignable_up_to = { "shop:orders.place" = 1000.50 }
assignable_days = 30
second_factor = true
working_admin = true
[[ceiling_templates]]
key = "large"
name = { en = "Large", fi = "Suuri" }
units = ["acme"]
[ceiling_templates.offer]
"shop:orders.place" = 5000.00
"""


@pytest.mark.parametrize("empty", [False, True])
def test_written_catalogue_is_read_as_the_same_one(*, empty: bool) -> None:
    full = catalog_file.parse(text=FULL)
    catalogue = (
        Catalogue(units={}, entitlements=[], roles=[], ceiling_templates=[], conflicts=[]) if empty else full
    )
    stored = StoredCatalogue(catalogue=catalogue, versions={}, applications={"crm": {}, "shop": {}})
    assert catalog_file.parse(text=catalog_text.text_of(stored)) == catalogue


def test_catalogue_in_force_is_a_file_without_a_difference(world: World) -> None:
    del world
    out = io.StringIO()
    management.call_command("catalog", "show", stdout=out)
    stored, file = stored_catalogue.load(), catalog_file.parse(text=out.getvalue())
    assert replace(stored, catalogue=file).version == stored.version
