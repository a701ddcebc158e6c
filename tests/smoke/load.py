"""Signed-in people who read pages, invite colleagues and remove others, until the test stops them."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.smoke.visitor import Form, Page, Visitor

PEOPLE, INVITE = "/o/koskela/people", "/o/koskela/people/invite"
_ERROR = 500


@dataclass(frozen=True)
class Failure:
    """A request that got no answer of the portal, or an error of the server."""

    began: float
    ended: float
    what: str


@dataclass
class Load:
    """Counts what was acknowledged, and what failed."""

    leavers: Iterator[str]
    """Memberships to remove, one after the other."""
    invited: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    resent: int = 0
    """Forms sent again after an error."""
    pages: int = 0
    failures: list[Failure] = field(default_factory=list)
    faults: list[BaseException] = field(default_factory=list)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _threads: list[threading.Thread] = field(default_factory=list)
    _invitations: int = 0

    def start(self, visitors: list[Visitor]) -> None:
        """Begin, with a thread for each person."""
        for visitor in visitors:
            thread = threading.Thread(target=self._work, args=(visitor,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """End after the requests under way. Raises the first fault of a thread."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(60)
        if self.faults:
            raise self.faults[0]

    @property
    def acts(self) -> int:
        """How many acts were acknowledged."""
        return len(self.invited) + len(self.removed)

    def has_done(self, acts: int) -> bool:
        """Check whether so many acts were acknowledged. Raises the first fault of a thread."""
        if self.faults:
            raise self.faults[0]
        return self.acts >= acts

    def _work(self, visitor: Visitor) -> None:
        try:
            while not self._stopping.is_set():
                self._read(visitor, "/o/koskela/")
                self._read(visitor, PEOPLE)
                self._invite(visitor)
                self._read(visitor, "/o/koskela/activity")
                self._remove(visitor)
        except BaseException as fault:  # noqa: BLE001 - raised again by `stop`
            self.faults.append(fault)

    def _read(self, visitor: Visitor, path: str) -> Page:
        """Open a page; again after an error, as a person does."""
        while True:
            page = self._timed(lambda: visitor.get(path), f"GET {path}")
            if page is not None:
                assert page.status == 200, (page.status, page.path, page.location)
                self.pages += 1
                return page

    def _invite(self, visitor: Visitor) -> None:
        with self._lock:
            self._invitations += 1
            email = f"new{self._invitations}@koskela.example"
        form = self._read(visitor, INVITE).form(INVITE)
        page = self._send(visitor, INVITE, form, email=email, tier="viewer", where="all")
        assert page.status == 302, page
        self.invited.append(email)

    def _remove(self, visitor: Visitor) -> None:
        with self._lock:
            membership = next(self.leavers, "")
        if not membership:
            self._stopping.wait(0.2)
            return
        path = f"{PEOPLE}/{membership}/remove"
        form = self._read(visitor, path).form(path)
        page = self._send(visitor, path, form)
        assert page.status == 302, page
        self.removed.append(membership)

    def _send(self, visitor: Visitor, path: str, form: Form, **changes: str) -> Page:
        """Send a form, and the same form again after an error."""
        first = True
        while True:
            page = self._timed(lambda: visitor.send(path, form, **changes), f"POST {path}")
            if page is not None:
                return page
            self.resent, first = self.resent + first, False

    def _timed(self, request: object, what: str) -> Page | None:
        began = time.monotonic()
        page: Page = request()  # type: ignore[operator]
        if 0 < page.status < _ERROR:
            return page
        self.failures.append(Failure(began, time.monotonic(), f"{what}: {page.status} {page.text[:200]}"))
        time.sleep(0.05)
        return None
