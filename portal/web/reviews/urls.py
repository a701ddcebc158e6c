"""Admins start access reviews, answer them, and read what was decided at these addresses."""

from django.urls import path

from portal.web.reviews import start, views

organization_urlpatterns = [
    path("reviews", views.overview, name="reviews"),
    path("reviews/start", start.start, name="review_start"),
    path("reviews/<uuid:review>/", views.detail, name="review"),
    path("reviews/<uuid:review>/stop", start.stop, name="review_stop"),
    path("reviews/<uuid:review>/export", views.export, name="review_export"),
]
