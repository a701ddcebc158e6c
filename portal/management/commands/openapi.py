"""`manage.py openapi` prints the OpenAPI document of the REST API, which `docs/openapi-v1.yaml` holds."""

from typing import Any

from django.core.management.base import BaseCommand

from portal.api import openapi


class Command(BaseCommand):
    """Prints the document as YAML: `manage.py openapi > docs/openapi-v1.yaml`."""

    help = "Print the OpenAPI document of the REST API."
    requires_system_checks = ()

    def handle(self, **_: Any) -> None:
        """Print it without a further line end."""
        self.stdout.write(openapi.as_yaml(), ending="")
