"""`manage.py ceiling` offers a customer what a template or the operator names, and shows the difference first."""

import io

import pytest
from django.core.management import CommandError, call_command

from audit.foundation import clock
from audit.log import ledger
from delegation.authorization.verbs import Verb
from delegation.catalogue import ceilings
from tests.fixtures import events
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)


def run(*words: str) -> list[str]:
    output = io.StringIO()
    call_command("ceiling", *words, stdout=output)
    return output.getvalue().splitlines()


def test_template_is_shown_applied_once_and_refused_where_unknown(world: World) -> None:
    shown = [
        "- ordering:orders.place: up to 20000.00 EUR → up to 2000.00 EUR (1 lose, 0 gain)",
        "- ordering:orders.approve: up to 20000.00 EUR → not offered (0 lose, 0 gain)",
        "- crm:contacts.see: offered → not offered (7 lose, 0 gain)",
        "- crm:tickets.create: offered → not offered (2 lose, 0 gain)",
        "People who lose something: 7; who gain something: 0.",
    ]
    assert run("apply", "koskela", "basic", "--dry-run") == [*shown, "Nothing was changed."]
    assert "crm:contacts.see" in ceilings.current_offer(organization=world.koskela, at=clock.now())
    assert run("apply", "koskela", "basic", "--unit", "kivisalo") == [*shown, "Applied."]
    assert sorted(ceilings.current_offer(organization=world.koskela, at=clock.now())) == [
        "ordering:invoices.see",
        "ordering:orders.place",
        "ordering:orders.see",
    ]
    assert run("apply", "koskela", "basic")[-1] == "Nothing was changed."
    for words in (("nobody", "basic"), ("koskela", "nothing"), ("koskela", "basic", "--unit", "nowhere")):
        with pytest.raises(CommandError):
            run("apply", *words)


def test_single_entitlements_are_offered_and_withdrawn_while_the_rest_stays(world: World) -> None:
    before = ceilings.current_offer(organization=world.koskela, at=clock.now())
    words = ("set", "koskela", "ordering:orders.place=5000", "--withdraw", "crm:tickets.create")
    shown = [
        "- ordering:orders.place: up to 20000.00 EUR → up to 5000.00 EUR (0 lose, 0 gain)",
        "- crm:tickets.create: offered → not offered (2 lose, 0 gain)",
        "People who lose something: 2; who gain something: 0.",
    ]
    assert run(*words, "--dry-run") == [*shown, "Nothing was changed."]
    assert ceilings.current_offer(organization=world.koskela, at=clock.now()) == before
    assert run(*words) == [*shown, "Applied."]
    after = ceilings.current_offer(organization=world.koskela, at=clock.now())
    assert after["ordering:orders.place"].amount == 5000
    assert before.keys() - after.keys() == {"crm:tickets.create"}
    assert {key: limit for key, limit in after.items() if key != "ordering:orders.place"} == {
        key: before[key] for key in after if key != "ordering:orders.place"
    }
    recorded = max(events.recorded(Verb.CEILING_SET, chain=ledger.SUPPLIER), key=lambda event: event.at)
    facts = events.body(recorded)["facts"]
    assert sorted(facts["offer"]) == ["crm:tickets.create", "ordering:orders.place"]
    assert facts["organization"] == str(world.koskela.id)
    assert run(*words)[-1] == "Nothing was changed."


def test_offer_of_any_amount_is_made_only_by_its_word(world: World) -> None:
    run("set", "koskela", "ordering:orders.place=none")
    offer = ceilings.current_offer(organization=world.koskela, at=clock.now())
    assert offer["ordering:orders.place"].amount is None


def test_offer_of_each_unit_is_shown(world: World) -> None:
    assert run("show", "koskela")[:3] == [
        "kivisalo:",
        "  crm:contacts.see: offered",
        "  crm:tickets.create: offered",
    ]
    run("set", "koskela", *(word for key in current(world) for word in ("--withdraw", key)))
    assert run("show", "koskela") == ["kivisalo: nothing is offered"]


def current(world: World) -> list[str]:
    return sorted(ceilings.current_offer(organization=world.koskela, at=clock.now()))


def test_wrong_offers_are_named_and_change_nothing(world: World) -> None:
    before = current(world)
    for words, says in (
        ((), "Name an entitlement"),
        (("shop:nothing",), "is no entitlement"),
        (("--withdraw", "shop:nothing"), "is no entitlement"),
        (("ordering:orders.see=5",), "takes no amount"),
        (("ordering:orders.see=none",), "takes no amount"),
        (("ordering:orders.place",), "takes an amount: ordering:orders.place=5000.00, or .*=none"),
        (("ordering:orders.place=",), "is no amount"),
        (("ordering:orders.place=much",), "is no amount"),
        (("ordering:orders.place=-1",), "is no amount"),
        (("ordering:orders.place=NaN",), "is no amount"),
        (("ordering:orders.place=1.001",), "is no amount"),
        (("ordering:orders.place", "--withdraw", "ordering:orders.place"), "named twice"),
        (("ordering:orders.see", "--unit", "nowhere"), "unit"),
    ):
        with pytest.raises(CommandError, match=says):
            run("set", "koskela", *words)
    with pytest.raises(CommandError, match="unknown is no customer"):
        run("show", "unknown")
    assert current(world) == before
