"""From an empty installation to a customer's order, on pages alone: the owner, the catalogue, a service, a customer."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from demo import jobs
from demo.ports_and_paths import PORTS, Places
from demo.runner import Demo
from tests.fixtures import browsing
from tests.fixtures.demo_services import free_port
from tests.journeys import people
from tests.journeys.people import Person

pytestmark = pytest.mark.timeout(600)
OWNER, OPERATOR, CATALOGUE_OWNER, MANAGER = "Kaarina Saari", "Juho Niemi", "Leena Aho", "Maarja Kuusk"
TEAM = {OPERATOR: "Operator", CATALOGUE_OWNER: "Catalogue owner", MANAGER: "Account manager"}
ADMIN, ORDERER = "liisa@rauma.example", "kaisa@rauma.example"
LINK = re.compile(r"https?://\S+/staff/\S+")

NewPerson = Callable[[], Person]


class EmptyDemo(Demo):
    """The demo without sample customers, services, staff rights and catalogue."""

    def _fill(self) -> None:
        self.manage("migrate", "--database=owner", "--verbosity=0", "--noinput")
        self.manage("keys", "make")
        self.manage("checkpoints", "make-key")
        jobs.prepare(self._server, self.where.secrets()["jobs"])

    def break_glass(self) -> str:
        """The link that `staff open` prints."""
        printed = self.manage("staff", "open", "--for", "30m", "--reason", "The first owner")
        found = LINK.search(printed)
        assert found is not None, printed
        return found.group(0)


@pytest.fixture
def empty(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[EmptyDemo]:
    """An installation as docs/running.md leaves it. The web shop starts when it is registered."""
    demo = EmptyDemo(
        Places(home=tmp_path_factory.mktemp("empty"), ports={name: free_port() for name in PORTS})
    )
    try:
        demo.prepare()
        demo.start("mail", "staff_login", "portal", "deliver", "worker")
        yield demo
        demo.check()
        demo.manage("audit", "verify", "--state")
    finally:
        demo.close()
        demo.forget()


def test_first_owner_to_first_order_needs_no_script(empty: EmptyDemo, browser: Browser) -> None:
    opened: list[Person] = []

    def new_person() -> Person:
        opened.append(Person(empty, browser))
        return opened[-1]

    owner = first_owner_comes_from_a_break_glass_sign_in(empty, new_person)
    team = team_gets_its_rights(owner, new_person)
    catalogue_is_applied(team[CATALOGUE_OWNER], "before the shop is registered", left_out="finance, ordering")
    shop_is_registered(empty, team[OPERATOR])
    catalogue_is_applied(team[CATALOGUE_OWNER], "with the rights in the shop", left_out="finance, products")
    customer_is_onboarded(team[MANAGER])
    admin = first_admin_joins(new_person())
    orderer = colleague_is_invited_and_joins(admin, new_person())
    orders_up_to_the_limit(empty, orderer)
    for person in opened:
        person.close()


def picture(page: Page, name: str) -> None:
    browsing.check_width(page, f"empty-{name}")


def first_owner_comes_from_a_break_glass_sign_in(demo: EmptyDemo, new_person: NewPerson) -> Person:
    """The future owner signs in once, and then the break-glass user gives the right."""
    kaarina, glass = new_person(), new_person()
    kaarina.sign_in_as_staff(OWNER)
    picture(kaarina.page, "desk-without-rights")
    devtools = glass.context.new_cdp_session(glass.page)
    devtools.send("WebAuthn.enable")
    device = {"protocol": "ctap2", "transport": "usb", "hasUserVerification": True, "isUserVerified": True}
    options = {**device, "hasResidentKey": True, "automaticPresenceSimulation": True}
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    page = glass.page
    page.goto(demo.break_glass())
    picture(page, "break-glass")
    page.get_by_label("Name of the passkey").fill("Safe, Helsinki")
    page.get_by_role("button", name="Add passkey and sign in").click()
    picture(page, "break-glass-desk")
    page.get_by_role("link", name="Make a lasting owner…").click()
    choose_staff_member(page, OWNER)
    page.get_by_label("Reason").fill("The first owner")
    page.get_by_role("button", name="Give the right").click()
    expect(page.get_by_role("status")).to_have_text(f"{OWNER} has the right.")
    page.get_by_role("button", name="Sign out").first.click()
    return kaarina


def choose_staff_member(page: Page, name: str) -> None:
    """In the list of those who have signed in, each with the day."""
    members = page.get_by_label("Staff member")
    members.select_option(members.locator("option").filter(has_text=name).get_attribute("value"))


def team_gets_its_rights(owner: Person, new_person: NewPerson) -> dict[str, Person]:
    """Each signs in once, and the owner gives each a right for everything."""
    team = {name: new_person() for name in TEAM}
    page = owner.page
    for name, role in TEAM.items():
        team[name].sign_in_as_staff(name)
        owner.go("/staff/")
        page.get_by_role("link", name="Rights", exact=True).first.click()
        page.get_by_role("link", name="Give a right…").click()
        choose_staff_member(page, name)
        page.get_by_label(role, exact=True).check()
        page.get_by_label("Everything").check()
        page.get_by_label("Reason").fill("Joined the team")
        page.get_by_role("button", name="Give the right").click()
        expect(page.get_by_role("status")).to_have_text(f"{name} has the right.")
    picture(page, "rights")
    return team


def catalogue_is_applied(owner: Person, when: str, *, left_out: str) -> None:
    """The ready-made catalogue, as it is; it waits for services that are not registered."""
    owner.go("/staff/")
    page = owner.page
    picture(page, f"desk-{when[:4]}")
    page.get_by_role("link", name="Catalogue").first.click()
    picture(page, f"catalogue-{when[:4]}")
    page.get_by_role("link", name="Change the catalogue…").click()
    page.get_by_role("link", name="Start from the ready-made catalogue").click()
    page.get_by_role("button", name="Preview the change…").click()
    picture(page, f"catalogue-check-{when[:4]}")
    page.get_by_role("button", name="Apply the catalogue").click()
    expect(page.get_by_role("status")).to_have_text(["The catalogue is applied.", re.compile(left_out)])
    picture(page, f"catalogue-applied-{when[:4]}")


def shop_is_registered(demo: EmptyDemo, operator: Person) -> None:
    """The secret that the page shows once goes to the shop's own settings; then its system is connected."""
    operator.go("/staff/")
    page, shop = operator.page, demo.where.url("ORDERING_PORT")
    picture(page, "desk-operator")
    page.get_by_role("link", name="Services").first.click()
    picture(page, "applications")
    page.get_by_role("link", name="Register a service…").click()
    picture(page, "register")
    for label, text in {
        "Name (English)": "Web shop",
        "Name (Suomi)": "Verkkokauppa",
        "Key": "ordering",
        "Name of the client": "Web shop",
        "Client id": "ordering",
        "Redirect addresses": f"{shop}/callback",
        "Addresses after sign-out": f"{shop}/",
        "Back-channel logout address": f"{shop}/backchannel-logout",
        "Address that starts a sign-in": f"{shop}/initiate",
    }.items():
        page.get_by_label(label).first.fill(text)
    page.get_by_role("button", name="Register service").click()
    demo.where.remember(ordering_client=page.locator("#secret").inner_text())
    picture(page, "secret")
    demo.start("ordering")
    page.get_by_role("link", name="Connect its system…").click()
    page.get_by_label("Address", exact=True).fill(f"{shop}/scim/v2")
    page.get_by_label("Access token", exact=True).fill(demo.where.secrets()["ordering_scim"])
    picture(page, "connect")
    page.get_by_role("button", name="Connect the system").click()
    expect(page.get_by_role("status")).to_have_text("The connection of Web shop is saved.")
    picture(page, "connected")


