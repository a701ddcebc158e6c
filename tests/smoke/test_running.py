"""docs/running.md, followed to a first sign-in; every process is killed once, and keys are rotated under load."""

import contextlib
import functools
import http.client
import json
import os
import pwd
import secrets
import shutil
import signal
import ssl
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from cryptography import x509

from portal.oidc import fast_path
from tests.fixtures import authenticator_app as codes
from tests.fixtures import certificates, fake_target
from tests.fixtures.demo_services import free_port
from tests.smoke import documented
from tests.smoke.load import INVITE, Load
from tests.smoke.machine import HOST, Machine, missing, wait_until
from tests.smoke.visitor import Visitor, link_in

PROGRAMS = Path("/usr/lib/postgresql/15/bin")
ADMINS, LEAVERS = 4, 60
PASSWORD = "three unrelated words: copper, sauna, map"
NEW_PASSWORD = "three other words: harbour, violin, snow"
SCRIPT = Path(__file__).with_name("first_customer.py")
REQUIRED = "KEYHOLDER_TEST_REQUIRE_SMOKE"


@dataclass
class Mails:
    """A relay's store; `arrived`: when each message of each recipient came."""

    texts: dict[str, str] = field(default_factory=dict)
    ids: list[tuple[str, str, float]] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        message = message_from_bytes(envelope.content)
        part = next(one for one in message.walk() if one.get_content_type() == "text/plain")
        payload = part.get_payload(decode=True)
        assert isinstance(payload, bytes)
        for recipient in envelope.rcpt_tos:
            self.texts[recipient] = payload.decode()
            self.ids.append((recipient, str(message["Message-ID"]), time.monotonic()))
        return "250 OK"


