"""These checks must pass before any process starts."""

from typing import Any

from django.conf import settings
from django.core import checks


@checks.register()
def check_clock_is_real_in_production(app_configs: Any, **_: Any) -> list[checks.CheckMessage]:
    """Report an error in production for a clock that a file can move."""
    del app_configs
    if settings.CLOCK_OFFSET_FILE and settings.KEYHOLDER_ENV == "production":
        return [
            checks.Error(
                "KEYHOLDER_CLOCK_OFFSET_FILE moves the clock and is refused in production.",
                hint="Unset it, or set KEYHOLDER_ENV to demo or test.",
                id="keyholder.E001",
            )
        ]
    return []
