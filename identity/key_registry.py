"""The database knows a fingerprint of each key, so that the keys of another installation are refused.

Only `manage.py keys` writes fingerprints, as the owner. A key that is in use belongs to both, files and database.
"""

import datetime as dt
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, Error, connections, transaction

from audit.foundation import clock, key_files
from audit.models import KeyFingerprint
from identity import signing_keys

OWNER = "owner"
PURPOSES = (*key_files.PURPOSES, signing_keys.PURPOSE)


class KeysRefused(Exception):
    """The command would make or register keys that do not belong to this database; the message says what to do."""


class Present(NamedTuple):
    """Describes a key in the files."""

    fingerprint: str
    used_from: dt.datetime


def folder() -> Path:
    """Return the folder of the key files."""
    return Path(settings.KEYS_FOLDER)


def present(purpose: str) -> dict[str, Present]:
    """Return the keys in the files of a purpose by id. Raises MissingKey and UnusableFile."""
    if purpose == signing_keys.PURPOSE:
        prints = signing_keys.fingerprints()
        return {key.kid: Present(prints[key.kid], key.signs_from) for key in signing_keys.signing_keys()}
    keys = key_files.read_keys(key_files.path_of(folder=folder(), purpose=purpose))
    return {key.id: Present(key.fingerprint(purpose), key.used_from) for key in keys}


def file_problems() -> list[str]:
    """Return the problems of the files alone, in sentences."""
    problems = []
    for purpose in PURPOSES:
        try:
            present(purpose)
        except OSError as error:
            problems.append(str(error))
    return problems


def problems(*, using: str = DEFAULT_DB_ALIAS) -> list[str]:
    """Return every problem of files and fingerprints, in sentences. Two statements."""
    now = clock.now()
    rows = registered(using=using)
    return [problem for purpose in PURPOSES for problem in _problems(purpose, rows.get(purpose, {}), now)]


def problems_at_start() -> list[str]:
    """Return the problems that forbid a start; a database that does not answer forbids none: processes wait for it."""
    try:
        return problems()
    except Error:
        return []


def registered(*, using: str = DEFAULT_DB_ALIAS) -> dict[str, dict[str, KeyFingerprint]]:
    """Return the fingerprints by purpose and key id, without withdrawn keys."""
    found: dict[str, dict[str, KeyFingerprint]] = {}
    for row in KeyFingerprint.objects.using(using).filter(withdrawn_at=None):
        found.setdefault(row.purpose, {})[row.key_id] = row
    return found


def _problems(purpose: str, rows: Mapping[str, KeyFingerprint], now: dt.datetime) -> Iterator[str]:
    try:
        keys = present(purpose)
    except OSError as error:
        yield str(error)
        return
    if foreign := sorted(
        key for key in keys if key in rows and rows[key].fingerprint != keys[key].fingerprint
    ):
        yield f"{purpose}: {', '.join(foreign)} in {folder()} differs from the key of this database. {_RESTORE}"
    elif rows and not keys.keys() & rows.keys():
        yield f"{purpose}: the keys in {folder()} belong to another database. {_RESTORE}"
    elif unknown := {key for key in keys if key not in rows and keys[key].used_from <= now}:
        yield _unknown(purpose, unknown)
    if absent := sorted(key for key in rows if key not in keys and rows[key].used_from <= now):
        yield f"{purpose}: {', '.join(absent)} is in use and missing in {folder()}. {_COPY}"


def _unknown(purpose: str, keys: Collection[str]) -> str:
    return f"{purpose}: this database does not know {', '.join(sorted(keys))} in {folder()}. {_REGISTER}"


_RESTORE = "Set KEYHOLDER_KEYS to the folder of this installation, or restore its backup."
_REGISTER = "Run `manage.py keys make` with OWNER_DATABASE_URL, if the key was made for this database."
_COPY = "Copy the folder from the server on which `manage.py keys rotate` ran, or restore its backup."


def make(*, replace_lost: Collection[str] = ()) -> list[str]:
    """Make the missing keys of a new installation, and register all. Returns the purposes whose keys were made.

    A rotation that was interrupted is completed.

    Keys that the database knows are never made again, but for the purposes in `replace_lost`, whose keys are lost.
    Raises KeysRefused, MissingKey and UnusableFile.
    """
    with _writing():
        rows = registered(using=OWNER)
        missing = [purpose for purpose in PURPOSES if _is_missing(purpose)]
        if lost := sorted(set(missing) & rows.keys() - set(replace_lost)):
            raise KeysRefused(
                f"This database has keys for {', '.join(lost)}, and {folder()} has none. {_RESTORE} If they are lost"
                " for good, replace them by `manage.py keys make --replace-lost PURPOSE`."
            )
        if existing := sorted(set(replace_lost) - set(missing)):
            raise KeysRefused(
                f"{folder()} has keys for {', '.join(existing)}. Move a file away to replace it."
            )
        for purpose in missing:
            _withdraw(rows.pop(purpose, {}))
            _ensure(purpose)
        for purpose in PURPOSES:
            _remove_withdrawn(purpose)
            _register(purpose, rows.get(purpose, {}))
        return missing


