"""The deliverer warns twice, then does what silence was set to do; a resolved case starts a review."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.foundation import clock
from delegation.authorization.models.assignments import Assignment
from delegation.reviews import queries
from delegation.reviews.models import AccessReview, ReviewLine
from portal.web.reviews import review_mails
from provisioning import access_reviews
from provisioning.mail.models import Mail
from tests.fixtures import reviews
from tests.fixtures.world import World, move_clock

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("state_checked")]
DAY = 24 * 3600


def step() -> int:
    """What the deliverer does at this time: the number of mails."""
    access_reviews.take_due()
    return review_mails.queue_due(clock.now())


def test_silence_is_warned_twice_by_mail_before_it_lowers(world: World) -> None:
    one = reviews.started(world)
    reviews.keep(world.aino, reviews.line_of(one, world.ulla))
    assert (step(), step()) == (2, 0)
    move_clock(7 * DAY + 60)
    assert (step(), step()) == (2, 0)
    move_clock(12 * DAY)
    assert (step(), step()) == (2, 0)
    assert Mail.objects.filter(purpose__startswith="review_").count() == 6
    move_clock(13 * DAY)
    step()
    assert ReviewLine.objects.filter(review=one, decision="").count() == 6
    move_clock(14 * DAY + 60)
    step()
    assert reviews.review(one.id).state == AccessReview.ReviewState.LAPSED
    held = dict(Assignment.objects.filter(valid_until=None).values_list("membership_id", "role__key"))
    assert (held[world.mikko.id], held[world.sami.id]) == ("viewer", "viewer")
    assert (held[world.ulla.id], reviews.line_of(one, world.vilma).basis) == ("user_admin", "not_lower")
    admins = {held[who.id] for who in (world.aino, world.paivi)}
    assert "organization_admin" in admins


def test_tiers_are_read_only_where_a_mail_is_due(world: World) -> None:
    def statements() -> list[str]:
        at = clock.now()
        with CaptureQueriesContext(connection) as counted:
            review_mails.queue_due(at)
        return [one["sql"] for one in counted]

    names = 'SELECT "delegation_role"."key"'
    assert len(statements()) == 1, "no review"
    reviews.started(world)
    assert any(one.startswith(names) for one in statements())
    idle = statements()
    assert len(idle) == 2, "the open reviews, and of which of them a mail is known"


def test_reviews_behind_the_first_batch_are_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "BATCH", 1)
    own = reviews.started(world)
    other = reviews.started(world, organization=world.pohjola, reviewer=world.tiina)
    assert [one.id for batch in queries.open_reviews() for one in batch] == [own.id, other.id]
