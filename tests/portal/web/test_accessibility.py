"""Every page in a browser: reachable for everybody, in both themes, from a small phone to a wide screen."""

from collections.abc import Iterator

import pytest
from axe_playwright_python import sync_playwright as axe
from playwright import sync_api

from tests.fixtures import browser as browsers
from tests.fixtures import page_metrics, screenshots
from tests.fixtures.page_samples import samples

WIDTHS = (320, 360, 600, 768, 960, 1280, 1920)


AXE = axe.Axe().axe_script
# Without the result types axe describes every element that is right, too: that takes most of its time.
_RUN = """(options) => axe.run(document, { resultTypes: ['violations'], ...options }).then((found) =>
  found.violations.flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.html.slice(0, 120)}`)))"""


@pytest.fixture(scope="module")
def samples_alone(kept_page: sync_api.Page) -> screenshots.SamplePage:
    """Give a browser that knows nothing but the sample pages, and in which nothing moves."""
    kept_page.emulate_media(reduced_motion="reduce")
    return screenshots.SamplePage(kept_page)


@pytest.fixture
def sample_page(samples_alone: screenshots.SamplePage) -> Iterator[screenshots.SamplePage]:
    """Give it as a light desk, as it was before."""
    page = samples_alone.page
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="light")
    with browsers.watched(page):
        yield samples_alone


def _faults(page: sync_api.Page, *rules: str) -> list[str]:
    """What axe finds, one line each; by these rules, or by all."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    found: list[str] = page.evaluate(_RUN, {"runOnly": list(rules)} if rules else {})
    return found


@pytest.mark.parametrize("name", samples.PAGES)
def test_page_has_no_accessibility_fault_in_both_themes_at_every_width(
    sample_page: screenshots.SamplePage, name: str
) -> None:
    page = sample_page.page
    sample_page.show(name, "fi")

    found = {} if name.startswith("mail-") else _in_both_themes(page)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        if beyond := page_metrics.horizontal_overflow(page):
            found[f"sideways at {width}"] = [str(beyond)]

    assert found == {}


def _in_both_themes(page: sync_api.Page) -> dict[str, list[str]]:
    """Light on a desk, dark on a phone. A mail is read in mail programs; what they make of its tables is theirs."""
    light = _faults(page)
    page.set_viewport_size({"width": 360, "height": 800})
    page.emulate_media(color_scheme="dark")
    found = {
        "light": light,
        "dark": _faults(page, "color-contrast"),
        "small": page_metrics.small_targets(page),
    }
    return {kind: faults for kind, faults in found.items() if faults}


def test_accessibility_faults_are_found(sample_page: screenshots.SamplePage) -> None:
    sample_page.show("people")
    sample_page.page.set_viewport_size({"width": 360, "height": 800})

    sample_page.page.evaluate("""() => {
        const box = document.createElement('div');
        box.innerHTML = '<button>x</button><img src="data:,">';
        box.querySelector('button').style.cssText = 'height: 20px; min-height: 0; width: 900px';
        document.querySelector('main').append(box);
    }""")

    assert page_metrics.horizontal_overflow(sample_page.page) > 0
    assert page_metrics.small_targets(sample_page.page) == [
        '<button style="height: 20px; min-height: 0px; width: 900px;">x</button>'
    ]
    assert any(line.startswith("image-alt") for line in _faults(sample_page.page))
