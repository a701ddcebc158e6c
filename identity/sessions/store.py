"""A browser's cookie holds a secret; the row of its session holds the keyed hash, directory, epoch and limits."""

import datetime as dt
import logging
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError
from django.core import signing
from django.db import IntegrityError, connection, transaction
from psycopg.errors import UniqueViolation

from audit.foundation import clock
from identity import machine_secrets
from identity.people.models import User
from identity.sessions.models import IDLE_LIMIT, Session, SignIn, open_at

logger = logging.getLogger("django.security.SuspiciousSession")
_VISIT = dt.timedelta(minutes=15)
"""Before sign-in a session ends after this long without a change, as allauth's sign-in does."""
_LAST_SEEN_INTERVAL = dt.timedelta(minutes=1)
_SAVED = ("session_data", "expire_date", "user", "directory", "epoch")
IDLE_SECONDS = int(IDLE_LIMIT.total_seconds())
_FIELDS = [field.attname for field in Session._meta.concrete_fields]
# A user's session is valid while its epoch and directory are the user's and neither of its limits has passed.
_LOAD = """
SELECT {} FROM identity_session s LEFT JOIN identity_user u ON u.id = s.user_id
WHERE s.session_key = ANY(%s) AND identity_session_open(s.expire_date, s.last_seen_at, %s)
  AND (s.user_id IS NULL OR u.epoch = s.epoch AND u.directory = s.directory AND u.is_active)
""".format(", ".join(f"s.{name}" for name in _FIELDS))

# Each session of a visitor removes two rows, so that strangers do not add more rows than are alive.
_REMOVE_EXPIRED = """
DELETE FROM identity_session WHERE session_key = ANY (ARRAY(
    SELECT session_key FROM identity_session WHERE expire_date <= %s AND user_id IS NULL
    ORDER BY expire_date LIMIT 2 FOR UPDATE SKIP LOCKED))
"""


def _salt_of(row: Session) -> str:
    """Bind the data to the row: a row with another key, user, directory, epoch, beginning or end is not loaded."""
    limits = " ".join(at.astimezone(dt.UTC).isoformat() for at in (row.created_at, row.expire_date))
    return f"identity.sessions {row.session_key} {row.user_id} {row.directory} {row.epoch} {limits}"


class SessionStore(SessionBase):
    """Stores Django's sessions (SESSION_ENGINE). A row whose epoch is not its user's is not loaded."""

    row: Session | None = None
    is_polled = False
    """Whether a page asks by itself: that is no activity, so the session's idle limit goes on."""
    _created_at: dt.datetime

    def load(self) -> dict[str, Any]:
        """Load the row if it is valid under the user's epoch. One statement, and one a minute for `last_seen_at`."""
        now = clock.wall()
        with connection.cursor() as cursor:
            cursor.execute(_LOAD, [machine_secrets.hash_candidates(self.session_key or ""), now])
            columns = cursor.fetchone()
        if columns is None:
            self._session_key = None
            return {}
        row = Session.from_db(connection.alias, _FIELDS, columns)
        try:
            data = signing.loads(row.session_data, salt=_salt_of(row), serializer=self.serializer)
        except signing.BadSignature:
            logger.warning("The data of a session do not belong to its row.")
            self._session_key = None
            return {}
        self.row, self._created_at = row, row.created_at
        if not self.is_polled and now - row.last_seen_at > _LAST_SEEN_INTERVAL:
            Session.objects.filter(session_key=row.session_key).update(last_seen_at=now)
        return dict(data)

    def exists(self, session_key: str) -> bool:
        """Return whether a row has this secret."""
        return Session.objects.filter(session_key__in=machine_secrets.hash_candidates(session_key)).exists()

    def create(self) -> None:
        """Insert a row with a new secret."""
        while True:
            self._session_key = self._get_new_session_key()  # type: ignore[attr-defined] # the stubs lack it
            try:
                self.save(must_create=True)
            except CreateError:
                continue
            self.modified = True
            return

    def save(self, must_create: bool = False) -> None:  # noqa: FBT001, FBT002 - Django's signature
        """Store the session. Raises UpdateError where it has ended meanwhile: no request in progress restores it."""
        if self.session_key is None:
            self.create()
            return
        data = self._get_session(no_load=must_create)  # type: ignore[attr-defined] # the stubs lack it
        if must_create:
            self._created_at = clock.wall()
        row = self._row_of(data)
        if must_create:
            self._insert(row)
        elif not Session.objects.filter(session_key=row.session_key).update(
            **{name: getattr(row, name) for name in _SAVED}
        ):
            raise UpdateError

    def _insert(self, row: Session) -> None:
        row.last_seen_at = row.created_at
        if row.user_id is None:
            with connection.cursor() as cursor:
                cursor.execute(_REMOVE_EXPIRED, [row.created_at])
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError as error:
            if isinstance(error.__cause__, UniqueViolation):
                raise CreateError from error
            raise  # another secret would be refused like this one

    def _row_of(self, data: Mapping[str, Any]) -> Session:
        user = User.all_directories.filter(pk=data[SESSION_KEY]).first() if SESSION_KEY in data else None
        # The epoch under which the session was loaded: a request under way must not revive a session that has ended.
        loaded = self.row if self.row and self.row.user_id == (user.pk if user else None) else user
        row = Session(
            session_key=self.stored_key(),
            expire_date=self._end(signed_in=user is not None),
            created_at=self._created_at,
            user=user,
            directory=user.directory if user else "",
            epoch=loaded.epoch if loaded else None,
        )
        row.session_data = signing.dumps(
            dict(data), salt=_salt_of(row), serializer=self.serializer, compress=True
        )
        return row

    def _end(self, *, signed_in: bool) -> dt.datetime:
        """Return the absolute limit: fixed from the sign-in on. A change moves the limit of a visitor's session."""
        if signed_in:
            return self._created_at + dt.timedelta(
                seconds=min(self.get_expiry_age(), settings.SESSION_COOKIE_AGE)
            )
        return clock.wall() + _VISIT

    def delete(self, session_key: str | None = None) -> None:
        """End this session, or the one with that secret."""
        key = session_key or self.session_key
        if key is not None:
            Session.objects.filter(session_key__in=machine_secrets.hash_candidates(key)).delete()

    def stored_key(self) -> str:
        """Return the row's primary key, by which sign-ins refer to it. It outlives a rotation of the key file."""
        hashes = machine_secrets.hash_candidates(self.session_key or "")
        return self.row.session_key if self.row and self.row.session_key in hashes else hashes[0]

    @classmethod
    def clear_expired(cls) -> None:
        """Delete sessions that a limit has ended, once their sign-ins to services have ended too (`grants.endings`)."""
        over = Session.objects.exclude(open_at(clock.wall()))
        over.exclude(session_key__in=SignIn.objects.filter(ended_at=None).values("session_key")).delete()
