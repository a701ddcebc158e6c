"""A worker takes jobs and nothing else, whichever broker brings them; no message ends it."""

from collections.abc import Callable
from typing import Any

from celery.utils.log import get_logger
from celery.worker import consumer

from portal.jobs import messages, set_aside

_logger = get_logger(__name__)
_ALONE = {"without_mingle": True, "without_gossip": True}


class Consumer(consumer.Consumer):
    """Celery's consumer. It does not talk to other workers: their messages would come from the same broker."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options | _ALONE)

    def create_task_handler(self, *arguments: Any, **options: Any) -> Callable[[Any], None]:
        """Return a handler that hands on what `messages` makes of a message, and refuses what Celery fails on."""
        handle = super().create_task_handler(*arguments, **options)
        passed_on = (*self.connection_errors, *self.channel_errors)

        def on_task_received(message: Any) -> None:
            try:
                job = messages.parse(headers=message.headers, body=message.body, tasks=self.strategies)
                message.headers, message.body = job.headers(), job.body()
                message.content_type, message.content_encoding = "application/json", "utf-8"
                handle(message)
            except passed_on:
                raise
            except Exception as error:  # noqa: BLE001 - one message must not end the worker
                self._refuse(message, error)

        return on_task_received

    def _refuse(self, message: Any, error: Exception) -> None:
        if not message.acknowledged:
            message.reject_log_error(_logger, self.connection_errors)
        set_aside.report(error)