@contextlib.contextmanager
def relay(port: int) -> Iterator[Mails]:
    mails = Mails()
    controller = Controller(mails, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield mails
    finally:
        controller.stop()


@contextlib.contextmanager
def postgres(folder: Path, password: str, port: int) -> Iterator[None]:
    """Run Debian's PostgreSQL with a cluster of its own on this port."""
    home = folder / "postgres"
    home.mkdir()
    (home / "password").write_text(password, encoding="ascii")
    user = pwd.getpwnam("postgres")
    for path in (home, home / "password"):
        os.chown(path, user.pw_uid, user.pw_gid)

    def run(*words: str) -> None:
        subprocess.run(
            [str(PROGRAMS / words[0]), *words[1:]], cwd="/", check=True, capture_output=True, user="postgres"
        )

    arguments = ["--auth=scram-sha-256", f"--pwfile={home}/password", "--encoding=UTF8", "--locale=C.UTF-8"]
    run("initdb", "-D", f"{home}/data", "-U", "postgres", "--no-sync", *arguments)
    settings = f"-c port={port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
    run("pg_ctl", "-D", f"{home}/data", "-l", f"{home}/log", "-o", settings, "-w", "start")
    try:
        yield
    finally:
        run("pg_ctl", "-D", f"{home}/data", "-m", "immediate", "-w", "stop")


@dataclass
class Installation:
    """The machine with everything around it."""

    machine: Machine
    mails: Mails
    target: fake_target.Server
    web: tuple[int, int]
    tls: int
    plain: int
    token: str
    trust: ssl.SSLContext
    visitors: list[Visitor] = field(default_factory=list)

    def visitor(self) -> Visitor:
        self.visitors.append(Visitor(self.tls, self.trust))
        return self.visitors[-1]

    def close(self) -> None:
        """Close the connections of all visitors."""
        for visitor in self.visitors:
            visitor.close()

    def ask(self, port: int, path: str, method: str = "GET") -> tuple[int, str]:
        """Ask one web process, or nginx without TLS, on its own port, as a probe does."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request(method, path, headers={"Host": HOST, "Authorization": f"Bearer {self.token}"})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except (OSError, http.client.HTTPException) as error:
            return 0, repr(error)
        finally:
            connection.close()

    def ready(self, port: int) -> bool:
        return self.ask(port, "/health/ready")[0] == 200

    def waiting(self) -> float:
        """How many deliveries are not confirmed."""
        status, text = self.ask(self.web[0], "/metrics")
        assert status == 200, text
        return sum(
            float(line.split()[-1])
            for line in text.splitlines()
            if line.startswith("keyholder_deliveries_waiting{")
        )


@pytest.fixture
def installation() -> Iterator[Installation]:
    """Follow the page up to running services and nginx."""
    if lacking := missing():
        assert os.environ.get(REQUIRED) != "1", f"missing: {lacking}"
        pytest.skip(f"this machine lacks {', '.join(lacking)}")
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="keyholder-smoke-")))
        folder.chmod(0o755)
        password, smtp, database = secrets.token_hex(16), free_port(), free_port()
        target = stack.enter_context(fake_target.running())
        mails = stack.enter_context(relay(smtp))
        plain, tls, *web = (free_port() for _ in range(4))
        machine = Machine(
            folder / "root",
            {
                "CHANGE-ME": password,
                "127.0.0.1:5432": f"127.0.0.1:{database}",
                "KEYHOLDER_SMTP_PORT='25'": (
                    f"KEYHOLDER_SMTP_PORT='{smtp}'\nKEYHOLDER_ALLOWED_INTERNAL_HOSTS='{target.address}'"
                ),
                "keyholder-web@8001": f"keyholder-web@{web[0]}",
                "keyholder-web@8002": f"keyholder-web@{web[1]}",
                "127.0.0.1:8001": f"127.0.0.1:{web[0]}",
                "127.0.0.1:8002": f"127.0.0.1:{web[1]}",
                "listen 80;": f"listen 127.0.0.1:{plain};",
                "listen [::]:80;": "",
                "listen 443 ssl http2;": f"listen 127.0.0.1:{tls} ssl http2;",
                "listen [::]:443 ssl http2;": "",
            },
        )
        # Before the server runs: a newer release would replace the files under it.
        machine.run("packages")
        stack.enter_context(postgres(folder, password, database))
        trust = prepare(machine, folder)
        machine.start_services()
        stack.callback(machine.close)
        found = Installation(machine, mails, target, (web[0], web[1]), tls, plain, password, trust)
        for port in web:
            wait_until(functools.partial(found.ready, port), within=120, what=f"web process on {port}")
        stack.enter_context(machine.nginx())
        stack.callback(found.close)
        stranger = found.visitor()
        wait_until(lambda: stranger.get("/account/login/").status == 200, within=20, what="nginx")
        yield found


def prepare(machine: Machine, folder: Path) -> ssl.SSLContext:
    """Run the page's blocks after the packages. Returns what a browser trusts."""
    machine.run("folders")
    machine.check_out()
    if ready_made := os.environ.get("KEYHOLDER_TEST_SMOKE_PARTS"):
        (machine.folder / "opt/keyholder/.venv").symlink_to(ready_made)
    else:
        machine.run("python")
    machine.run("environment")
    machine.run("installation")
    machine.run("keys")
    machine.run("checks")
    machine.run("services")
    trust = certify(machine.folder / "etc/keyholder/tls", folder)
    machine.run("nginx")
    machine.run("catalogue")
    return trust


def certify(place: Path, folder: Path) -> ssl.SSLContext:
    """Put a certificate of the test's own authority where nginx reads it."""
    authority = certificates.authority(folder, name="smoke")
    authority.server(host=x509.DNSName(HOST))
    (made,) = folder.glob("server-*.pem")
    for name in ("certificate.pem", "key.pem"):
        shutil.copyfile(made, place / name)
    trust = ssl.create_default_context(cafile=str(authority.file))
    trust.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return trust


def test_every_command_of_the_page_is_followed() -> None:
    """A block that is added to the page must be run here, too."""
    assert list(documented.blocks()) == [
        "packages", "folders", "python", "environment", "installation", "keys", "checks", "services", "nginx",
        "catalogue",
    ]  # fmt: skip


@pytest.mark.timeout(900)
def test_documented_installation_loses_nothing_when_each_process_is_killed(
    installation: Installation, capsys: pytest.CaptureFixture[str]
) -> None:
    assert_only_pages_redirect_to_tls(installation)
    customer = first_customer(installation)
    visitors = sign_in_all(installation, customer["secrets"])
    canaries = first_sign_in(installation, visitors[0])
    leavers = [ids for email, ids in customer["members"].items() if email.startswith("leaver")]
    load = Load(leavers=iter(membership for membership, _user in leavers))
    load.start(visitors)
    kills = kill_each_once(installation, load)
    rotate(installation, load)
    load.stop()
    wait_until(lambda: installation.waiting() == 0, within=120, what="deliveries")
    judge(installation, load, kills, dict(leavers))
    assert_no_secret_is_logged(installation, canaries)
    assert_web_cannot_read_an_owner_s_command(installation)
    assert_web_cannot_lead_root_to_other_keys(installation)
    wait_until(
        lambda: all(
            f'"{name}": "ok"' in installation.ask(installation.web[0], "/health/ready")[1]
            for name in REPORTED
        ),
        within=180,
        what=installation.ask(installation.web[0], "/health/ready")[1],
    )
    with capsys.disabled():
        print(  # noqa: T201 - the figures asked for
            f"\nsmoke: {load.pages} pages, {load.acts} acts, {len(kills)} kills, {len(load.failures)} requests failed "
            f"in killed processes, {load.resent} forms sent again, {len(installation.mails.ids)} mails"
        )


def assert_only_pages_redirect_to_tls(installation: Installation) -> None:
    """A program that sends its secret without TLS is refused, so that its owner sees the mistake."""
    programs = [(method, path) for path in fast_path.ROUTES for method in ("GET", "POST")]
    asked = [("GET", "/account/login/"), ("GET", "/oauth/authorize"), ("POST", "/account/login/"), *programs]
    statuses = [installation.ask(installation.plain, path, method)[0] for method, path in asked]
    assert statuses == [301, 301, 403, *[403] * len(programs)]


REPORTED = ("deliver", "mail", "targets", "worker", "beat", "queue", "metrics")


def first_customer(installation: Installation) -> dict[str, Any]:
    plan = {
        "target": installation.target.scim,
        "token": fake_target.TOKEN,
        "admins": ADMINS,
        "leavers": LEAVERS,
        "password": PASSWORD,
    }
    script = f"PLAN = {plan!r}\n{SCRIPT.read_text(encoding='utf-8')}"
    output = installation.machine.manage("shell", script=script)
    found: dict[str, Any] = json.loads(output.strip().splitlines()[-1])
    return found


def sign_in_all(installation: Installation, known: dict[str, str]) -> list[Visitor]:
    visitors = []
    for email, secret in known.items():
        visitor = installation.visitor()
        visitor.sign_in(email, PASSWORD, secret)
        visitors.append(visitor)
    return visitors


def first_sign_in(installation: Installation, admin: Visitor) -> list[str]:
    """Invite a colleague, who follows the mail, sets up a factor and signs in again. Returns what no log may hold."""
    email = "first@koskela.example"
    page = admin.submit(admin.open(INVITE), INVITE, email=email, tier="organization_admin", where="all")
    assert page.status == 302, page
    wait_until(lambda: email in installation.mails.texts, within=60, what="the invitation's mail")
    link = link_in(installation.mails.texts[email], "/invitations/")
    colleague = installation.visitor()
    page = colleague.submit(colleague.open(link), link, name="Ensi Tulija", password=NEW_PASSWORD)
    assert page.status == 302, page
    page = colleague.open("/account/security/app/")
    secret = "".join(page.text.partition('id="secret"')[2].partition(">")[2].partition("<")[0].split())
    code = codes.now(secret)
    page = colleague.submit(page, "/account/security/app/", code=code)
    assert page.status == 302, page  # to the recovery codes
    installation.visitor().sign_in(email, NEW_PASSWORD, secret)
    query = f"canary-{secrets.token_hex(8)}"
    assert colleague.get(f"/o/koskela/?next={query}").status == 200
    return [link.rpartition("/")[2], query, secret, NEW_PASSWORD]


def kill_each_once(installation: Installation, load: Load) -> list[tuple[str, float]]:
    """Kill every process once, while the others work. Returns when."""
    kills = []
    names = [name for name in installation.machine.services if not name.startswith("keyholder-jobs")]
    assert len(names) == 4
    for name in names:
        before = load.acts
        wait_until(
            functools.partial(load.has_done, before + 4), within=60, what=f"acts before {name} is killed"
        )
        service = installation.machine.services[name]
        kills.append((name, time.monotonic()))
        service.end(signal.SIGKILL)
        wait_until(functools.partial(load.has_done, before + 8), within=60, what=f"acts while {name} is down")
        service.run()
        if name.startswith("keyholder-web"):
            port = int(name.partition("@")[2])
            wait_until(functools.partial(installation.ready, port), within=120, what=name)
    return kills


def rotate(installation: Installation, load: Load) -> None:
    """Rotate every key while people work; each successor is used before the load ends."""
    for purpose in ("web", "pepper", "secrets", "person", "events", "signing"):
        when = [] if purpose == "signing" else ["--after", "5"]
        installation.machine.manage("keys", "rotate", purpose, *when)
        installation.machine.run("keys")
    before = load.acts
    wait_until(functools.partial(load.has_done, before + 12), within=120, what="acts with the new keys")


_ATTACK = r"""
cd {home}/keyholder/keys
mkdir -p $'x\n../checkpoints' ../checkpoints
echo mine | tee $'x\n../checkpoints/signing-key' ../checkpoints/signing-key
rm -r web.json signing
ln -s {home}/keyholder-deliver/checkpoints/signing-key web.json
ln -s {home}/keyholder-deliver/keys/signing signing
"""


def run_as_web(script: str) -> str:
    command = ["runuser", "-u", "keyholder", "--", "/bin/bash", "-euc", script]
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}  # the tests' own names a database, too
    done = subprocess.run(
        command, env=environment, check=True, capture_output=True, text=True, errors="replace"
    )
    return done.stdout


