"""Messages wait for the next page in a signed cookie for a visitor, and in the session of a signed-in person."""

from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.messages.storage.base import BaseStorage, Message
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.session import SessionStorage
from django.http import HttpRequest, HttpResponseBase

from portal.http import request_data

MOST = 10
LONGEST = 4000
"""Characters of all messages together."""


class _Cookie(CookieStorage):
    cookie_name = settings.MESSAGE_COOKIE_NAME


class MessageStorage(BaseStorage):
    """Keeps the newest messages. A visitor's stand in no session: a stranger would fill the table of sessions."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        self._cookie, self._session = _Cookie(request), SessionStorage(request)

    def _get(self, *_: Any, **__: Any) -> tuple[list[Message], bool]:
        if request_data.is_polled(self.request):
            return [], True
        stored = (_get(self._cookie), _get(self._session))
        return [message for messages in stored for message in messages], True

    def _store(
        self, messages: list[Message], response: HttpResponseBase, *_: Any, **__: Any
    ) -> list[Message]:
        if request_data.is_polled(self.request):
            return []  # an open page asks by itself: messages wait for one that a person opens
        kept = _newest(messages)
        is_signed_in = SESSION_KEY in self.request.session
        _set(self._session, kept if is_signed_in else [], response)
        if self._cookie.cookie_name in self.request.COOKIES or not is_signed_in:
            _set(self._cookie, [] if is_signed_in else kept, response)
        return []


# Django's storages call each other by these methods, which the stubs lack.
def _get(storage: BaseStorage) -> list[Message]:
    return storage._get()[0] or []  # type: ignore[attr-defined] # noqa: SLF001


def _set(storage: BaseStorage, messages: list[Message], response: HttpResponseBase) -> None:
    storage._store(messages, response)  # type: ignore[attr-defined] # noqa: SLF001


def _newest(messages: list[Message]) -> list[Message]:
    """Leave out the oldest messages beyond both limits."""
    kept: list[Message] = []
    left = LONGEST
    for message in reversed(messages[-MOST:]):
        left -= len(str(message))
        if left < 0:
            break
        kept.insert(0, message)
    return kept
