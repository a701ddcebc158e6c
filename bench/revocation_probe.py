"""Requests that start after the response to a removal and are accepted: zero of 10,000 or more.

For each leaver, one client per web process sends requests without a pause: introspection, userinfo, and a page with the
leaver's session. It starts 50 ms before the removal is submitted and stops 500 ms after its response. All use one clock
(CLOCK_MONOTONIC). A round counts where each client reached RATE; accepted requests count in every round.
"""

import http.client
import json
import multiprocessing as mp
import statistics
import time
from multiprocessing.connection import Connection
from typing import Any
from urllib.parse import urlencode

from bench import database
from bench.setup import Installation, Leaver, installed

COUNTED = 10_000
MOST = 120
BEFORE, AFTER = 0.05, 0.5
RATE = 200
"""Requests a second, of each client."""

Shot = tuple[int, bool]
"""When a request started, in nanoseconds of the one clock, and whether it was accepted."""


def run() -> None:
    """The portal under test must accept none."""
    count("revocation_probe.accepted_after_response", "portal.front.asgi:application", COUNTED)


def count(figure: str, application: str, rounds: int) -> None:
    with installed(MOST, application=application) as (installation, people):
        clients = [_Client(installation, port) for port in installation.ports]
        counted = accepted = 0
        rates: list[float] = []
        slow: list[float] = []
        for leaver in people:
            answered, shots, seconds = _round(installation, clients, leaver)
            late = [ok for by_one in shots for began, ok in by_one if began > answered]
            accepted += sum(late)
            rate = min(len(by_one) for by_one in shots) / seconds
            if rate < RATE:
                slow.append(rate)
                continue
            counted += len(late)
            rates.append(rate)
            if counted >= rounds:
                break
        for client in clients:
            client.end()
        database.emit(
            figure,
            accepted=accepted,
            counted=counted,
            leavers=len(rates),
            web_processes=len(clients),
            requests_per_second_of_the_slower_client=round(statistics.median(rates)) if rates else 0,
            slowest_round=round(min(rates)) if rates else 0,
            wanted_rate=RATE,
            too_slow_to_count=len(slow),
        )


def _round(
    installation: Installation, clients: "list[_Client]", leaver: Leaver
) -> tuple[int, list[list[Shot]], float]:
    form, cookies = installation.removal(leaver)
    began = time.monotonic()
    for client in clients:
        client.start(leaver)
    time.sleep(BEFORE)
    status, _, _ = installation.call(
        installation.ports[0], "POST", installation.path(leaver), cookie=cookies, form=form
    )
    answered = time.monotonic_ns()
    if status not in {http.client.FOUND, http.client.SEE_OTHER}:
        message = f"the removal was answered {status}"
        raise RuntimeError(message)
    time.sleep(AFTER)
    shots = [client.stop() for client in clients]
    if not any(ok for by_one in shots for began_at, ok in by_one if began_at < answered):
        raise RuntimeError("no request was accepted before the removal either: the probe measures nothing")
    return answered, shots, time.monotonic() - began


class _Client:
    """A client speaks with one web process, from a process of its own."""

    def __init__(self, installation: Installation, port: int) -> None:
        self.pipe, theirs = mp.get_context("spawn").Pipe()
        plain = {
            "port": port,
            "host": f"localhost:{installation.ports[0]}",
            "home": f"/o/{installation.organization.key}/",
            "secret": installation.secrets["bench0"],
            **installation.endpoints,
        }
        self.process = mp.get_context("spawn").Process(target=_shoot, args=(theirs, plain), daemon=True)
        self.process.start()
        self.pipe.recv()

    def start(self, leaver: Leaver) -> None:
        """Begin to ask with everything this leaver holds."""
        self.pipe.send({"cookie": leaver.cookie, "access": leaver.access[0]})

    def stop(self) -> list[Shot]:
        """End, and hear when each request started and whether it was accepted."""
        self.pipe.send("stop")
        shots: list[Shot] = self.pipe.recv()
        return shots

    def end(self) -> None:
        """End the process."""
        self.pipe.send(None)
        self.process.join(10)


def _shoot(pipe: Connection, to: dict[str, Any]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", to["port"], timeout=30)
    pipe.send("ready")
    while (order := pipe.recv()) is not None:
        shots: list[Shot] = []
        while not pipe.poll():
            shots += [_ask(connection, to, order, number) for number in range(12)]
        pipe.recv()
        pipe.send(shots)


def _ask(
    connection: http.client.HTTPConnection, to: dict[str, Any], leaver: dict[str, str], number: int
) -> Shot:
    """Mostly introspection, which is cheapest and so the densest; userinfo and a page in between."""
    headers = {"Host": to["host"]}
    request: tuple[str, str, str | None, dict[str, str]]
    if number == 0:
        request = ("GET", to["home"], None, {**headers, "Cookie": leaver["cookie"]})
    elif number in {4, 8}:
        request = (
            "GET",
            to["userinfo_endpoint"],
            None,
            {**headers, "Authorization": f"Bearer {leaver['access']}"},
        )
    else:
        form = {"token": leaver["access"], "client_id": "bench0", "client_secret": to["secret"]}
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        request = ("POST", to["introspection_endpoint"], urlencode(form), {**headers, **kind})
    began = time.monotonic_ns()
    connection.request(request[0], request[1], request[2], request[3])
    answer = connection.getresponse()
    body = answer.read()
    ok = answer.status == http.client.OK
    return began, bool(ok and (request[0] == "GET" or json.loads(body)["active"]))
