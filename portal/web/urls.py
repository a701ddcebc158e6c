"""Each capability brings the addresses of its pages, for everyone and inside an organization."""

from django.urls import include, path

from portal.web import language, statements
from portal.web.access import urls as access
from portal.web.activity import urls as activity
from portal.web.admins import urls as admins
from portal.web.duties import urls as duties
from portal.web.handovers import urls as handovers
from portal.web.home import urls as home
from portal.web.invitations import urls as invitations
from portal.web.looking_along import urls as looking_along
from portal.web.mail_domains import urls as mail_domains
from portal.web.my import urls as my
from portal.web.orphan_cases import urls as orphan_cases
from portal.web.people import urls as people
from portal.web.programs import urls as programs
from portal.web.reviews import urls as reviews

organization_urlpatterns = [
    *home.organization_urlpatterns,
    *people.organization_urlpatterns,
    *access.organization_urlpatterns,
    *handovers.organization_urlpatterns,
    *invitations.organization_urlpatterns,
    *admins.organization_urlpatterns,
    *activity.organization_urlpatterns,
    *reviews.organization_urlpatterns,
    *duties.organization_urlpatterns,
    *programs.organization_urlpatterns,
    *looking_along.organization_urlpatterns,
    *mail_domains.organization_urlpatterns,
    *my.organization_urlpatterns,
]

urlpatterns = [
    *home.urlpatterns,
    *invitations.urlpatterns,
    *orphan_cases.urlpatterns,
    *my.urlpatterns,
    path("accessibility", statements.accessibility, name="accessibility"),
    path("privacy", statements.privacy, name="privacy"),
    path("language", language.choose, name="language"),
    path("o/<slug:organization>/", include(organization_urlpatterns)),
]
