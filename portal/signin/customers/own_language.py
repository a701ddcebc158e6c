"""A person chooses a language, also in this browser before the sign-in; the next page says what became of it."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.utils import translation
from django.utils.translation import gettext as _

from audit.foundation.errors import Busy, DomainError
from delegation.authorization.errors import Unchanged
from delegation.people.commands import details
from identity.people.models import User
from portal.http import languages, request_context
from portal.signin.customers import rate_limits
from portal.wording import retry_after


def change(request: HttpRequest, language: str) -> bool:
    """Make this the language of the person signed in, and leave a message. Return False beyond the limit."""
    person = request.user
    if not isinstance(person, User) or language == person.language:
        return True
    wait = _save(request, person, language)
    with translation.override(person.language or language if wait else language):
        if wait:
            text = _("You changed your language many times within a day. Nothing was changed. %(again)s")
            messages.error(request, text % {"again": retry_after.retry_after(wait)})
        else:
            text = _(
                "Your language is changed. Mails to you use it too. Services can use it from your next sign-in."
            )
            messages.success(request, text)
    return not wait


def _save(request: HttpRequest, person: User, language: str) -> int:
    """Record the choice. Return how many seconds to wait after too many changes."""
    taken = rate_limits.take((rate_limits.OWN_LANGUAGE, str(person.pk)))
    if taken.wait:
        return taken.wait
    actor = request_context.require_context(request).context.actor
    try:
        details.change_language(actor=actor, person=person, language=language)
    except Unchanged:
        taken.give_back()
    except Busy:
        taken.give_back()
        raise
    return 0


def adopt(request: HttpRequest, response: HttpResponseBase) -> None:
    """Make the choice before the sign-in the language of the person who has now signed in.

    A choice that finds the log busy waits for the next request; one beyond the limit, or refused, is forgotten.
    """
    language = languages.chosen_before_sign_in(request)
    if not language or not request.user.is_authenticated:
        return
    try:
        is_saved = change(request, language)
    except Busy:
        return
    except DomainError:
        is_saved = False
    languages.forget_choice(request, response)
    if is_saved:
        languages.remember(response, language, seconds=settings.LANGUAGE_COOKIE_AGE)
