"""Who exists: one table of users with three directories, their memberships, and what was issued to them."""

from identity.models.application import Application, Client
from identity.models.membership import Membership, MembershipPeriod
from identity.models.organization import BusinessUnit, CustomerNumber, Organization, Site
from identity.models.session import Session, SignIn
from identity.models.tokens import AccessToken, AuthorizationCode, RefreshFamily, RefreshToken
from identity.models.user import User

__all__ = [
    "AccessToken",
    "Application",
    "AuthorizationCode",
    "BusinessUnit",
    "Client",
    "CustomerNumber",
    "Membership",
    "MembershipPeriod",
    "Organization",
    "RefreshFamily",
    "RefreshToken",
    "Session",
    "SignIn",
    "Site",
    "User",
]
