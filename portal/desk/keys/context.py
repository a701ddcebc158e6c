"""The pages of keys show which are in use, and what a rotation changes. No page holds the keys themselves."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.urls import reverse
from django.utils.translation import gettext as _

from identity import key_registry, signing_keys
from identity.key_registry import Present
from identity.signing_keys import SigningKey
from portal.desk.keys import wording
from portal.shell.page_model import PageModel
from portal.wording import cldr, time_zones


@dataclass(frozen=True, slots=True)
class SigningKeyRow:
    """Describes a published key."""

    id: str
    algorithm: str
    state: str
    since: str


@dataclass(frozen=True, slots=True)
class PurposeRow:
    """Describes the keys of one purpose."""

    purpose: str
    protects: str
    url: str
    current: str
    since: str
    successor: str
    """When the successor is used; empty without one."""
    older: str
    """How many replaced keys are still accepted."""


@dataclass(frozen=True, kw_only=True)
class KeysPage(PageModel):
    """Lists the published signing keys, and the other keys by purpose."""

    template: ClassVar[str] = "desk/keys/list.html"

    signing: Sequence[SigningKeyRow]
    signing_url: str
    purposes: Sequence[PurposeRow]
    problems: Sequence[str]
    """What is wrong with the key files of this server."""


@dataclass(frozen=True, kw_only=True)
class KeyRotationPage(PageModel):
    """Shows what a rotation changes, and the commands that do it."""

    template: ClassVar[str] = "desk/keys/rotation.html"

    purpose: str
    protects: str
    back_url: str
    used_from: str
    after: str
    at_once: str


def list_page(at: dt.datetime) -> KeysPage:
    """Return the list: two statements, and the key files of this server."""
    return KeysPage(
        signing=[_signing(key, at) for key in signing_keys.signing_keys()],
        signing_url=reverse("staff_key_rotation", args=[signing_keys.PURPOSE]),
        purposes=[
            _purpose(purpose, key_registry.present(purpose), at)
            for purpose in wording.PROTECTS
            if purpose != signing_keys.PURPOSE
        ],
        problems=key_registry.problems(),
    )


def _signing(key: SigningKey, at: dt.datetime) -> SigningKeyRow:
    signers = [
        other
        for other in signing_keys.signing_keys()
        if other.algorithm == key.algorithm and other.signs_from <= at
    ]
    newest = max(signers, key=lambda other: other.signs_from, default=key)
    if key.signs_from > at:
        state = _("published, signs from %(when)s") % {"when": _moment(key.signs_from)}
    else:
        state = _("signs now") if key == newest else _("published, signed before")
    return SigningKeyRow(key.kid, key.algorithm, state, _moment(key.signs_from))


def _purpose(purpose: str, keys: Mapping[str, Present], at: dt.datetime) -> PurposeRow:
    used = {key: found for key, found in keys.items() if found.used_from <= at}
    current = max(used, key=lambda key: used[key].used_from, default="")
    waiting = [found.used_from for key, found in keys.items() if key not in used]
    return PurposeRow(
        purpose=purpose,
        protects=wording.PROTECTS[purpose](),
        url=reverse("staff_key_rotation", args=[purpose]),
        current=current,
        since=_moment(used[current].used_from) if current else "",
        successor=_moment(min(waiting)) if waiting else "",
        older=cldr.number(len(used) - 1) if len(used) > 1 else "",
    )


def rotation_page(purpose: str, at: dt.datetime) -> KeyRotationPage:
    """Return what a rotation of this purpose's keys would change."""
    return KeyRotationPage(
        purpose=purpose,
        protects=wording.PROTECTS[purpose](),
        back_url=reverse("staff_keys"),
        used_from=_moment(at + signing_keys.PUBLISH_LEAD),
        after=wording.after(purpose),
        at_once=wording.at_once(purpose),
    )


def _moment(at: dt.datetime) -> str:
    """Return the instant; the first key of a purpose is used from before all time."""
    return time_zones.date_time(at, None) if at.year > 1970 else _("the beginning")
