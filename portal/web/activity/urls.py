"""The organization's log has this address."""

from django.urls import path

from portal.web.activity import views

organization_urlpatterns = [path("activity", views.listing, name="activity")]
