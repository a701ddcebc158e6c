"""Colleagues find their admins at these addresses, ask them, and say that one has left."""

from django.urls import path

from portal.web.admins import grade_page, left, views

organization_urlpatterns = [
    path("admins", views.listing, name="my_admins"),
    path("admins/<uuid:membership>/ask", views.ask, name="admin_ask"),
    path("admins/<uuid:membership>/left", left.left, name="admin_left"),
    path("admins/continuity", grade_page.continuity, name="continuity"),
    path("admins/claims/<uuid:claim>", left.claim, name="admin_claim"),
]
