"""A person lets the supplier's staff look along at these addresses, and an admin sets the standing rule."""

from django.urls import path

from portal.web.looking_along import views

organization_urlpatterns = [
    path("help", views.ask, name="look_help"),
    path("help/stop", views.stop, name="look_stop"),
    path("help/rule", views.rule, name="look_rule"),
]
