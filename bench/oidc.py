"""The bench loads the OpenID Provider and npm's oidc-provider in ABBA blocks, on one PostgreSQL: `make bench-oidc`.

Needs node, npm and wrk. BENCH_BLOCKS and BENCH_SECONDS set how many blocks are run and how long each load is.
"""

import os
import random
import statistics
from collections.abc import Sequence

from bench import database, oidc_servers, wrk
from bench.oidc_servers import Server

BLOCKS, SECONDS = int(os.environ.get("BENCH_BLOCKS", "7")), int(os.environ.get("BENCH_SECONDS", "2"))
LOADS = BLOCKS * 2 + 1
"""Of one server for each operation; the first one warms up."""
BARS = {"client_credentials_rs256": 0.5, "client_credentials_es256": 0.5}
"""The ratio that an operation should reach; the others are compared with the figures of earlier runs."""
_DRAWS, _LOW, _HIGH = 2000, 0.05, 0.95


def run() -> None:
    """Print, for each operation, both servers' medians, the median of the blocks' ratios and its 90 % interval."""
    with oidc_servers.both(refresh_tokens=LOADS * wrk.CONNECTIONS + 1) as (product, peer):
        for operation in product.operations:
            _measure(operation, product, peer)


def _measure(operation: str, product: Server, peer: Server) -> None:
    for server in (product, peer):
        wrk.load(server, operation, seconds=1)
    ours: list[wrk.Load] = []
    theirs: list[wrk.Load] = []
    for _block in range(BLOCKS):
        for server, loads in ((product, ours), (peer, theirs), (peer, theirs), (product, ours)):
            loads.append(wrk.load(server, operation, seconds=SECONDS))
    _emit(operation, ours, theirs)


def _emit(operation: str, ours: Sequence[wrk.Load], theirs: Sequence[wrk.Load]) -> None:
    rate = _ratios([one.rate for one in ours], [one.rate for one in theirs])
    processor = _ratios([one.milliseconds for one in ours], [one.milliseconds for one in theirs])
    low, high = _interval(rate)
    bar = BARS.get(operation)
    database.emit(
        f"oidc.{operation}",
        per_s=round(statistics.median(one.rate for one in ours)),
        peer_per_s=round(statistics.median(one.rate for one in theirs)),
        cpu_ms=round(statistics.median(one.milliseconds for one in ours), 3),
        peer_cpu_ms=round(statistics.median(one.milliseconds for one in theirs), 3),
        ratio=round(statistics.median(rate), 3),
        lo=round(low, 3),
        hi=round(high, 3),
        cpu_ratio=round(statistics.median(processor), 2),
        p99_ms=round(statistics.median(one.p99 for one in ours), 1),
        **({} if bar is None else {"bar": bar, "ok": low >= bar}),
        ratios=[round(one, 3) for one in rate],
    )


def _ratios(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """Return each block's ratio, of two loads each."""
    pairs = zip(ours[::2], ours[1::2], theirs[::2], theirs[1::2], strict=True)
    return [(first + second) / (third + fourth) for first, second, third, fourth in pairs]


def _interval(ratios: Sequence[float]) -> tuple[float, float]:
    """Return the 90 % interval of the median by drawing blocks again and again; the same draws in every run."""
    draw = random.Random(1)  # noqa: S311 - no secret
    medians = sorted(statistics.median(draw.choices(ratios, k=len(ratios))) for _ in range(_DRAWS))
    return medians[int(_DRAWS * _LOW)], medians[int(_DRAWS * _HIGH)]
