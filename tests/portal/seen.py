"""What is measured on a page in a browser: sideways scrolling, things too small for a finger, how tall it is."""

from playwright import sync_api

FINGER = 44
"""Pixels; half of one is forgiven."""

# Links inside sentences are exempt, and so are parts that cannot be reached.
_SMALL = """(least) => {
  const pressed = 'a, button, summary, input:not([type=hidden]), select, textarea';
  const inSentence = 'p, li > span, .kh-note__text';
  const wholeRow = '.kh-choice, .kh-seg, .kh-people, .kh-rev';
  return [...document.querySelectorAll(pressed)].filter((one) => {
    const box = one.getBoundingClientRect();
    const label = one.closest('label')?.getBoundingClientRect();
    if (box.width < 2 || box.height < 2 || one.closest('[inert], .kh-skip')) return false;
    if (one.tagName === 'A' && one.closest(inSentence)) return false;
    if (one.matches('[type=radio], .kh-name') && one.closest(wholeRow)) return false;
    return Math.max(box.height, label?.height ?? 0) < least;
  }).map((one) => one.outerHTML.slice(0, 100));
}"""

_HEIGHT = """() => {
  const panel = document.querySelector('.kh-panel');
  if (!panel) return document.documentElement.scrollHeight;
  const parts = panel.querySelectorAll('.kh-panel__head, .kh-panel__body, .kh-panel__foot');
  return [...parts].reduce((sum, part) => sum + part.scrollHeight + 2, 0);
}"""


def sideways(page: sync_api.Page) -> int:
    """Pixels by which the page is wider than its window; 0 is right."""
    inner: int = page.evaluate("document.documentElement.clientWidth")
    whole: int = page.evaluate("document.documentElement.scrollWidth")
    return max(0, whole - inner)


def small(page: sync_api.Page) -> list[str]:
    """The beginnings of what is to be pressed and is smaller than a finger."""
    found: list[str] = page.evaluate(_SMALL, FINGER - 0.5)
    return found


def height(page: sync_api.Page) -> int:
    """Of the page, or of the panel over it."""
    tall: int = page.evaluate(_HEIGHT)
    return tall