def customer_is_onboarded(manager: Person) -> None:
    """With two sites and a limit of 20 000 € for one order."""
    manager.go("/staff/")
    page = manager.page
    picture(page, "desk-manager")
    page.get_by_role("link", name="Customers").first.click()
    picture(page, "customers")
    page.get_by_role("link", name="Onboard a customer").first.click()
    picture(page, "onboard")
    for label, text in {
        "Company name": "Rauman Rakennus Oy",
        "Customer number": "20881",
        "Sites": "Rauma; RAU\nPori",
        "Name": "Liisa Rauma",
        "Work e-mail": ADMIN,
        "Highest limit for one order": "20 000",
    }.items():
        page.get_by_role("textbox", name=label, exact=label in {"Name", "Work e-mail"}).first.fill(text)
    page.get_by_role("button", name="Preview", exact=True).click()
    picture(page, "onboard-preview")
    page.get_by_role("button", name="Onboard Rauman Rakennus Oy").click()
    expect(page.get_by_role("heading", name="Rauman Rakennus Oy is onboarded")).to_be_visible()
    picture(page, "onboarded")


def link_to(person: Person, email: str) -> str:
    """The link of the invitation in the mailbox."""
    found = people.LINK.search(people.mail_to(person.demo, email))
    assert found is not None
    return found.group(0)


def first_admin_joins(liisa: Person) -> Person:
    """By the link of the mail, with a second factor."""
    liisa.accept(link_to(liisa, ADMIN), "Liisa Rauma")
    picture(liisa.page, "admin-codes")
    liisa.page.get_by_role("button", name="I have saved these codes").or_(
        liisa.page.get_by_role("link", name="I have saved these codes")
    ).click()
    liisa.go("/")
    picture(liisa.page, "admin-home")
    return liisa


def colleague_is_invited_and_joins(admin: Person, kaisa: Person) -> Person:
    """As an orderer up to 5 000 € for the site Rauma."""
    admin.go("/")
    page = admin.page
    page.get_by_role("link", name="People").first.click()
    picture(page, "people")
    page.get_by_role("link", name="Invite").first.click()
    page.get_by_label("E-mail address").fill(ORDERER)
    page.get_by_label("Orderer", exact=True).check()
    page.get_by_label(re.compile("Limit")).filter(visible=True).first.fill("5 000")
    page.get_by_label("Only some sites").check()
    page.get_by_label("Rauma").check()
    picture(page, "invite")
    page.get_by_role("button", name="Send invitation").click()
    expect(page.get_by_text(f"The invitation to {ORDERER} is being sent.")).to_be_visible()
    kaisa.accept(link_to(kaisa, ORDERER), "Kaisa Rauma")
    return kaisa


def orders_up_to_the_limit(demo: EmptyDemo, kaisa: Person) -> None:
    """The shop signs her in, takes an order within her limit and refuses one that no member could approve."""
    shop = kaisa.open_service("Web shop")
    picture(shop, "shop")
    expect(shop.get_by_text("up to 5 000 € per order")).to_be_visible()
    order(shop, demo, "4900")
    expect(shop.get_by_text("4 900 €").first).to_be_visible()
    picture(shop, "ordered")
    order(shop, demo, "5100")
    expect(
        shop.get_by_text("5 100 € is above your limit of 5 000 €. Nothing was ordered.").first
    ).to_be_visible()
    picture(shop, "refused")


def order(page: Page, demo: Demo, amount: str) -> None:
    page.goto(f"{demo.where.url('ORDERING_PORT')}/order")
    page.get_by_label("Amount").fill(amount)
    page.get_by_label("Site").select_option(label="Rauma")
    page.get_by_role("button", name="Place the order").click()
