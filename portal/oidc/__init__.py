"""The portal speaks OpenID Connect with services. `identity.grants` stores and validates the grants."""
