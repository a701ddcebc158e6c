"""A web shop that signs people in by OpenID Connect and receives their rights by SCIM."""
