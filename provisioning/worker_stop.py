"""Long jobs end after the row at hand when the worker that runs them stops."""

import ctypes
from multiprocessing import sharedctypes

# Shared memory without a lock: the processes of the pool are forked from the worker, and a signal handler sets it.
_announced = sharedctypes.RawValue(ctypes.c_bool, False)  # noqa: FBT003 - the first value of the shared cell


def announce() -> None:
    """Let the jobs of this worker's processes end."""
    _announced.value = True


def is_announced() -> bool:
    """Return whether this worker stops. What a job leaves is due at its next run."""
    return bool(_announced.value)
