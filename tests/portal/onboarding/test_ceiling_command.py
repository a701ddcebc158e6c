"""`manage.py ceiling apply` offers a customer what a template names, and shows the difference first."""

import io

import pytest
from django.core.management import CommandError, call_command

from audit.foundation import clock
from delegation.catalogue import ceilings
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)


def run(*words: str) -> list[str]:
    output = io.StringIO()
    call_command("ceiling", "apply", *words, stdout=output)
    return output.getvalue().splitlines()


def test_template_is_shown_applied_once_and_refused_where_unknown(world: World) -> None:
    shown = [
        "- ordering:orders.place: up to 20000.00 EUR → up to 2000.00 EUR (1 lose, 0 gain)",
        "- ordering:orders.approve: up to 20000.00 EUR → not offered (0 lose, 0 gain)",
        "- crm:contacts.see: offered → not offered (7 lose, 0 gain)",
        "- crm:tickets.create: offered → not offered (2 lose, 0 gain)",
        "People who lose something: 7; who gain something: 0.",
    ]
    assert run("koskela", "basic", "--dry-run") == [*shown, "Nothing was changed."]
    assert "crm:contacts.see" in ceilings.current_offer(organization=world.koskela, at=clock.now())
    assert run("koskela", "basic", "--unit", "kivisalo") == [*shown, "Applied."]
    assert sorted(ceilings.current_offer(organization=world.koskela, at=clock.now())) == [
        "ordering:invoices.see",
        "ordering:orders.place",
        "ordering:orders.see",
    ]
    assert run("koskela", "basic")[-1] == "Nothing was changed."
    for words in (("nobody", "basic"), ("koskela", "nothing"), ("koskela", "basic", "--unit", "nowhere")):
        with pytest.raises(CommandError):
            run(*words)
