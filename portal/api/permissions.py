"""The REST API has this default permission."""

from rest_framework.permissions import BasePermission
from rest_framework.request import Request


class DenyAll(BasePermission):
    """Refuses every caller of a view that declares no permission (DEFAULT_PERMISSION_CLASSES)."""

    def has_permission(self, request: Request, view: object) -> bool:
        """Refuse every caller."""
        return False
