"""A CRM portal that signs people in by OpenID Connect and receives them by SCIM."""
