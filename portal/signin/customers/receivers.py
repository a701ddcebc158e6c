"""Django and allauth send these signals; `portal.signin.customers.events` does the work."""

from typing import Any

from allauth.account import signals as account
from allauth.account.internal import stagekit
from allauth.mfa.models import Authenticator
from django.contrib.auth import signals as auth
from django.db.models import signals as rows
from django.dispatch import receiver
from django.http import HttpRequest

from delegation.authorization.event_types import Observation
from identity.people import addresses
from identity.people.models import User
from portal.signin.customers import events, secret_attempts


@receiver(auth.user_logged_in)
def on_signed_in(request: HttpRequest, user: User, **_: Any) -> None:
    events.signed_in(request, user)


@receiver(auth.user_logged_out)
def on_signed_out(request: HttpRequest, user: User | None, **_: Any) -> None:
    if user is not None:
        events.signed_out(request, user)


@receiver(auth.user_login_failed)
def on_failed(credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    if request is not None:
        secret_attempts.mark_failed(request)
        email = str(credentials.get("email", ""))
        events.failed(user=addresses.owners(addresses=[email]).get(email), method="password")


@receiver(account.authentication_step_completed)
def on_proved(request: HttpRequest, user: User, method: str, **facts: Any) -> None:
    events.step_completed(request, user, method, facts)


@receiver(account.password_changed)
@receiver(account.password_set)
def on_password_changed(request: HttpRequest, user: User, **_: Any) -> None:
    events.new_password(request, user, Observation.PASSWORD_CHANGED)


@receiver(account.password_reset)
def on_password_reset(request: HttpRequest, user: User, **_: Any) -> None:
    if not request.user.is_authenticated:
        stagekit.clear_login(request)  # started in this browser with the old password
    events.new_password(request, user, Observation.PASSWORD_RESET)


@receiver(rows.post_save, sender=User)
def on_user_saved(instance: User, update_fields: frozenset[str] | None = None, **_: Any) -> None:
    """A password saved alone, while it is checked, has the same value with the present hash."""
    is_new = getattr(instance, "_password", None) is not None
    if update_fields == frozenset({"password"}) and not is_new:
        events.password_rehashed(instance)


@receiver(rows.post_save, sender=Authenticator)
def on_factor_saved(instance: Authenticator, created: bool, **_: Any) -> None:  # noqa: FBT001 - Django's signature
    if created:
        events.factor_changed(Observation.FACTOR_ADDED, instance)


@receiver(rows.post_delete, sender=Authenticator)
def on_factor_deleted(instance: Authenticator, **_: Any) -> None:
    events.factor_changed(Observation.FACTOR_REMOVED, instance)
