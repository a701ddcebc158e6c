"""A form that was sent without a session is kept in the browser until it is sent with one."""

import html
import re
from typing import Any

import pytest
from django.conf import settings

from audit.models import Event
from tests.fixtures import world as worlds
from tests.fixtures.browser_client import BrowserClient, code_of
from tests.fixtures.pages import orderer_form, person_path, visible_text
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)

LOGIN, CODE = "/account/login/", "/account/code/"
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
_FORM = re.compile(r'<form class="kh-mt" action="([^"]+)".*?</form>', re.DOTALL)


class Tabs(BrowserClient):
    """Two tabs of one browser: the cookies are shared, and every form needs its token."""

    def __init__(self) -> None:
        super().__init__(enforce_csrf_checks=True, HTTP_ORIGIN=settings.ISSUER)
        self.defaults["HTTP_HOST"] = settings.ISSUER.partition("//")[2]

    def send_from(self, page: Any, path: str, **fields: object) -> Any:
        """Send a form with the token of the page that it is on."""
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.content.decode())
        assert token
        return self.post(path, {**fields, "csrfmiddlewaretoken": token[1]})

    def send_kept(self, page: Any) -> Any:
        """Send the form of the page of a kept form, as a browser does."""
        form = _FORM.search(page.content.decode())
        assert form, page.content.decode()
        fields: dict[str, list[str]] = {}
        for name, value in _HIDDEN.findall(form[0]):
            fields.setdefault(name, []).append(html.unescape(value))
        return self.post(form[1], fields)


def test_kept_form_is_shown_after_signing_in_again_and_sent_once(world: World) -> None:
    """The session ends while the form is open; the person signs in on another tab of the same browser."""
    browser, url = Tabs(), person_path(world.mikko, "access")
    other_tier = {"limit_approver": "7 777"}
    typed = other_tier | orderer_form(world, limit_orderer="3 000", reason="Project “Sampo”")
    gone = browser.send_from(browser.get(LOGIN), url, **typed)
    assert (gone.status_code, "You were signed out" in visible_text(gone)) == (419, True)
    person = {"login": world.aino.user.email, "password": worlds.PASSWORD}
    answer = browser.send_from(browser.get(LOGIN), LOGIN, **person)
    assert answer.status_code == 302, visible_text(answer)[:600]
    assert answer["Location"] == CODE
    assert browser.send_from(browser.get(CODE), CODE, code=code_of(world.aino.user)).status_code == 302
    back = browser.send_kept(gone)
    text = visible_text(back)
    assert (back.status_code, "Check and send the form" in text, "signed out" in text) == (419, True, False)
    assert "Reason Project “Sampo”" in text
    assert "Tier Orderer Limit 3 000" in text
    assert "7 777" not in text
    assert world.tampere.id.hex not in text.replace("-", "")
    assert not Event.objects.filter(verb="access.change").exists()
    for _ in range(2):
        assert browser.send_kept(back)["Location"] == person_path(world.mikko)
    assert Event.objects.filter(verb="access.change", outcome="done").count() == 1


def test_kept_form_of_another_person_changes_nothing(world: World) -> None:
    """A colleague without the right signs in on the same browser and sends the form."""
    browser = Tabs()
    gone = browser.send_from(browser.get(LOGIN), person_path(world.mikko, "access"), **orderer_form(world))
    person = {"login": world.vilma.user.email, "password": worlds.PASSWORD}
    answer = browser.send_from(browser.get(LOGIN), LOGIN, **person)
    assert answer.status_code == 302, visible_text(answer)[:600]
    assert answer["Location"] == CODE
    browser.send_from(browser.get(CODE), CODE, code=code_of(world.vilma.user))
    assert browser.send_kept(browser.send_kept(gone)).status_code in {403, 404}
    assert not Event.objects.filter(verb="access.change", outcome="done").exists()


def test_kept_form_without_a_value_to_check_shows_no_list(world: World) -> None:
    browser = Tabs()
    gone = browser.send_from(browser.get(LOGIN), person_path(world.mikko, "access"), tier="no\x00tier")
    assert gone.status_code == 419
    assert '<dl class="kh-facts">' not in gone.content.decode()
