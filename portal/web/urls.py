"""The portal's own pages."""

from django.urls import path

from portal.web import invitation, language

urlpatterns = [
    path("language", language.choose, name="language"),
    path("join/<str:link>", invitation.join, name="join"),
    path("join/<str:link>/sign-out", invitation.sign_out, name="join_sign_out"),
]
