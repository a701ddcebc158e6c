"""A staff sign-in that ends without a session says why."""

from enum import StrEnum


class RefusalCode(StrEnum):
    """Says why; events record it, and each page of a refusal stands for some of them."""

    ASSURANCE = "assurance"
    """The groups allow roles, and the sign-in proved too little for each of them."""
    BLOCKED = "blocked"
    """The staff user is blocked in Keyholder."""
    LINK = "link"
    """A break-glass link is unknown, was used, or has ended."""
    NO_GROUP = "no_group"
    """No group of the staff member is mapped to a role."""
    PASSKEY = "passkey"
    """The browser's response to a break-glass link proves no passkey."""
    PROVIDER = "provider"
    """The provider answered with an error, such as `access_denied`."""
    SIGNED_OUT = "signed_out"
    """The provider signed the person out while the sign-in was under way."""
    STATE = "state"
    """The response belongs to no sign-in that this browser began in the last minutes."""
    TOKEN = "token"  # noqa: S105 - a code
    """The provider's token does not hold what OpenID Connect demands."""


class SignInRefused(Exception):
    """Refuses a sign-in or a logout token. `detail` names the failed check for the log of the process."""

    def __init__(self, code: RefusalCode, detail: str = "") -> None:
        super().__init__(code, detail)
        self.code, self.detail = code, detail


class ProviderUnavailable(Exception):
    """The supplier's identity provider cannot be reached, or answers as no provider does."""
