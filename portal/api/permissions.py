"""What a view of the REST API is that says nothing about who may call it."""

from rest_framework.permissions import BasePermission
from rest_framework.request import Request


class DenyAll(BasePermission):
    """Nobody (DEFAULT_PERMISSION_CLASSES)."""

    def has_permission(self, request: Request, view: object) -> bool:
        """Never."""
        return False
