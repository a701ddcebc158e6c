"""Applications follow from their registration, and clients from their newest event; texts are compared by digest."""

from audit.foundation import digests
from audit.state import declarations
from audit.state.declarations import Rebuilt

_EVENTS = "verb = 'application.register'"
_OF_CLIENTS = (
    "verb IN ('application.register', 'client.register', 'client.update', 'client.rotate', 'client.retire')"
)
_NEWEST = """
    newest AS (
        SELECT DISTINCT ON (facts ->> 'client') * FROM event
        WHERE facts ->> 'client' IS NOT NULL ORDER BY facts ->> 'client', seq DESC)"""
_DIGESTED = ("initiate_login_uri", "backchannel_logout_uri", "former_secret", "jwks_uri", "resources")
_FLAGS = ("requires_pkce", "subject_per_organization", "is_native", "requires_par")
_PROTOCOL = ("type", "secret", "redirect_uris", "scopes", "grant_types", "response_types")
_AFTER_LOGOUT = """coalesce((
    SELECT string_agg(uri, E'\\n' ORDER BY place)
    FROM jsonb_array_elements_text(data #> '{client_metadata,post_logout_redirect_uris}')
         WITH ORDINALITY AS address (uri, place)), '')"""


def _expected(columns: tuple[str, ...]) -> str:
    return ", ".join(f"facts -> 'client_digests' ->> '{column}' AS {column}" for column in columns)


def _actual(columns: tuple[str, ...]) -> str:
    return ", ".join(f"{digests.sql(column)} AS {column}" for column in columns)


declarations.register(
    Rebuilt(
        table="identity_application",
        key=("key",),
        events=_EVENTS,
        expected="""
            SELECT facts ->> 'application' AS key, facts ->> 'business_unit' AS unit_id, true AS is_active,
                   at AS created_at
            FROM event
        """,
        actual="""
            SELECT a.key, u.key AS unit_id, a.is_active, a.created_at
            FROM identity_application a JOIN identity_businessunit u ON u.id = a.unit_id
        """,
        columns=("unit_id", "is_active", "created_at"),
        not_compared={
            "id": "an application is identified by its key",
            "name": declarations.TEXT,
            "icon": "a picture",
        },
    ),
    Rebuilt(
        table="identity_client",
        key=("protocol_id",),
        events=_OF_CLIENTS,
        expected=f"""
            WITH {_NEWEST}
            SELECT facts ->> 'client' AS protocol_id, facts ->> 'application' AS application_id,
                   (facts ->> 'client_active')::boolean AS is_active,
                   (facts ->> 'client_opened_at')::timestamptz AS opened_at,
                   (facts ->> 'secret_made_at')::timestamptz AS secret_made_at,
                   (facts ->> 'secret_until')::timestamptz AS secret_until,
                   (facts ->> 'client_owner')::uuid AS owner_id,
                   (facts ->> 'former_secret_until')::timestamptz AS former_secret_until,
                   {", ".join(f"(facts ->> '{flag}')::boolean AS {flag}" for flag in _FLAGS)},
                   facts ->> 'token_algorithm' AS token_algorithm,
                   {_expected(_DIGESTED)}
            FROM newest
        """,  # noqa: S608 - constants of this module
        actual=f"""
            SELECT c.protocol_id, a.key AS application_id, c.is_active, c.opened_at,
                   {", ".join(_FLAGS)}, c.token_algorithm, c.secret_made_at,
                   c.secret_until, c.owner_id, c.former_secret_until, {_actual(_DIGESTED)}
            FROM identity_client c JOIN identity_application a ON a.id = c.application_id
        """,  # noqa: S608 - constants of this module
        columns=(
            "application_id",
            "is_active",
            "opened_at",
            *_FLAGS,
            "token_algorithm",
            "secret_made_at",
            "secret_until",
            "owner_id",
            "former_secret_until",
            *_DIGESTED,
        ),
        not_compared={"owner_directory": "computed by the database"},
    ),
    Rebuilt(
        table="allauth_idp_oidc_client",
        key=("id",),
        events=_OF_CLIENTS,
        expected=f"""
            WITH {_NEWEST}
            SELECT facts ->> 'client' AS id, (facts ->> 'skip_consent')::boolean AS skip_consent,
                   false AS allow_uri_wildcards, '' AS cors_origins, '' AS default_scopes, NULL::uuid AS owner_id,
                   {_expected((*_PROTOCOL, "data"))}
            FROM newest
        """,  # noqa: S608 - constants of this module
        actual=f"""
            SELECT id, skip_consent, allow_uri_wildcards, cors_origins, default_scopes, owner_id,
                   {_actual(_PROTOCOL)}, {digests.sql(_AFTER_LOGOUT)} AS data
            FROM allauth_idp_oidc_client
        """,  # noqa: S608 - constants of this module
        columns=(
            "skip_consent",
            "allow_uri_wildcards",
            "cors_origins",
            "default_scopes",
            "owner_id",
            *_PROTOCOL,
            "data",
        ),
        not_compared={"name": declarations.TEXT, "created_at": declarations.CREATED_AT},
    ),
)
