"""One's own access, name and sessions."""

from django.urls import path

from portal.web.my import renaming, views

organization_urlpatterns = [
    path("me", views.access, name="my_access"),
    path("me/name", renaming.rename, name="my_name"),
    path("me/sign-out", views.sign_out, name="my_sign_out"),
    path("me/sessions", views.sessions, name="my_sessions"),
]
