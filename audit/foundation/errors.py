"""The mother of all anticipated errors."""

from typing import Any, ClassVar


class DomainError(Exception):
    """Something a person can act on: a code, named data, and a sentence made when shown.

    `code` is public and stable; `data` holds ids, codes and numbers (it is written to the log).
    The sentence is looked up by the door (`portal.wording.refusals`), so that it is in the reader's language.
    """

    code = "error"
    is_refusal: ClassVar[bool] = True
    """Whether somebody was told no, which is remembered beside the log. A slip in what was typed is none."""

    def __init__(self, **data: Any) -> None:
        super().__init__(self.code)
        self.data = data


class Busy(DomainError):
    """The organization is being changed by somebody else, or the database by us; try again after `seconds`."""

    code = "busy"
