"""README's story, step by step: every word that it quotes stands on the page where the reader needs it."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from demo.runner import Demo
from tests.fixtures import authenticator_app
from tests.journeys import people
from tests.journeys.people import PASSWORD, Person

pytestmark = pytest.mark.timeout(600)

README = Path(__file__).parents[2] / "README.md"
EMAIL, NAME = "oona.opas@koskela.example", "Oona Opas"
_QUOTED = re.compile(r"\*\*([^*]+)\*\*|\*([^*]+)\*")


def quoted_words() -> Iterator[str]:
    """The words that the story quotes, in bold or italic, in order."""
    story = README.read_text(encoding="utf-8").partition("## Try it")[2].partition("\n## ")[0]
    for bold, italic in _QUOTED.findall(story):
        yield " ".join((bold or italic).split())


class Story:
    """Reads the quoted words one after another, and checks that each is visible where it is used."""

    def __init__(self) -> None:
        self.words = list(quoted_words())

    def find(self, place: Page | Locator, word: str, *, seconds: float = 15) -> Locator:
        """Give the first visible text with the next quoted word, which is `word`."""
        assert self.words.pop(0) == word
        found = place.get_by_text(re.compile(re.escape(word), re.IGNORECASE)).filter(visible=True).first
        expect(found).to_be_visible(timeout=seconds * 1000)
        return found


def invite(story: Story, page: Page) -> None:
    """Invite an orderer for Tampere up to 5 000 €."""
    story.find(page, "People").click()
    story.find(page, "Invite").click()
    page.get_by_label("E-mail address").fill(EMAIL)
    panel = page.get_by_role("dialog")
    story.find(panel, "Orderer").click()
    panel.get_by_label(re.compile("Limit")).filter(visible=True).first.fill("5 000")
    story.find(panel, "Only some sites").click()
    story.find(panel, "Tampere").click()
    story.find(panel, "Send invitation").click()
    expect(page.get_by_text(f"The invitation to {EMAIL} is being sent.")).to_be_visible()


def accept(story: Story, page: Page, mailbox: Page, link: str) -> None:
    """Accept the invitation, with the mailbox as the telephone."""
    page.goto(link)
    page.get_by_label("Your name").fill(NAME)
    page.get_by_label("New password").fill(PASSWORD)
    story.find(page, "Accept invitation").click()
    story.find(page, "Connect app").click()
    story.find(page, "Enter the key instead").click()
    key = page.locator("#secret").inner_text()
    story.find(mailbox, "Codes").click()
    story.find(mailbox, "Add a person").click()
    mailbox.get_by_label("Key").fill(key)
    mailbox.get_by_label("Name").fill(NAME)
    story.find(mailbox, "Add key").click()
    row = mailbox.get_by_role("row").filter(has_text=NAME).first  # the newest
    expect(row.locator("code")).to_be_visible()
    authenticator_app.now(key.replace(" ", ""))  # waits until the code lasts long enough
    mailbox.reload()
    page.get_by_label("Code", exact=True).fill(row.locator("code").inner_text())
    story.find(page, "Connect app")
    page.get_by_role("button", name="Connect app").click()
    expect(page.locator("#codes li")).to_have_count(10)
    story.find(page, "I have saved these codes").click()


def order(page: Page, address: str, amount: str) -> None:
    """Order in the web shop."""
    page.goto(f"{address}/order")
    page.get_by_label("Amount").fill(amount)
    page.get_by_role("button", name="Place the order").click()


def test_story_of_the_readme_works_as_written(demo: Demo, new_person: Callable[[], Person]) -> None:
    story, aino, oona = Story(), new_person(), new_person()
    page, mailbox, shop = aino.page, oona.context.new_page(), oona.page
    mailbox.goto(demo.where.url("MAIL_PORT"))
    story.find(mailbox, "Codes").click()
    expect(mailbox.get_by_role("row").filter(has_text="aino.virtanen")).to_contain_text(re.compile(r"\d{6}"))
    aino.sign_in(**people.sample(demo, "aino.virtanen@koskela.example"))

    invite(story, page)
    found = people.LINK.search(people.mail_to(demo, EMAIL))
    assert found is not None
    accept(story, shop, mailbox, found.group(0))

    story.find(shop.get_by_role("region", name="Open a service"), "Web shop").click()
    expect(shop.get_by_text("up to 5 000 € per order")).to_be_visible()
    story.find(shop, "New order")
    order(shop, demo.where.url("ORDERING_PORT"), "4900")
    story.find(shop, "is placed")
    order(shop, demo.where.url("ORDERING_PORT"), "5100")
    story.find(shop, "waits for an approver")
    expect(shop.get_by_text("Päivi Korhonen")).to_be_visible()

    crm = aino.context.new_page()
    crm.goto(aino.portal)
    story.find(crm.get_by_role("region", name="Open a service"), "CRM portal").click()
    story.find(crm, "Pause updates").click()
    expect(crm.get_by_text("Updates are paused.")).to_be_visible()
    try:
        page.goto(f"{aino.portal}/o/koskela/people?q={EMAIL}")
        page.get_by_role("link", name=NAME).first.click()
        story.find(page, "Remove…").click()
        page.get_by_role("button", name=f"Remove {NAME}").click()
        story.find(shop, "You are signed out")
        story.find(page, "has not confirmed yet")
        story.find(page, "Try again now")
        crm.reload()
    finally:
        story.find(crm, "Resume updates").click()
    story.find(page, "All systems confirmed", seconds=90)
    story.find(crm, "Contacts").click()
    crm.get_by_label("Name or e-mail").fill(EMAIL)
    crm.get_by_role("button", name="Search").click()
    story.find(crm, "inactive")
    story.find(page, "Activity").click()
    expect(page.get_by_text(f"removed {NAME}").first).to_be_visible()
    assert story.words == []
