"""Pages name no person and no invitation of sites that the reader's roles do not cover."""

import html
import re
from collections import Counter
from urllib.parse import urldefrag

import pytest

from identity.memberships.models import Membership
from tests.fixtures import signed_in
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.world import World, actor_of

pytestmark = pytest.mark.django_db(transaction=True)

HOME = "/o/koskela/"
ELSEWHERE = re.compile(r"Mikko|mikko@|Nelli|nelli@|Marja|marja@")
"""A colleague, an invited and a removed person of another site."""
SEARCHES = (
    "people?q=mikko",
    "people?q=marja&who=former",
    "people?who=former",
    "activity?q=mikko",
    "activity?q=nelli",
    "activity?q=marja",
)
VARIANTS = 3
"""Addresses of one page that differ in their filters, besides the searches. Each page without filters is opened."""
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")


@pytest.fixture
def history(world: World) -> None:
    """An invited, a changed and a removed person of Tampere, and a changed one of Oulu."""
    tampere = world.access("viewer", sites=[world.tampere])
    admin = actor_of(world.aino)
    world.invite(world.koskela, "nelli@koskela.example", tampere, actor=admin, name="Nelli Uusi")
    world.remove(world.member(world.koskela, "Marja Menevä", "viewer", sites=[world.tampere]))
    world.change(world.mikko, tampere)
    world.change(world.olli, world.access("viewer", sites=[world.oulu]))


def reader(world: World, role: str) -> Membership:
    """A reader with this role at Oulu."""
    return world.member(
        world.koskela, "Oona Oulula", role, sites=[world.oulu], email=f"{role}@koskela.example"
    )


def crawl(browser: BrowserClient) -> dict[str, str]:
    """Open the start page, searches, and every kind of page that their links lead to in the organization."""
    seen: dict[str, str] = {}
    variants: Counter[str] = Counter()
    searches = [HOME + search for search in SEARCHES]
    waiting = [HOME, *searches]
    while waiting:
        path = waiting.pop()
        address, _, filters = path.partition("?")
        page = ID.sub("", address) if filters else address
        if path in seen or (path not in searches and variants[page] >= VARIANTS):
            continue
        variants[page] += path not in searches
        response = browser.get(path)
        seen[path] = response.content.decode() if "html" in response.get("Content-Type", "") else ""
        links = (urldefrag(html.unescape(link)).url for link in re.findall(r'href="(/o/[^"]*)"', seen[path]))
        waiting += [link for link in links if link.startswith(HOME)]
    return seen


@pytest.mark.timeout(300)
@pytest.mark.usefixtures("history")
def test_pages_for_a_reader_of_one_site_name_no_person_of_another(
    world: World, subtests: pytest.Subtests
) -> None:
    readers = [reader(world, role) for role in ("security_admin", "user_admin", "organization_admin")]
    searched = re.compile(r'value="[^"]*"|q=\w+|“\w+”')
    for who in (world.sami, *readers):
        with subtests.test(who.user.email):
            pages = crawl(signed_in.browser(who))
            found = {
                path: match.group()
                for path, text in pages.items()
                if (match := ELSEWHERE.search(searched.sub("", text)))
            }
            assert found == {}
            assert any("Olli" in text for text in pages.values())


@pytest.mark.usefixtures("history")
def test_pages_for_a_reader_of_all_sites_name_them(world: World) -> None:
    """The crawl reaches what it looks for."""
    text = "".join(crawl(signed_in.browser(world.aino)).values())
    assert {name for name in ("Mikko", "Nelli", "Marja") if name in text} == {"Mikko", "Nelli", "Marja"}
