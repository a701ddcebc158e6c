"""The organization's log has these addresses."""

from django.urls import path

from portal.web.activity import views

organization_urlpatterns = [
    path("activity", views.listing, name="activity"),
    path("activity/export", views.listing_download, name="activity_export"),
    path("activity/changes", views.changes, name="rights_changes"),
    path("activity/who-could", views.answer, name="who_could"),
    path("activity/who-could/export", views.download, name="who_could_export"),
    path("activity/who-could/people/<uuid:membership>", views.rights, name="who_could_rights"),
]
