"""`manage.py deliver` delivers to other systems until SIGTERM or SIGINT."""

import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from identity import key_registry
from provisioning import deliverer


class Command(BaseCommand):
    """Delivers until it is stopped; several processes may deliver at once."""

    help = "Delivers accounts, logouts and mails as soon as they are recorded."

    def handle(self, **options: Any) -> None:
        """Run until a signal stops it. Raises CommandError with the keys of another installation."""
        if problems := key_registry.problems_at_start():
            raise CommandError("\n".join(problems))
        engine = deliverer.create()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: engine.stop())
        self.stdout.write("Delivering.")
        self.stdout.flush()
        engine.run()
        self.stdout.write("Stopped.")
