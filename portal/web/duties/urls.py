"""Admins read who holds duties to keep apart, ask for exceptions and decide about them at these addresses."""

from django.urls import path

from portal.web.duties import views

organization_urlpatterns = [
    path("duties", views.report, name="duties"),
    path("duties/exceptions/<uuid:exception>", views.exception, name="duty_exception"),
    path("people/<uuid:membership>/duties", views.ask, name="duty_ask"),
]
