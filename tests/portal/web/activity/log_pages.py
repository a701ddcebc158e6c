"""Pages of the organization's log, as a reader sees them."""

from portal.web.activity.context import ActivityPage
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.pages import page_model


def activity_page(browser: BrowserClient, query: str = "", organization: str = "koskela") -> ActivityPage:
    return page_model(browser.get(f"/o/{organization}/activity{query}"), ActivityPage)


def sentences(page: ActivityPage) -> list[str]:
    """Give each event as its actor with what the actor did."""
    return [f"{event.actor} {event.text}".strip() for event in page.events]
