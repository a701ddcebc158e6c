"""All anticipated errors derive from these classes."""

from typing import Any, ClassVar


class DomainError(Exception):
    """The actor can act on this error; its sentence is made when it is shown.

    `code` is public and stable; `data` holds ids, codes and numbers (it is written to the log).
    Each channel looks the sentence up (`portal.wording.refusals`), so that it is in the reader's language.
    """

    code = "error"
    is_refusal: ClassVar[bool] = True
    """Whether the actor was refused something, which the log records. A mistake in a form is not a refusal."""

    def __init__(self, **data: Any) -> None:
        super().__init__(self.code)
        self.data = data


class Busy(DomainError):
    """Another act holds the organization's lock, or a migration just ran. Retry after `seconds`."""

    code = "busy"


class TooSlow(Exception):
    """A statement was stopped at its limit (`db.too_slow_after`); the page says what makes it shorter."""


class LogUnavailable(DomainError):
    """The key file `events` is missing or unusable: no event can be authenticated, so none is written or shown."""

    code = "log_unavailable"
    is_refusal = False
