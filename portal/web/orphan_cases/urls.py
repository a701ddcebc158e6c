"""People without a sign-in ask for an admin's place at these addresses, and answer letters of a case."""

from django.urls import path

from portal.web.orphan_cases import letter_views, request_views

urlpatterns = [
    path("no-admin", request_views.ask, name="case_request"),
    path("no-admin/sent", request_views.requested, name="case_requested"),
    path("no-admin/confirmed", request_views.confirmed, name="case_confirmed"),
    path("no-admin/confirm/<str:token>", request_views.confirm, name="case_confirm"),
    path("no-admin/ask/<str:token>", request_views.ask_by_link, name="case_request_by_link"),
    path("cases/<str:token>", letter_views.letter, name="case_letter"),
]
