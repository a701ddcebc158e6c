"""Log lines are JSON on standard error, without personal values and secrets, which could not be erased there."""

from typing import Any

import structlog

_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def without_path(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Remove the path from Django's error lines: it may hold the secret of a link; `request` identifies the line."""
    if str(event.get("logger", "")).startswith("django."):
        event["event"] = str(event["event"]).partition(": /")[0]
    return event


def configured(*, level: str) -> dict[str, Any]:
    """Configure structlog and return Django's LOGGING."""
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": _SHARED,
        "processors": [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            without_path,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": formatter},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Our own request line covers the status 4xx.
            "django.request": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
            "django.security": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
        },
    }
