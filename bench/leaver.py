"""(b) One leaver, from the click to the last receiver's own record, in alternation with the bare calls."""

import http.client
import statistics
import time
from collections.abc import Sequence

from bench import baseline, database
from bench.setup import SERVICES, TARGETS, Installation, Leaver, installed

LEAVERS = 200
BLOCK = 20
WARM = 10


def run() -> None:
    """Print p50 and p99 of the portal and of the bare calls, and the median of the blocks' ratios."""
    with installed(LEAVERS + WARM) as (installation, people), baseline.BareCalls.started() as other:
        warm_up(installation, people[:WARM], other)
        measure(installation, people[WARM:], other, name="leaver")


def warm_up(installation: Installation, people: Sequence[Leaver], other: baseline.BareCalls) -> None:
    """Let all processes work once."""
    for leaver in people:
        _remove(installation, leaver)
    other.block(len(people))


def measure(
    installation: Installation, people: Sequence[Leaver], other: baseline.BareCalls, *, name: str
) -> Sequence[float]:
    """Remove these people in alternation with the bare calls, and print the figures under this name.

    Returns the milliseconds until everything was applied.
    """
    figures: list[tuple[float, float, float]] = []
    ratios: list[float] = []
    bares: list[float] = []
    for start in range(0, len(people), BLOCK):
        times = [_remove(installation, leaver) for leaver in people[start : start + BLOCK]]
        theirs = other.block(BLOCK)
        figures += times
        bares += theirs
        if theirs:
            ratios.append(statistics.median(t[2] for t in times) / statistics.median(theirs))
    gone, tokens, done = zip(*figures, strict=True)
    database.emit(f"{name}.refused_in_second_process", **database.quantiles(gone))
    database.emit(f"{name}.tokens_refused", **database.quantiles(tokens))
    database.emit(
        f"{name}.everything_applied", services=SERVICES, targets=TARGETS, **database.quantiles(done)
    )
    if ratios:
        database.emit(f"{name}.bare", settings=other.settings, **database.quantiles(bares))
    ratio = round(statistics.median(ratios), 2) if ratios else "not measured"
    database.emit(f"{name}.ratio", p50_to_bare=ratio, blocks=len(ratios), aim=2)
    return done


def _remove(installation: Installation, leaver: Leaver) -> tuple[float, float, float]:
    """Return ms from the POST to: refused in the other web process, tokens refused there, all receivers applied."""
    second = installation.ports[1]
    form, cookies = installation.removal(leaver)
    record_count = len(installation.records(0))
    began = time.monotonic_ns()
    status, _, _ = installation.call(
        installation.ports[0], "POST", installation.path(leaver), cookie=cookies, form=form
    )
    if status not in {http.client.FOUND, http.client.SEE_OTHER}:
        message = f"the removal was answered {status}"
        raise RuntimeError(message)
    if (
        installation.call(second, "GET", f"/o/{installation.organization.key}/", cookie=leaver.cookie)[0]
        == http.client.OK
    ):
        raise RuntimeError("a session was accepted after the answer")
    refused = time.monotonic_ns()
    if (
        installation.introspect(second, leaver, 0)
        or installation.refresh(second, leaver, 1) != http.client.BAD_REQUEST
    ):
        raise RuntimeError("a token was accepted after the answer")
    tokens = time.monotonic_ns()
    applied = _applied(installation, leaver, record_count)
    return tuple((at - began) / 1e6 for at in (refused, tokens, applied))  # type: ignore[return-value]


def _applied(installation: Installation, leaver: Leaver, record_count: int) -> int:
    """When the last of all receivers had applied it, by their own records."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        mine = {where: at for where, who, at in installation.records(record_count) if who == str(leaver.user)}
        if len(mine) == SERVICES + TARGETS:
            return max(mine.values())
        time.sleep(0.02)  # the times are the receivers' own: asking often would only slow them
    message = f"not everything was applied within 30 s: {sorted(mine)}"
    raise RuntimeError(message)
