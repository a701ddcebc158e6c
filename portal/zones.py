"""Time zones by name."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def first(*names: str) -> ZoneInfo:
    """The first of these that exists, else UTC."""
    for name in names:
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    return ZoneInfo("UTC")
