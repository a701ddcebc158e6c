"""Readers find their own access, details and sessions at these addresses."""

from django.urls import path

from portal.web.my import details, own_data, views

urlpatterns = [
    path("account/data", own_data.show, name="my_data"),
    path("account/data.json", own_data.download, name="my_data_file"),
]
organization_urlpatterns = [
    path("me", views.access, name="my_access"),
    path("me/details", details.change, name="my_details"),
    path("me/sign-out", views.sign_out, name="my_sign_out"),
    path("me/sessions", views.sessions, name="my_sessions"),
]
