"""One table holds the users of three directories; the default manager finds customers' users only."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac

from audit.foundation import ids
from identity.people import phones


class AllDirectoriesManager(BaseUserManager["User"]):
    """Finds users of all three directories; callers filter by directory or id."""


class CustomerManager(BaseUserManager["User"]):
    """Finds customers' users only; every lookup of django-allauth uses it."""

    def get_queryset(self) -> models.QuerySet["User"]:
        """Leave the staff and service directories out."""
        return super().get_queryset().filter(directory=User.Directory.CUSTOMER)


class User(AbstractBaseUser, PermissionsMixin):
    """Represents a person or program that can sign in, in exactly one directory.

    Credentials belong to the person, access to the membership. Every ending raises `epoch`, which voids whatever was
    issued under an older one. Staff and service users have no password and no `email` (CHECK), but a `contact`.
    """

    class Directory(models.TextChoices):
        """Says which kind of user this is; each channel accepts users of one directory."""

        CUSTOMER = "customer"
        STAFF = "staff"
        SERVICE = "service"

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    directory = models.CharField(max_length=10, choices=Directory, default=Directory.CUSTOMER)
    email = models.EmailField(max_length=254, blank=True)
    contact = models.EmailField(max_length=254, blank=True)
    name = models.CharField(max_length=200)
    sort_key = models.CharField(max_length=400)
    phone = models.CharField(max_length=phones.MAX_LENGTH, blank=True)
    """The work phone, as `identity.people.phones` writes it."""
    language = models.CharField(max_length=10, blank=True)
    time_zone = models.CharField(max_length=40, blank=True)
    is_active = models.BooleanField(default=True)
    epoch = models.PositiveIntegerField(default=1)
    mail_bounced_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    objects: ClassVar[CustomerManager] = CustomerManager()
    all_directories: ClassVar[AllDirectoriesManager] = AllDirectoriesManager()

    USERNAME_FIELD = "id"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["id", "directory"], name="user_id_and_directory"),
            models.UniqueConstraint(
                Lower("email"), condition=Q(directory="customer"), name="user_email_unique_for_customers"
            ),
            models.CheckConstraint(condition=Q(is_superuser=False), name="user_no_superusers"),
            models.CheckConstraint(
                condition=Q(directory="customer", contact="") & ~Q(email="")
                | ~Q(directory="customer") & Q(email="", password__startswith=UNUSABLE_PASSWORD_PREFIX),
                name="user_credentials_fit_directory",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    def get_session_auth_hash(self) -> str:
        """Hash the password and the epoch, so that an ending voids every session."""
        return self._hash_with(f"{self.password}:{self.epoch}")

    def get_session_auth_fallback_hash(self) -> Any:
        """Return nothing, because the hash is the same under every key."""
        return iter(())

    def _hash_with(self, value: str) -> str:
        # Without the `web` key, whose rotation would end every session. Their data is signed with it as a whole.
        return salted_hmac("identity.User.session", value, secret="", algorithm="sha256").hexdigest()
