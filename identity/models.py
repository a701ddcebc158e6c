"""Django loads an app's models from here; each capability defines its own."""

from identity.clients.models import Application, Client
from identity.grants.models import AccessToken, AuthorizationCode, RefreshToken, TokenFamily
from identity.looks.models import Look, LookPage, LookRule
from identity.memberships.models import Membership, MembershipPeriod
from identity.organizations.models import BusinessUnit, CustomerNumber, Organization, Site
from identity.people.models import User
from identity.service_users.models import ServiceToken, ServiceUser
from identity.sessions.models import LastSignIn, Session, SignIn
from identity.staff.models import (
    BreakGlass,
    BreakGlassPasskey,
    SavedSearch,
    StaffIdentity,
    StaffLogout,
    StaffSession,
)

__all__ = [
    "AccessToken",
    "Application",
    "AuthorizationCode",
    "BreakGlass",
    "BreakGlassPasskey",
    "BusinessUnit",
    "Client",
    "CustomerNumber",
    "LastSignIn",
    "Look",
    "LookPage",
    "LookRule",
    "Membership",
    "MembershipPeriod",
    "Organization",
    "RefreshToken",
    "SavedSearch",
    "ServiceToken",
    "ServiceUser",
    "Session",
    "SignIn",
    "Site",
    "StaffIdentity",
    "StaffLogout",
    "StaffSession",
    "TokenFamily",
    "User",
]
