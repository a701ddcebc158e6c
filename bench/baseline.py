"""The bare calls of `leaver_bare.py`, in blocks, as a process of their own with the peers' own interpreter."""

import contextlib
import json
import os
import pathlib
import subprocess
from collections.abc import Iterator
from typing import Any

from bench import database

_DRIVER = """
import asyncio, contextlib, json, os, sys
sys.path.insert(0, sys.argv[1])
import psycopg
import leaver_bare as lb
from peerlib import Postgres
MOST = 1000
blocks = []
quantiles = lb.statistics.quantiles
def keep(values, n):
    blocks.append([round(1000 * value, 3) for value in values])
    return quantiles(values, n=n)
lb.statistics.quantiles = keep
with Postgres() as pg, contextlib.ExitStack() as stack:
    bases = [stack.enter_context(lb.target("scimmy"))[0] for _ in range(2)]
    with psycopg.connect(pg.uri, autocommit=True) as c:
        c.execute("create table person(id int primary key, active bool)")
        c.execute("insert into person select g, true from generate_series(0, 99999) g")
        c.execute("create table session(key text primary key, user_id int)")
        c.execute("insert into session select md5(g::text), g % 100000 from generate_series(1, 300000) g")
        c.execute("create index on session(user_id)")
        c.execute("create table token(hash text primary key, user_id int, revoked timestamptz)")
        c.execute("insert into token select md5('t' || g), g % 100000 from generate_series(1, 500000) g")
        c.execute("create index on token(user_id)")
        c.execute("create table audit(id bigint generated always as identity primary key,"
                  " at timestamptz default now(), body text)")
        c.execute("vacuum analyze")
    for base in bases:
        asyncio.run(lb.write(base, range(MOST), 8, lambda b, i: ("POST", f"{b}/Users", lb.user(i), (201,))))
    print(json.dumps({"url": pg.uri}), flush=True)
    for line in sys.stdin:
        blocks.clear()
        asyncio.run(lb.go(pg, bases, int(line), 1))
        print(json.dumps({"everything_acknowledged": blocks[1]}), flush=True)
"""


class BareCalls:
    """Asks for blocks of bare leavers. Without the peers every answer is empty."""

    def __init__(self, process: "subprocess.Popen[str] | None", settings: dict[str, str]) -> None:
        self.process = process
        self.settings = settings

    @classmethod
    @contextlib.contextmanager
    def started(cls) -> "Iterator[BareCalls]":
        """PEERS is the folder of the scripts; PY and PEERS_NODE are as its `setup.sh` prints them."""
        folder = pathlib.Path(os.environ.get("PEERS", database.ROOT.parent / "shared" / "peers"))
        python = os.environ.get("PY", "")
        if not (folder / "leaver_bare.py").exists() or not python:
            yield cls(None, {})
            return
        process = subprocess.Popen(
            [python, "-c", _DRIVER, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        try:
            yield cls(process, database.settings_of(_line(process)["url"]))
        finally:
            if process.stdin:
                process.stdin.close()
            process.wait(60)

    def block(self, count: int) -> list[float]:
        """The milliseconds until everything was acknowledged, of so many bare leavers; or nothing."""
        if self.process is None or self.process.stdin is None:
            return []
        self.process.stdin.write(f"{count}\n")
        self.process.stdin.flush()
        return [float(value) for value in _line(self.process)["everything_acknowledged"]]


def _line(process: "subprocess.Popen[str]") -> dict[str, Any]:
    if process.stdout is None:
        raise RuntimeError("the bare calls have no output")
    answer: dict[str, Any] = json.loads(process.stdout.readline())
    return answer
