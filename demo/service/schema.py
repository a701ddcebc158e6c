"""The service stores the SCIM user of RFC 7643, with the extension that says what the person may do."""

import datetime as dt
from typing import Annotated, cast

import pydantic
import scim2_models
from scim2_models import CaseExact, Required

EXTENSION = "urn:ietf:params:scim:schemas:extension:keyholder:2.0:User"
MOST_RESULTS = 200

Exact = Annotated[str | None, CaseExact.true]
Needed = Annotated[str | None, CaseExact.true, Required.true]


class Organization(scim2_models.ComplexAttribute):
    id: Needed = None
    key: Exact = None
    name: str | None = None
    customer_number: Exact = None
    active: bool | None = None


class Grant(scim2_models.ComplexAttribute):
    organization: Needed = None
    application: Exact = None
    role: Exact = None
    entitlement: Needed = None
    site: Exact = None
    site_name: str | None = None
    from_: dt.datetime | None = pydantic.Field(None, serialization_alias="from", validation_alias="from")
    until: dt.datetime | None = None


class Limit(scim2_models.ComplexAttribute):
    organization: Needed = None
    entitlement: Needed = None
    site: Exact = None
    amount: Needed = None
    currency: Needed = None
    period: Needed = None


class Keyholder(scim2_models.Extension):
    __schema__ = scim2_models.URN(EXTENSION)

    organizations: list[Organization] | None = None
    grants: list[Grant] | None = None
    limits: list[Limit] | None = None


User = scim2_models.User[Keyholder]


def provider() -> scim2_models.ScimProvider:
    return scim2_models.ScimProvider(
        models=[scim2_models.User, Keyholder],
        resource_types=[scim2_models.ResourceType.from_resource(User)],
        config=scim2_models.ServiceProviderConfig(
            patch=scim2_models.Patch(supported=True),
            bulk=scim2_models.Bulk(supported=False, max_operations=0, max_payload_size=0),
            filter=scim2_models.Filter(supported=True, max_results=MOST_RESULTS),
            change_password=scim2_models.ChangePassword(supported=False),
            sort=scim2_models.Sort(supported=True),
            etag=scim2_models.ETag(supported=True),
            authentication_schemes=[bearer()],
        ),
    )


def bearer() -> scim2_models.AuthenticationScheme:
    return scim2_models.AuthenticationScheme(
        type=scim2_models.AuthenticationScheme.Type.oauthbearertoken,
        name="Bearer token",
        description="A token agreed on when the two systems were connected.",
    )


def extension(user: scim2_models.Resource[Keyholder]) -> Keyholder:
    return cast("Keyholder | None", user[Keyholder]) or Keyholder()
