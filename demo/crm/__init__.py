"""A CRM portal that signs people in by OpenID Connect and is told by SCIM who they are."""
