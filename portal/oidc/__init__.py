"""OpenID Connect towards services: protocol only. What is issued is kept and judged in `identity.grants`."""
