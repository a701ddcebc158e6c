"""OpenID Connect towards services: protocol only. Grants are stored and validated in `identity.grants`."""
