"""An auditor starts a review of a customer and reads what its admins decided; only staff stop it."""

import pytest

from audit.models import Event
from delegation.reviews.models import AccessReview, ReviewLine
from portal.desk.reviews.context import CustomerReviewPage, CustomerReviewsPage, CustomerReviewStartPage
from portal.web.reviews.context import ReviewPage
from tests.fixtures import reviews, signed_in
from tests.fixtures.events import body
from tests.fixtures.pages import KOSKELA, page_model
from tests.fixtures.staff_desk import Desk

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "/staff/organizations/koskela/reviews/"


def test_auditor_starts_a_review_that_only_the_customers_admins_answer(desk: Desk) -> None:
    world, elina = desk.world, desk.browser("auditor")
    assert page_model(elina.get(LIST), CustomerReviewsPage).rows == []
    asked = page_model(elina.get(f"{LIST}start"), CustomerReviewStartPage)
    terms = {name: asked.form[name].value() for name in ("scope", "reviewer", "fallback", "due", "silence")}
    assert terms["reviewer"] in {str(world.aino.id), str(world.paivi.id)}
    assert elina.post(f"{LIST}start", {}).status_code == 200
    assert not AccessReview.objects.exists()
    done = elina.post(
        f"{LIST}start", {**terms, "reviewer": str(world.aino.id), "fallback": "", "idempotency_key": "a"}
    )
    one = AccessReview.objects.get()
    url = f"{LIST}{one.id}/"
    assert (done["Location"], one.started_by_kind) == (url, "staff")

    line = reviews.line_of(one, world.mikko)
    answer = {f"line-{line.id.hex}": "end", f"shown-{line.id.hex}": reviews.shown_digests(line)[line.id]}
    assert elina.post(url, {**answer, "idempotency_key": "b"}).status_code == 405
    assert not ReviewLine.objects.exclude(decision="").exists()
    reviews.change(world.aino, line, "lower")
    page = page_model(elina.get(url), CustomerReviewPage)
    assert [(shown.name, shown.decision) for shown in page.done] == [("Mikko Laine", "Lowered")]
    assert (page.decided, len(page.waiting), page.stop_url) == (1, 6, "")
    assert page.lead.startswith("Answers are due by ")
    assert "Without an answer, access becomes Viewer." in page.lead
    assert '"Lowered","Aino Virtanen"' in elina.get(f"{url}export").content.decode()
    (reading,) = Event.objects.filter(verb="customer_data.read")
    assert body(reading)["facts"]["page"] == "review"

    # The customer's admins do not stop what the supplier started; support does, with a reason, and once.
    aino, own = signed_in.browser(world.aino), f"{KOSKELA}/reviews/{one.id}/"
    assert page_model(aino.get(own), ReviewPage).stop_url == ""
    assert aino.post(f"{own}stop", {"reason": "No time", "idempotency_key": "c"}).status_code == 403
    assert elina.post(f"{url}stop", {"reason": "Done", "idempotency_key": "d"}).status_code == 403
    sanna = desk.browser("support")
    assert sanna.post(f"{url}stop", {}).status_code == 200
    for key, status in (("e", 302), ("f", 409)):
        assert (
            sanna.post(f"{url}stop", {"reason": "Wrong scope", "idempotency_key": key}).status_code == status
        )
    assert AccessReview.objects.get().state == "cancelled"
