"""A web shop that signs people in by OpenID Connect and is told by SCIM what they may do."""
