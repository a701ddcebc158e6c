"""Every page of the portal, as it is sent, can be read by a screen reader."""

import pytest

from tests.fixtures import rendering
from tests.fixtures.page_outline import Outline
from tests.fixtures.page_samples import samples
from tests.fixtures.url_map import Address, PortalWithData, addresses
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)
PAGES = 30
"""Addresses that answer with a page, at least."""


def test_every_page_has_headings_labels_and_names(world: World) -> None:
    portal = PortalWithData(world)
    found: dict[str, list[str]] = {}
    pages = 0
    for address in addresses():
        html = _page(portal, address)
        if html:
            pages += 1
            faults = Outline(html).faults()
            found |= {address.name: faults} if faults else {}
    assert found == {}
    assert pages >= PAGES


def _page(portal: PortalWithData, address: Address) -> str:
    place = portal.place(address)
    answer = place.browser.get(place.path)
    is_page = answer.headers.get("Content-Type", "").startswith("text/html") and answer.content
    if not is_page:
        return ""
    html = answer.content.decode()
    assert f'<html lang="{answer["Content-Language"]}">' in html, address.name
    return html


@pytest.mark.parametrize("name", [name for name in samples.PAGES if not name.startswith("mail-")])
def test_every_page_sample_has_headings_labels_and_names(name: str) -> None:
    template, make = samples.PAGES[name]
    assert Outline(rendering.render(template, make, "fi")).faults() == []


BROKEN = """<html><head><title> · </title></head><body><a href="#top"></a><nav></nav><h1>A</h1><h3>B</h3>
<input name="q"><label for="w">W</label><input id="w" aria-describedby="none"><table><tr><th>N</th></tr></table>
<button><svg></svg></button><img src="x"><main id="main"></main><p id="w"></p></body></html>"""


def test_outline_faults_are_found() -> None:
    assert Outline(BROKEN).faults() == [
        "no way past the menus",
        "a nav without name",
        "a a that says nothing",
        "a button that says nothing",
        "a picture without text",
        "no title",
        "h3 after h1",
        "a field without label: q",
        "a th without scope: N",
        "a table without caption",
        "id w 2 times",
        "aria-describedby of nothing: none",
    ]
