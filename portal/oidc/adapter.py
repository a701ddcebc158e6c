"""Of django-allauth's provider we use the client's row; none of its views is routed (docs/adr/0004-provider.md)."""

from allauth.idp.oidc.adapter import DefaultOIDCAdapter

from identity import secret
from portal.oidc import endpoints


class Adapter(DefaultOIDCAdapter):
    """Says the same as our own endpoints, should anything of allauth's ask."""

    def get_issuer(self) -> str:
        """From the settings, never from the request."""
        return endpoints.issuer()

    def generate_client_secret(self) -> str:
        """256 random bits of ours."""
        return secret.fresh(prefix="khs")

    def hash_token(self, token: str) -> str:
        """Keyed, as all machine secrets."""
        return secret.hashed(token)
