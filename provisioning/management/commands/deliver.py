"""`manage.py deliver` delivers to other systems until SIGTERM or SIGINT."""

import signal
from typing import Any

from django.core.management.base import BaseCommand

from provisioning import deliverer


class Command(BaseCommand):
    """Delivers until it is stopped; several processes may deliver at once."""

    help = "Delivers accounts, logouts and mails as soon as they are recorded."

    def handle(self, **options: Any) -> None:
        """Run until a signal stops it."""
        engine = deliverer.create()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: engine.stop())
        self.stdout.write("Delivering.")
        self.stdout.flush()
        engine.run()
        self.stdout.write("Stopped.")
