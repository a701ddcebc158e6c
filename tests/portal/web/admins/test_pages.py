"""Any colleague sees the admins and asks them by a message; strangers see nothing."""

import pytest

from identity.people.models import User
from portal.web.admins.context import MyAdminsPage
from provisioning.mail import stored
from provisioning.mail.models import Mail
from tests.fixtures import signed_in
from tests.fixtures.pages import KOSKELA, count_statements, page_model
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)
LIST = f"{KOSKELA}/admins"
STATEMENTS = 12


def mailed(purpose: str) -> list[str]:
    names = dict(User.objects.values_list("email", "name"))
    rows = Mail.objects.filter(purpose=purpose)
    return sorted(names[stored.recipient(row=row)].split()[0] for row in rows)


def test_list_names_the_admins_to_colleagues_alone(world: World) -> None:
    browser = signed_in.browser(world.mikko)
    model = page_model(browser.get(LIST), MyAdminsPage)
    assert {row.name: row.part for row in model.admins} == {
        "Aino Virtanen": "Admin, all sites",
        "Päivi Korhonen": "Admin, all sites",
        "Ulla Nieminen": "User admin, all sites",
    }
    assert signed_in.browser(world.stina).get(LIST).status_code == 404
    of_vilma = signed_in.browser(world.vilma)
    assert count_statements(of_vilma, LIST) == STATEMENTS
    assert count_statements(signed_in.browser(world.tiina), "/o/pohjola/admins") <= STATEMENTS
    for path in ("ask", "left"):
        for member in (world.olli, world.mikko, world.tiina):
            assert browser.get(f"{LIST}/{member.id}/{path}").status_code == 404


def test_message_is_mailed_once_and_limited(world: World) -> None:
    browser, url = signed_in.browser(world.mikko), f"{LIST}/{world.aino.id}/ask"
    assert browser.post(url, {}).status_code == 200
    for _ in range(2):
        sent = browser.post(url, {"message": "Please add me to Oulu", "idempotency_key": "k1"})
        assert sent["Location"] == LIST
    assert mailed("admin_question") == ["Aino"]
    row = Mail.objects.get(purpose="admin_question")
    text = stored.message(row=row).decode()
    assert "Please add me to Oulu" in text
    assert "mikko" in text
    answers = [
        browser.post(url, {"message": "Again", "idempotency_key": f"n{n}"}).status_code for n in range(12)
    ]
    assert answers[:9] + answers[-1:] == [302] * 9 + [429]
