"""The service has a clock of its own: it shares none with the portal."""

import datetime as dt
import time


def now() -> dt.datetime:
    return dt.datetime.now(tz=dt.UTC)


def seconds() -> float:
    return time.time()


def stamps() -> dict[str, object]:
    """Return the wall time and the machine's monotonic time, which every process of the machine shares."""
    return {"at": now().isoformat(timespec="microseconds"), "monotonic_ns": time.monotonic_ns()}


def parse(text: str) -> dt.datetime:
    return aware(dt.datetime.fromisoformat(text))


def aware(value: dt.datetime) -> dt.datetime:
    return value if value.tzinfo else value.replace(tzinfo=dt.UTC)
