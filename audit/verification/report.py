"""A verification returns a report with its findings."""

import datetime as dt
import uuid
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Finding:
    """Describes one inconsistency of the log.

    `location` is a chain, `leaves`, `inbox` or a checkpoint's file; `position` is the one in it, where there is one.
    """

    code: str
    location: str
    position: int | None
    event: str

    def __str__(self) -> str:
        position = "" if self.position is None else f" at {self.position}"
        return f"{self.code}: {self.location}{position}, event {self.event}"


@dataclass(slots=True)
class Report:
    """Counts the rows that were read, and lists the findings."""

    events: int = 0
    leaves: int = 0
    chains: int = 0
    checkpoints: int = 0
    notes: list[str] = field(default_factory=list)
    """What is not an inconsistency, but should be known."""
    findings: list[Finding] = field(default_factory=list)
    forged: set[tuple[uuid.UUID, dt.datetime]] = field(default_factory=set)
    """The id and instant of each event that is not as the log wrote it: nothing may be concluded from it."""

    def add(self, code: str, location: object, position: int | None = None, event: object = "-") -> None:
        """Add one finding; `location` is named as in `Finding`."""
        self.findings.append(Finding(code, str(location), position, str(event)))
