"""Pages of the organization's log, as a reader sees them."""

import uuid
from typing import Any

from django.db import transaction

from audit.foundation import actor, clock
from audit.log import ledger
from audit.log.ledger import EventContext, EventDraft, Subject
from delegation.authorization.event_types import Observation
from identity.memberships.models import Membership
from portal.web.activity.context import ActivityPage
from provisioning.delivery import events as delivery_events
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.pages import page_model
from tests.fixtures.world import World


def activity_page(browser: BrowserClient, query: str = "", organization: str = "koskela") -> ActivityPage:
    return page_model(browser.get(f"/o/{organization}/activity{query}"), ActivityPage)


def sentences(page: ActivityPage) -> list[str]:
    """Give each event as its actor with what the actor did."""
    return [f"{event.actor} {event.text}".strip() for event in page.events]


def record_own_event(one: Membership, verb: Observation) -> None:
    """Record a change that a person makes to their own sign-in."""
    draft = EventDraft(verb=verb.value, subject=Subject("user", one.user_id), outcome="observed")
    context = EventContext(actor=actor.system(), act=uuid.uuid4(), at=clock.now(), organization=None)
    with transaction.atomic():
        ledger.insert_unchained(chain=one.user_id, context=context, drafts=[draft])


def record_delivery(
    world: World,
    one: Membership,
    act: uuid.UUID,
    verb: Observation = Observation.ACCOUNT_SYNCED,
    **facts: Any,
) -> None:
    """Record a delivery's result, with the facts that the product records for this verb."""
    batch = delivery_events.DeliveryEvents()
    account = (
        {"active": False} if verb in {Observation.ACCOUNT_SYNCED, Observation.ACCOUNT_SYNC_FAILED} else {}
    )
    result = (
        {"code": "refused"}
        if verb in {Observation.ACCOUNT_SYNC_FAILED, Observation.LOGOUT_FAILED}
        else {"seconds": "0.400"}
    )
    batch.add(
        verb,
        subject=Subject("membership", one.id),
        chain=world.koskela.id,
        organization=world.koskela.id,
        act=act,
        facts={"application": "crm", **account, **result, **facts},
    )
    with transaction.atomic():
        batch.write(at=clock.now())