def rotate(purpose: str, *, after: dt.timedelta, withdraw: bool) -> dict[str, Present]:
    """Make successors that are used after `after`. Returns them by id. Raises KeysRefused, MissingKey, UnusableFile.

    `withdraw` withdraws the older keys where no stored data depends on them. A key leaves the files only after the
    commit that withdraws it: `make` completes a rotation that ended at any point, whereas a key that is missing in
    the files looks like a lost one.
    """
    with _writing():
        rows = registered(using=OWNER).get(purpose, {})
        before = present(purpose)
        if any(key not in before or rows[key].fingerprint != before[key].fingerprint for key in rows):
            raise KeysRefused(f"{purpose}: the keys in {folder()} are not those of this database. {_RESTORE}")
        if unknown := before.keys() - rows.keys():
            raise KeysRefused(_unknown(purpose, unknown))
        retired = _add_key(purpose, after=after, withdraw=withdraw)
        made = {key: found for key, found in present(purpose).items() if key not in before}
        _insert(purpose, made)
        _withdraw({key: row for key, row in rows.items() if key in retired})
    _remove_withdrawn(purpose)
    return made


def _add_key(purpose: str, *, after: dt.timedelta, withdraw: bool) -> set[str]:
    """Add the successors to the files. Returns the ids of the keys that are retired."""
    if purpose == signing_keys.PURPOSE:
        signing_keys.rotate(after=after)
        return signing_keys.retired(withdraw=withdraw)
    key_files.rotate(folder=folder(), purpose=purpose, after=after, withdraw=withdraw)
    return key_files.retired(folder=folder(), purpose=purpose, withdraw=withdraw)


def _remove_withdrawn(purpose: str) -> None:
    """Remove withdrawn keys from the files, unless these hold no others: then they are an old copy."""
    with _writing():
        keys = present(purpose)
        known = KeyFingerprint.objects.using(OWNER).filter(purpose=purpose, key_id__in=keys)
        same = {row.key_id: row for row in known if row.fingerprint == keys[row.key_id].fingerprint}
        withdrawn = {key for key, row in same.items() if row.withdrawn_at is not None}
        if not withdrawn or len(withdrawn) == len(same):
            return
        if purpose == signing_keys.PURPOSE:
            signing_keys.remove(withdrawn)
        else:
            key_files.remove(folder=folder(), purpose=purpose, keys=withdrawn)


@contextmanager
def _writing() -> Iterator[None]:
    """Let one command at a time change keys, on whichever server it runs."""
    with transaction.atomic(using=OWNER):
        with connections[OWNER].cursor() as cursor:
            cursor.execute("LOCK TABLE audit_key_fingerprint IN EXCLUSIVE MODE")
        yield


def _is_missing(purpose: str) -> bool:
    if purpose == signing_keys.PURPOSE:
        return signing_keys.missing()
    return not key_files.path_of(folder=folder(), purpose=purpose).exists()


def _ensure(purpose: str) -> None:
    if purpose == signing_keys.PURPOSE:
        signing_keys.ensure()
    else:
        key_files.ensure(folder=folder(), purpose=purpose)


def _register(purpose: str, rows: Mapping[str, KeyFingerprint]) -> None:
    keys = present(purpose)
    known = {row.key_id: row for row in KeyFingerprint.objects.using(OWNER).filter(key_id__in=keys)}
    same = [key for key, row in known.items() if key in rows and row.fingerprint == keys[key].fingerprint]
    if len(same) < len(known) or (rows and not same):
        raise KeysRefused(f"{purpose}: the keys in {folder()} are not those of this database. {_RESTORE}")
    _insert(purpose, {key: found for key, found in keys.items() if key not in known})


def _insert(purpose: str, keys: Mapping[str, Present]) -> None:
    KeyFingerprint.objects.using(OWNER).bulk_create(
        KeyFingerprint(key_id=key, purpose=purpose, fingerprint=found.fingerprint, used_from=found.used_from)
        for key, found in sorted(keys.items())
    )


def _withdraw(rows: Mapping[str, KeyFingerprint]) -> None:
    KeyFingerprint.objects.using(OWNER).filter(key_id__in=rows).update(withdrawn_at=clock.wall())