def assert_web_cannot_lead_root_to_other_keys(installation: Installation) -> None:
    """Links and line breaks in the folder of the web process's user change no other user's file."""
    home = installation.machine.folder / "var/lib"
    before = files_of(home / "keyholder-deliver")
    run_as_web(_ATTACK.format(home=home))
    script = installation.machine.folder / "opt/keyholder/deploy/copy-keys"
    machine = installation.machine
    copied = subprocess.run([script], env=machine.environment, check=False, capture_output=True, text=True)
    assert copied.returncode != 0
    assert "The environment is not usable" not in copied.stderr, copied.stderr
    assert {
        path: text for path, text in files_of(home / "keyholder-deliver").items() if path in before
    } == before
    run_as_web(f"rm -r {home}/keyholder/keys")
    installation.machine.run("keys")
    assert files_of(home / "keyholder/keys") == files_of(home / "keyholder-deliver/keys")


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "latest"
    }


def assert_web_cannot_read_an_owner_s_command(installation: Installation) -> None:
    """While a command of the operator has the owner's address, no process of the web's user can read it."""
    manage = installation.machine.folder / "opt/keyholder/deploy/manage"
    with subprocess.Popen(
        [manage, "keys", "import"],
        env=installation.machine.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as waiting:
        address = b"OWNER_DATABASE_URL="
        wait_until(
            lambda: waiting.poll() is not None or address in environments("keyholder-operator"),
            within=60,
            what="the operator's command",
        )
        assert waiting.returncode is None, "it ended before it read its input"
        readable = run_as_web("cat /proc/[0-9]*/environ 2>/dev/null || true")
        waiting.communicate(b"")
    assert "KEYHOLDER_ISSUER=" in readable
    for name in ("OWNER_DATABASE_URL", "ADMIN_DATABASE_URL", "KEYHOLDER_BROKER_URL"):
        assert f"{name}=" not in readable


def environments(user: str) -> bytes:
    """Return the environments of all processes of a user, as root reads them."""
    found = b""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if process.stat().st_uid == pwd.getpwnam(user).pw_uid:
                found += (process / "environ").read_bytes()
    return found


def judge(
    installation: Installation, load: Load, kills: list[tuple[str, float]], users: dict[str, str]
) -> None:
    """Assert that only requests in flight failed, and that everything acknowledged arrived."""
    in_flight = [
        failure for failure in load.failures
        if any(failure.began <= at + 0.3 and failure.ended >= at for name, at in kills if "web" in name)
    ]  # fmt: skip
    assert [failure for failure in load.failures if failure not in in_flight] == []
    messages = Counter((recipient, name) for recipient, name, _at in installation.mails.ids)
    different = Counter(recipient for recipient, _name in messages)
    assert {email: different[email] for email in load.invited} == dict.fromkeys(load.invited, 1)
    assert_twice_only_at_a_kill(
        installation, kills, [message for message, times in messages.items() if times > 1]
    )
    active = [
        user
        for membership in load.removed
        if installation.target.record_of(user := users[membership])["active"]
    ]
    assert active == []
    script = (
        "import json\nfrom audit.models import Event\n"
        "names = Event.objects.filter(verb='member.remove').values_list('subject', flat=True)\n"
        "print(json.dumps([str(name) for name in names]))\n"
    )
    recorded = Counter(
        json.loads(installation.machine.manage("shell", script=script).strip().splitlines()[-1])
    )
    assert {name: recorded[name] for name in load.removed} == dict.fromkeys(load.removed, 1)
    installation.machine.manage("audit", "verify")


def assert_twice_only_at_a_kill(
    installation: Installation, kills: list[tuple[str, float]], twice: list[tuple[str, str]]
) -> None:
    """SMTP has no idempotency: a mail may arrive again only if its deliverer died while handing it over."""
    for message in twice:
        first = min(at for recipient, name, at in installation.mails.ids if (recipient, name) == message)
        assert any("deliver" in name and abs(first - at) < 1 for name, at in kills), message


def assert_no_secret_is_logged(installation: Installation, canaries: list[str]) -> None:
    folder = installation.machine.folder
    logs = [*folder.glob("*.log"), *(folder / "var/log/nginx").iterdir()]
    access = (folder / "var/log/nginx/keyholder.log").read_text(encoding="utf-8")
    assert " GET /invitations " in access
    assert len(logs) >= 6
    for log in logs:
        text = log.read_text(encoding="utf-8", errors="replace")
        assert [canary for canary in canaries if canary in text] == [], log.name
