"""The one way of writing."""

from delegation.act.acting import acting
from delegation.act.doing import Act
from delegation.act.outcome import Outcome, command
from delegation.act.subjects import SUPPLIER, Founding, Subjects, Supplier

__all__ = ["SUPPLIER", "Act", "Founding", "Outcome", "Subjects", "Supplier", "acting", "command"]
