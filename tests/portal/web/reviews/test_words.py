"""What a page of reviews says is true for its reader: the reviewer in turn, or another admin."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from audit.foundation import clock
from delegation.reviews import population
from delegation.service_users import commands as service_users
from portal.web.reviews.context import ReviewPage, ReviewsPage
from portal.web.reviews.start import StartPage
from portal.wording import input_problems
from portal.wording import reviews as review_words
from provisioning import access_reviews
from tests.fixtures import reviews, signed_in
from tests.fixtures.pages import KOSKELA, page_model, visible_text
from tests.fixtures.world import World, actor_of, move_clock

pytestmark = pytest.mark.django_db(transaction=True)
LIST = f"{KOSKELA}/reviews"
DAY = 24 * 3600


def test_lead_asks_the_reader_in_turn_and_informs_the_others(world: World) -> None:
    one = reviews.started(world, silence="lower")
    aino, paivi = signed_in.browser(world.aino), signed_in.browser(world.paivi)
    url = f"{LIST}/{one.id}/"
    assert "or what you leave open becomes Viewer." in page_model(aino.get(url), ReviewPage).lead
    reviews.keep(world.paivi, reviews.line_of(one, world.aino))
    informed = page_model(paivi.get(url), ReviewPage).lead
    assert informed.startswith("Answers are due by ")
    assert "Without an answer, access becomes Viewer. Reviewer: Aino Virtanen." in informed
    assert "Reviews" in visible_text(aino.get(LIST)).split("Activity", 1)[0]


def test_review_that_time_ended_says_so(world: World) -> None:
    reviews.started(world, silence="keep")
    for days in (8, 13, 15):
        move_clock(days * DAY)
        access_reviews.take_due()
    (row,) = page_model(signed_in.browser(world.aino).get(LIST), ReviewsPage).rows
    assert (row.state, row.tone, row.progress) == ("Complete: not all answered in time", "differs", "7 / 7")
    with override("fi"):
        assert review_words.state("lapsed") == "Valmis: kaikkiin ei vastattu ajoissa"


def test_line_of_a_program_says_what_it_may_do(world: World) -> None:
    service_users.create(
        actor=actor_of(world.paivi),
        organization=world.koskela,
        owner=world.paivi,
        name="Nightly",
        scopes=["people.read", "invitations.write"],
        until=clock.now() + dt.timedelta(days=30),
    )
    one, aino = reviews.started(world), signed_in.browser(world.aino)
    lines = {line.name: line for line in page_model(aino.get(f"{LIST}/{one.id}/"), ReviewPage).lines}
    assert lines["Nightly"].access == "Permissions: invite people, read people"
    assert '"Permissions: invite people, read people"' in aino.get(f"{LIST}/{one.id}/export").content.decode()


def test_too_large_a_review_says_what_to_review_instead(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(population, "MOST", 6)
    aino = signed_in.browser(world.aino)
    asked = page_model(aino.get(f"{LIST}/start"), StartPage)
    terms = {name: asked.form[name].value() for name in ("scope", "reviewer", "fallback", "due", "silence")}
    for scope, text in (
        ("outliers", "More than 6 people are not compared with each other. Review a tier or a site."),
        (
            "all",
            "A review has at most 6 lines, people and their programs together. Review a tier or a site.",
        ),
    ):
        form = page_model(
            aino.post(f"{LIST}/start", {**terms, "scope": scope, "idempotency_key": scope}), StartPage
        ).form
        assert form.errors["scope"] == [text]
    assert (
        input_problems.text_of("too_many", field="letter", longest=5)
        == "At most 5 are possible. Remove some."
    )


def test_lowest_tier_is_read_once_for_a_page(world: World) -> None:
    one, aino = reviews.started(world), signed_in.browser(world.aino)
    with CaptureQueriesContext(connection) as captured:
        aino.get(f"{LIST}/{one.id}/")
    read = [sql for row in captured if "takes_amount" in (sql := row["sql"]) and "roleentitlement" in sql]
    assert len(read) == 1


def test_page_says_exactly_how_many_joined(world: World) -> None:
    one, aino = reviews.started(world), signed_in.browser(world.aino)
    for number in range(5):
        world.member(world.koskela, f"Late Comer{number}", "viewer", email=f"late{number}@koskela.example")
    joined = page_model(aino.get(f"{LIST}/{one.id}/"), ReviewPage).joined
    assert joined == "Late Comer0, Late Comer1 and 3 more"
