"""The REST API has these addresses and no others (`portal.api.channel`)."""

from django.urls import path

from portal.api.v1 import people

_ORGANIZATION = "api/v1/organizations/<slug:organization>/"

urlpatterns = [
    path(f"{_ORGANIZATION}people", people.PeopleView.as_view(), name="api_people"),
    path(f"{_ORGANIZATION}people/<uuid:person>", people.PersonView.as_view(), name="api_person"),
]
