"""A person chooses a language, also in this browser before the sign-in."""

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from audit.foundation.errors import Busy
from delegation.authorization.errors import Unchanged
from delegation.people.commands import details
from identity.people.models import User
from portal.http import languages, request_context
from portal.signin.customers import rate_limits


def change(request: HttpRequest, language: str) -> int:
    """Make this the language of the person signed in. Return how many seconds to wait after too many changes."""
    person = request.user
    if not isinstance(person, User) or language == person.language:
        return 0
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

    A choice that finds the log busy waits for the next request; one beyond the limit is forgotten.
    """
    language = languages.chosen_before_sign_in(request)
    if not language or not request.user.is_authenticated:
        return
    try:
        is_saved = not change(request, language)
    except Busy:
        return
    languages.forget_choice(request, response)
    if is_saved:
        languages.remember(response, language, seconds=settings.LANGUAGE_COOKIE_AGE)
