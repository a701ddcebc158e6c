"""Sessions in the database: the cookie holds a secret, the row its keyed hash, the directory and the epoch."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError
from django.db import IntegrityError, connection, transaction

from audit.foundation import clock
from identity import machine_secrets
from identity.people.models import User
from identity.sessions.models import Session

_SEEN_EVERY = dt.timedelta(minutes=1)
_FIELDS = [field.attname for field in Session._meta.concrete_fields]
# A session of somebody holds while its epoch and directory are that user's.
_LOAD = """
SELECT {} FROM identity_session s LEFT JOIN identity_user u ON u.id = s.user_id
WHERE s.session_key = ANY(%s) AND s.expire_date > %s
  AND (s.user_id IS NULL OR u.epoch = s.epoch AND u.directory = s.directory AND u.is_active)
""".format(", ".join(f"s.{name}" for name in _FIELDS))


class SessionStore(SessionBase):
    """Django's session engine (SESSION_ENGINE). A row whose epoch is not its user's is no session."""

    row: Session | None = None

    def load(self) -> dict[str, Any]:
        """One statement: the row together with the user's present epoch."""
        now = clock.wall()
        with connection.cursor() as cursor:
            cursor.execute(_LOAD, [machine_secrets.hash_candidates(self.session_key or ""), now])
            found = cursor.fetchone()
        if found is None:
            self._session_key = None
            return {}
        self.row = row = Session.from_db(connection.alias, _FIELDS, found)
        if now - row.last_seen_at > _SEEN_EVERY:
            Session.objects.filter(session_key=row.session_key).update(last_seen_at=now)
        return dict(self.decode(row.session_data))

    def exists(self, session_key: str) -> bool:
        """Whether this secret is taken."""
        return Session.objects.filter(session_key__in=machine_secrets.hash_candidates(session_key)).exists()

    def create(self) -> None:
        """A row with a fresh secret."""
        while True:
            self._session_key = self._get_new_session_key()  # type: ignore[attr-defined] # the stubs lack it
            try:
                self.save(must_create=True)
            except CreateError:
                continue
            self.modified = True
            return

    def save(self, must_create: bool = False) -> None:  # noqa: FBT001, FBT002 - Django's signature
        """Raises UpdateError where the session has been ended meanwhile: it is not brought back."""
        if self.session_key is None:
            self.create()
            return
        data = self._get_session(no_load=must_create)  # type: ignore[attr-defined] # the stubs lack it
        fields = self._fields(data)
        if must_create:
            self._insert(fields)
        elif not Session.objects.filter(session_key=self._hash()).update(**fields):
            raise UpdateError

    def _insert(self, fields: Mapping[str, Any]) -> None:
        now = clock.wall()
        try:
            with transaction.atomic():
                Session.objects.create(session_key=self._hash(), created_at=now, last_seen_at=now, **fields)
        except IntegrityError as error:
            raise CreateError from error

    def _fields(self, data: Mapping[str, Any]) -> dict[str, Any]:
        user = User.everyone.filter(pk=data[SESSION_KEY]).first() if SESSION_KEY in data else None
        known = self.row is not None and self.row.user_id == (user.pk if user else None)
        epoch = self.row.epoch if known and self.row else (user.epoch if user else None)
        return {
            "session_data": self.encode(dict(data)),
            "expire_date": clock.wall() + dt.timedelta(seconds=self.get_expiry_age()),
            "user": user,
            "directory": user.directory if user else "",
            "epoch": epoch,
        }

    def delete(self, session_key: str | None = None) -> None:
        """End this session, or the one with that secret."""
        key = session_key or self.session_key
        if key is not None:
            Session.objects.filter(session_key__in=machine_secrets.hash_candidates(key)).delete()

    def stored_key(self) -> str:
        """The hash under which sign-ins refer to this session."""
        return self._hash()

    def _hash(self) -> str:
        """Of the key under which the row was made."""
        mine = machine_secrets.hash_candidates(self.session_key or "")
        known = self.row is not None and self.row.session_key in mine
        return self.row.session_key if known and self.row else mine[0]

    @classmethod
    def clear_expired(cls) -> None:
        """Forget what has run out."""
        Session.objects.filter(expire_date__lt=clock.wall()).delete()
