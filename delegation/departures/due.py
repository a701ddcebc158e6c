"""A return to an organization waits for the consequences of planned ends that are due there.

Otherwise sessions, tokens and assignments of the former period, which the deliverer has not ended yet, would come back.
"""

import uuid
from collections.abc import Callable

CarryOut = Callable[[uuid.UUID], None]
_registered: list[CarryOut] = []


def register(carry_out: CarryOut) -> None:
    """Let `carry_out` end what is due in an organization, by its id, in acts of its own."""
    if carry_out not in _registered:
        _registered.append(carry_out)


def carry_out(*, organization: uuid.UUID) -> None:
    """Carry out the planned ends that are due in this organization. Call it before the act.

    One statement without any.
    """
    for function in _registered:
        function(organization)
