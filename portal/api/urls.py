"""The REST API has these addresses and no others (`portal.api.channel`)."""

from django.urls import path

from portal.api import openapi
from portal.api.v1 import (
    access,
    activity,
    application_clients,
    applications,
    catalogue,
    customer_ceilings,
    customer_contacts,
    customer_domains,
    customer_holds,
    customer_suspensions,
    customers,
    invitations,
    people,
    people_changes,
    rights_at,
    sites_and_roles,
    targets,
)

_ORGANIZATION = "api/v1/organizations/<slug:organization>/"
_PERSON = f"{_ORGANIZATION}people/<uuid:person>"
_INVITATION = f"{_ORGANIZATION}invitations/<uuid:invitation>"
_APPLICATION = "api/v1/applications/<slug:application>"
_CLIENT = f"{_APPLICATION}/clients/<str:client>"
_TARGET = f"{_APPLICATION}/target"

urlpatterns = [
    path("api/v1/openapi.json", openapi.serve, name="api_openapi"),
    path("api/v1/organizations", customers.CustomersView.as_view(), name="api_organizations"),
    path(
        "api/v1/organizations/<slug:organization>", customers.CustomerView.as_view(), name="api_organization"
    ),
    path(f"{_ORGANIZATION}ceiling", customer_ceilings.CeilingView.as_view(), name="api_ceiling"),
    path(
        f"{_ORGANIZATION}ceiling/preview",
        customer_ceilings.CeilingPreviewView.as_view(),
        name="api_ceiling_preview",
    ),
    path(f"{_ORGANIZATION}holds", customer_holds.HoldsView.as_view(), name="api_holds"),
    path(f"{_ORGANIZATION}holds/preview", customer_holds.HoldPreviewView.as_view(), name="api_hold_preview"),
    path(
        f"{_ORGANIZATION}holds/<uuid:hold>/lift", customer_holds.HoldLiftView.as_view(), name="api_hold_lift"
    ),
    path(
        f"{_ORGANIZATION}suspension",
        customer_suspensions.SuspensionStateView.as_view(),
        name="api_suspension",
    ),
    path(
        f"{_ORGANIZATION}suspension/preview",
        customer_suspensions.SuspensionPreviewView.as_view(),
        name="api_suspension_preview",
    ),
    path(
        f"{_ORGANIZATION}suspension/end", customer_suspensions.ResumptionView.as_view(), name="api_resumption"
    ),
    path(f"{_ORGANIZATION}contacts", customer_contacts.ContactsView.as_view(), name="api_contacts"),
    path(
        f"{_ORGANIZATION}contacts/<uuid:contact>",
        customer_contacts.OneContactView.as_view(),
        name="api_contact",
    ),
    path(
        f"{_ORGANIZATION}contacts/<uuid:contact>/end",
        customer_contacts.ContactEndView.as_view(),
        name="api_contact_end",
    ),
    path(f"{_ORGANIZATION}mail-domains", customer_domains.DomainsView.as_view(), name="api_mail_domains"),
    path(
        f"{_ORGANIZATION}mail-domains/check",
        customer_domains.DomainCheckView.as_view(),
        name="api_mail_domain_check",
    ),
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
    path("api/v1/catalogue", catalogue.CatalogueView.as_view(), name="api_catalogue"),
    path("api/v1/catalogue/preview", catalogue.CataloguePreviewView.as_view(), name="api_catalogue_preview"),
    path(
        "api/v1/catalogue/proposals",
        catalogue.CatalogueProposalsView.as_view(),
        name="api_catalogue_proposals",
    ),
    path(
        "api/v1/catalogue/proposals/<uuid:proposal>",
        catalogue.CatalogueProposalView.as_view(),
        name="api_catalogue_proposal",
    ),
    path("api/v1/applications", applications.ApplicationsView.as_view(), name="api_applications"),
    path(_APPLICATION, applications.ApplicationDetailView.as_view(), name="api_application"),
    path(f"{_APPLICATION}/clients", application_clients.ClientsView.as_view(), name="api_clients"),
    path(_CLIENT, application_clients.OneClientView.as_view(), name="api_client"),
    path(f"{_CLIENT}/rotate", application_clients.ClientRotationView.as_view(), name="api_client_rotate"),
    path(f"{_CLIENT}/retire", application_clients.ClientRetirementView.as_view(), name="api_client_retire"),
    path(_TARGET, targets.TargetView.as_view(), name="api_target"),
    path(f"{_TARGET}/pause", targets.TargetPauseView.as_view(), name="api_target_pause"),
    path(f"{_TARGET}/resume", targets.TargetResumptionView.as_view(), name="api_target_resume"),
    path(f"{_TARGET}/sync", targets.TargetSyncView.as_view(), name="api_target_sync"),
    path(f"{_TARGET}/test", targets.TargetTestView.as_view(), name="api_target_test"),
]
