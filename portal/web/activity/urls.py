"""The organization's log has these addresses."""

from django.urls import path

from portal.web.activity import views

organization_urlpatterns = [
    path("activity", views.listing, name="activity"),
    path("activity/changes", views.changes, name="rights_changes"),
]
