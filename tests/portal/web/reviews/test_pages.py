"""An admin starts a review, answers it, and reads and exports the evidence; refused lines stay open."""

import pytest

from delegation.access import commands as access_commands
from delegation.authorization.models.assignments import Assignment
from delegation.reviews.models import AccessReview, ReviewLine
from portal.web.reviews.context import ReviewPage, ReviewsPage
from portal.web.reviews.start import StartPage
from tests.fixtures import signed_in
from tests.fixtures.pages import KOSKELA, page_model
from tests.fixtures.world import World, actor_of

pytestmark = pytest.mark.django_db(transaction=True)
LIST = f"{KOSKELA}/reviews"


def test_review_from_its_start_to_the_evidence(world: World) -> None:
    aino, paivi = signed_in.browser(world.aino), signed_in.browser(world.paivi)
    assert page_model(aino.get(LIST), ReviewsPage).rows == []
    for who, status in ((world.ulla, 403), (world.mikko, 403), (world.tiina, 404)):
        browser = signed_in.browser(who)
        assert browser.get(LIST).status_code == status
        assert browser.post(f"{LIST}/start", {"scope": "all"}).status_code == status
    asked = page_model(aino.get(f"{LIST}/start"), StartPage)
    terms = {name: asked.form[name].value() for name in ("scope", "reviewer", "fallback", "due", "silence")}
    assert (terms["reviewer"], terms["fallback"]) == (str(world.aino.id), str(world.paivi.id))
    for wrong in (
        {},
        {**terms, "due": "1.1.2020"},
        {**terms, "fallback": terms["reviewer"]},
        {**terms, "scope": "site:nowhere"},
        {**terms, "reviewer": str(world.mikko.id)},
    ):
        assert aino.post(f"{LIST}/start", wrong).status_code == 200
    assert AccessReview.objects.count() == 0
    for _ in range(2):
        done = aino.post(f"{LIST}/start", {**terms, "idempotency_key": "k1"})
    review = AccessReview.objects.get()
    url = f"{LIST}/{review.id}/"
    assert done["Location"] == url

    page = page_model(aino.get(url), ReviewPage)
    assert [one.name for one in page.waiting] == ["Aino Virtanen"]
    lines = {one.name: one for one in page.lines}
    assert len(lines) == 6
    assert lines["Mikko Laine"].lowers_to.startswith("Viewer")
    assert [choice.value for choice in lines["Vilma Salo"].choices] == ["keep", "end", "later"]
    access_commands.change(
        actor=actor_of(world.paivi), memberships=[world.olli], access=world.access("user_admin")
    )
    shown = {one.shown_field: one.shown for one in page.lines}
    answers = {
        lines["Mikko Laine"].field: "lower",
        lines["Olli Mäkinen"].field: "end",
        lines["Päivi Korhonen"].field: "keep",
        lines["Vilma Salo"].field: "keep",
        lines["Ulla Nieminen"].field: "later",
        lines["Sami Lehto"].field: "erase",
    }
    refused = page_model(aino.post(url, {**shown, **answers, "idempotency_key": "k2"}), ReviewPage)
    assert {one.name for one in refused.lines if one.problem} == {"Olli Mäkinen"}
    decided = dict(ReviewLine.objects.exclude(decision="").values_list("membership__user__name", "decision"))
    assert decided == {"Mikko Laine": "lower", "Päivi Korhonen": "keep", "Vilma Salo": "keep"}
    tiers = Assignment.objects.filter(valid_until=None).values_list("role__key", flat=True)
    assert list(tiers.filter(membership=world.mikko)) == ["viewer"]
    assert list(tiers.filter(membership=world.olli)) == ["user_admin"]

    # An address, an empty form and the lines of another's turn change nothing.
    others = page_model(paivi.get(url), ReviewPage)
    assert [one.name for one in others.lines] == ["Aino Virtanen"]
    own = refused.lines[0]
    for form in ({}, {own.field: "end", own.shown_field: own.shown, "idempotency_key": "k3"}):
        paivi.post(url, form)
    assert ReviewLine.objects.filter(decision="").count() == 4
    assert aino.get(f"{url}stop").status_code == 200
    assert aino.post(f"{url}stop", {}).status_code == 200
    file = aino.get(f"{url}export").content.decode()
    assert "Mikko Laine" in file
    assert "Lowered" in file
    assert signed_in.browser(world.tiina).get(f"{url}export").status_code == 404
    assert aino.post(f"{url}stop", {"reason": "Wrong", "idempotency_key": "k4"})["Location"] == url
    assert page_model(aino.get(url), ReviewPage).lines == []
