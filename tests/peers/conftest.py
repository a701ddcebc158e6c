"""npm's oidc-provider as a process, installed from its lock file into the tests' own folder."""

import os
import pathlib
import shutil
import subprocess
import time
from collections.abc import Iterator

import pytest

from tests.fixtures import demo_services, fake_provider, staff_provider
from tests.fixtures.logout_receiver import LogoutReceiver

HERE = pathlib.Path(__file__).parent / "oidc_provider"
INSTALLED = pathlib.Path(__file__).parents[2] / "var" / "tests" / "node"
INSTALL_SECONDS, START_SECONDS = 300, 30


class Peer:
    """The running provider. `receiver` stands for the portal."""

    def __init__(self) -> None:
        self.receiver = LogoutReceiver()
        self.port = demo_services.free_port()
        self.url = f"http://localhost:{self.port}"
        environment = {
            **os.environ,
            "PORT": str(self.port),
            "PORTAL_URL": self.receiver.url,
            "CLIENT_ID": staff_provider.CLIENT_ID,
            "CLIENT_SECRET": fake_provider.CLIENT_SECRET,
        }
        self._process = subprocess.Popen(
            [shutil.which("node") or "node", str(HERE / "provider.mjs")],
            cwd=INSTALLED,
            env=environment,
            stdout=subprocess.DEVNULL,
        )
        until = time.monotonic() + START_SECONDS
        while not demo_services.answers(self.port):
            assert self._process.poll() is None, "the provider ended at once"
            assert time.monotonic() < until, "the provider does not start"
            time.sleep(0.05)

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(START_SECONDS)
        self.receiver.close()


@pytest.fixture(scope="session")
def peer() -> Iterator[Peer]:
    if shutil.which("node") is None or shutil.which("npm") is None:
        if os.environ.get("KEYHOLDER_TEST_REQUIRE_NODE"):
            pytest.fail("KEYHOLDER_TEST_REQUIRE_NODE is set, and node or npm is missing.")
        pytest.skip("node or npm is missing")
    _install()
    running = Peer()
    yield running
    running.close()


def _install() -> None:
    """Install what the lock file names, by hash, unless just that is installed."""
    stamp = INSTALLED / "installed.json"
    lock = (HERE / "package-lock.json").read_text(encoding="utf-8")
    if stamp.exists() and stamp.read_text(encoding="utf-8") == lock:
        return
    INSTALLED.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, INSTALLED / name)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    subprocess.run(command, cwd=INSTALLED, check=True, timeout=INSTALL_SECONDS)
    stamp.write_text(lock, encoding="utf-8")
