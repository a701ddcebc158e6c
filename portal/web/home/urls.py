"""The start page and the redirect to it have these addresses."""

from django.urls import path

from portal.web.home import views

urlpatterns = [path("", views.root, name="root")]

organization_urlpatterns = [
    path("", views.start, name="home"),
    path("open/<slug:application>", views.open_service, name="open"),
]
