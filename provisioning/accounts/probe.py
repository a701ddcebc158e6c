"""A test call shows whether a target answers, before anything is sent to it."""

import time
import uuid
from dataclasses import dataclass

import structlog

from provisioning.connectors import registry
from provisioning.connectors.connector import TargetProfile
from provisioning.delivery.errors import DeliveryError
from provisioning.http.pool import Pool
from provisioning.targets import exchanges
from provisioning.targets import profile as targets_profile
from provisioning.targets.models import Target

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Probe:
    """Holds the answer to a test call: the seconds, and a code of `provisioning.delivery.errors`, empty for success."""

    seconds: float
    code: str = ""
    detail: str = ""
    """Such as `status 401`; never a response body."""


def probe_target(*, target: uuid.UUID) -> Probe:
    """Send a test call to a target, with its stored token, and store it as the last request. Seven statements."""
    row = Target.objects.get(id=target)
    try:
        return probe(kind=row.kind, profile=targets_profile.build(target=row))
    finally:
        exchanges.store()


def probe_new(*, base_url: str, token: str, media_type: str) -> Probe:
    """Send a test call to an address that is not stored yet. Only an address that was checked may be given."""
    kind = next(iter(registry.CONNECTORS))
    return probe(kind=kind, profile=TargetProfile(base_url=base_url, token=token, media_type=media_type))


def probe(*, kind: str, profile: TargetProfile) -> Probe:
    """Read a page of the target's records through the guarded client, and keep none of them. Nothing is written.

    It takes up to 30 seconds, so no lock may be held.
    """
    pool, began = Pool(), time.monotonic()
    try:
        next(registry.connector(kind=kind).read_records(profile=profile, pool=pool, limit=1), None)
    except DeliveryError as error:
        log.info("target.probed", code=error.code.value, detail=error.detail)
        return Probe(time.monotonic() - began, error.code.value, error.detail)
    finally:
        pool.close()
    log.info("target.probed", code="")
    return Probe(time.monotonic() - began)
