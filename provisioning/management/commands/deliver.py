"""`manage.py deliver`: tells other systems, until SIGTERM or SIGINT."""

import signal
from typing import Any

from django.core.management.base import BaseCommand

from provisioning.deliverer import Deliverer


class Command(BaseCommand):
    """Several may run at once."""

    help = "Delivers accounts, logouts and mails as soon as they are recorded."

    def handle(self, **options: Any) -> None:
        """Run until told to stop."""
        deliverer = Deliverer()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: deliverer.stop())
        self.stdout.write("Delivering.")
        self.stdout.flush()
        deliverer.run()
        self.stdout.write("Stopped.")
