"""The access of a colleague is changed and restored at these addresses."""

from django.urls import path

from portal.web.access import bulk, views

organization_urlpatterns = [
    path("people/access", bulk.change_people, name="people_access"),
    path("people/sites", bulk.limit_sites, name="people_sites"),
    path("people/<uuid:membership>/access", views.change, name="person_access"),
    path("people/<uuid:membership>/restore", views.restore, name="person_restore"),
]
