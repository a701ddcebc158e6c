"""Codes and token families are compared with the sign-in that they belong to: their issue leaves no event."""

from audit.state import declarations
from audit.state.declarations import NotRebuilt, Rebuilt

_BOUND = ("user_id", "membership_id", "user_epoch", "membership_epoch")
_NO_EVENT = "issued by the thousand, without an event; the database refuses a change"


def _expected(table: str, key: str) -> str:
    columns = ", ".join(f"s.{column}" for column in _BOUND)
    return f"SELECT g.{key}, {columns} FROM {table} g JOIN identity_signin s ON s.id = g.sign_in_id"  # noqa: S608


def _bound_to_sign_in(table: str, key: str, *others: str) -> Rebuilt:
    return Rebuilt(
        table=table,
        key=(key,),
        events="false",
        expected=_expected(table, key),
        actual=f"SELECT {key}, {', '.join(_BOUND)} FROM {table}",  # noqa: S608 - constants of this module
        columns=_BOUND,
        not_compared=dict.fromkeys(
            (
                "client_id",
                "sign_in_id",
                "scopes",
                "id_token_claims",
                "resource",
                "auth_time",
                "amr",
                "issued_at",
                "expires_at",
                "nonce",
                *others,
            ),
            _NO_EVENT,
        ),
    )


declarations.register(
    _bound_to_sign_in("identity_tokenfamily", "id", "ended_at", "logout_at"),
    _bound_to_sign_in(
        "identity_authorizationcode", "hash", "redirect_uri", "code_challenge", "used_at", "family"
    ),
    NotRebuilt("identity_accesstoken", _NO_EVENT),
    NotRebuilt("identity_refreshtoken", _NO_EVENT),
)
