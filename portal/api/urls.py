"""The REST API has these addresses and no others (`portal.api.channel`)."""

from django.urls import path

from portal.api import openapi
from portal.api.v1 import access, activity, invitations, people, people_changes, rights_at, sites_and_roles

_ORGANIZATION = "api/v1/organizations/<slug:organization>/"
_PERSON = f"{_ORGANIZATION}people/<uuid:person>"
_INVITATION = f"{_ORGANIZATION}invitations/<uuid:invitation>"

urlpatterns = [
    path("api/v1/openapi.json", openapi.serve, name="api_openapi"),
    path(f"{_ORGANIZATION}people", people.PeopleView.as_view(), name="api_people"),
    path(_PERSON, people.PersonView.as_view(), name="api_person"),
    path(f"{_PERSON}/remove", people_changes.RemovalView.as_view(), name="api_person_remove"),
    path(f"{_PERSON}/restore", people_changes.RestorationView.as_view(), name="api_person_restore"),
    path(f"{_PERSON}/access", access.AccessView.as_view(), name="api_access"),
    path(f"{_ORGANIZATION}invitations", invitations.InvitationsView.as_view(), name="api_invitations"),
    path(f"{_INVITATION}/resend", invitations.InvitationResendView.as_view(), name="api_invitation_resend"),
    path(f"{_INVITATION}/cancel", invitations.InvitationCancelView.as_view(), name="api_invitation_cancel"),
    path(f"{_ORGANIZATION}sites", sites_and_roles.SitesView.as_view(), name="api_sites"),
    path(f"{_ORGANIZATION}roles", sites_and_roles.RolesView.as_view(), name="api_roles"),
    path(f"{_ORGANIZATION}who-could", rights_at.WhoCouldView.as_view(), name="api_who_could"),
    path(f"{_PERSON}/rights", rights_at.RightsAtView.as_view(), name="api_rights_at"),
    path(f"{_ORGANIZATION}activity", activity.ActivityView.as_view(), name="api_activity"),
]
