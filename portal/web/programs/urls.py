"""An admin sees, creates, renews and ends the organization's programs at these addresses."""

from django.urls import path

from portal.web.programs import views

organization_urlpatterns = [
    path("programs", views.listing, name="programs"),
    path("programs/create", views.create, name="program_create"),
    path("programs/<uuid:program>/end", views.end, name="program_end"),
    path("programs/<uuid:program>/old-secret", views.old_secret, name="program_old_secret"),
    path("programs/<uuid:program>/secret", views.secret, name="program_secret"),
]
