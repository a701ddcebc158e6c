"""Changing and restoring the access of a colleague."""

from django.urls import path

from portal.web.access import views

organization_urlpatterns = [
    path("people/<uuid:membership>/access", views.change, name="person_access"),
    path("people/<uuid:membership>/restore", views.restore, name="person_restore"),
]
