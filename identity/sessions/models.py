"""Browser sessions open sign-ins to services."""

import datetime as dt

from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models

from audit.foundation import ids
from identity.clients.models import Client
from identity.memberships.models import Membership
from identity.people.models import User

IDLE_LIMIT = dt.timedelta(hours=1)
"""A session without a request for this long has ended (NIST SP 800-63B-4 §2.2.3). SQL: `identity_session_open`."""


def open_at(at: dt.datetime) -> models.Q:
    """Filter sessions that neither their absolute nor their idle limit has ended."""
    return models.Q(expire_date__gt=at, last_seen_at__gt=at - IDLE_LIMIT)


class Session(models.Model):
    """Stores a browser session. The cookie holds the secret, `session_key` its keyed hash."""

    session_key = models.CharField(max_length=80, primary_key=True)
    session_data = models.TextField()
    expire_date = models.DateTimeField(db_index=True)
    """The absolute limit. A request of a signed-in session never moves it."""
    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="sessions")
    directory = models.CharField(max_length=10, blank=True)
    epoch = models.PositiveIntegerField(null=True)
    created_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    """Up to a minute before the last request (`identity.sessions.store`)."""
    agent = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(directory="staff"), name="session_never_for_staff")
        ]

    get_session_store_class = AbstractBaseSession.get_session_store_class


class SignIn(models.Model):
    """Links a browser session to one organization. `id` is the `sid` (OIDC Back-Channel Logout §2.1)."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    session_key = models.CharField(max_length=80)
    """Not a foreign key: a sign-in outlives its session until every service is notified."""
    user = models.ForeignKey(User, models.PROTECT, related_name="sign_ins")
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="sign_ins")
    user_epoch = models.PositiveIntegerField()
    membership_epoch = models.PositiveIntegerField()
    auth_time = models.DateTimeField()
    amr = models.JSONField(default=list)
    clients: "models.ManyToManyField[Client, models.Model]" = models.ManyToManyField(
        Client, related_name="sign_ins"
    )
    started_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["session_key", "membership"],
                condition=models.Q(ended_at=None),
                name="sign_in_one_per_organization",
            )
        ]
        indexes = [
            models.Index(
                fields=["ended_at"], name="sign_in_ended", condition=models.Q(ended_at__isnull=False)
            )
        ]


class LastSignIn(models.Model):
    """Holds the latest sign-in of a membership, for lists of 50,000 people.

    The database writes it. A sign-in to a service counts for its membership, a sign-in of the browser for the only
    membership that the person has at that time. With two, it counts for those whose pages the browser opens
    (`visits`): a row for both would say that there is another organization.
    """

    membership = models.OneToOneField(
        Membership, models.PROTECT, primary_key=True, related_name="last_sign_in"
    )
    at = models.DateTimeField()
