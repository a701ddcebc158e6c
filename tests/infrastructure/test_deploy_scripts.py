"""`deploy/manage` gives each command its user and the secrets that it needs; `deploy/copy-keys` opens no key file."""

import os
import subprocess
from pathlib import Path

import pytest

DEPLOY = Path(__file__).parents[2] / "deploy"
SECRET = {"OWNER_DATABASE_URL", "ADMIN_DATABASE_URL", "KEYHOLDER_BROKER_URL"}
# Both stubs replace the programs that need root. Standard input of an import is a copy of the keys.
_SETSID = '#!/bin/sh\nshift\nAWAY=yes exec "$@"\n'
_RUNUSER = """#!/bin/sh
{ echo "$*"; env; } > LOG
case "$*" in *import*) cat >> IMPORTED ;; *export*) echo "the keys"; exit ${EXPORT:-0} ;; esac
"""


class Machine:
    """The scripts with their files in one folder, and stubs in place of `runuser` and `setsid`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.imported = folder / "imported"
        for source in DEPLOY.iterdir():
            text = source.read_text(encoding="utf-8")
            text = text.replace("/etc/keyholder", str(folder)).replace("cd /opt/keyholder\n", "")
            self._write(source.name, text)
        self._write(
            "runuser", _RUNUSER.replace("LOG", str(folder / "log")).replace("IMPORTED", str(self.imported))
        )
        self._write("setsid", _SETSID)

    def _write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, encoding="utf-8")
        (self.folder / name).chmod(0o755)

    def run(self, script: str, *words: str, **variables: str) -> int:
        """Run a script with secrets in root's own environment, as a careless shell has them."""
        careless = dict.fromkeys(SECRET, "from the shell")
        return subprocess.run(
            [self.folder / script, *words],
            env={"PATH": f"{self.folder}:{os.defpath}", **careless, **variables},
            check=False,
            timeout=60,
        ).returncode

    def called(self) -> tuple[str, dict[str, str]]:
        """Return the last call of `runuser` and its environment."""
        call, _, variables = (self.folder / "log").read_text(encoding="utf-8").partition("\n")
        return call, dict(line.split("=", 1) for line in variables.splitlines() if "=" in line)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


OWNER = {"OWNER_DATABASE_URL", "ADMIN_DATABASE_URL", "KEYHOLDER_BROKER_URL"}
BROKER = {"KEYHOLDER_BROKER_URL"}


@pytest.mark.parametrize(
    ("words", "user", "home", "secrets"),
    [
        (["--web", "config", "check"], "keyholder", "keyholder", set()),
        (["--web", "migrate"], "keyholder", "keyholder", set()),
        (["--jobs", "keys", "import"], "keyholder-jobs", "keyholder-jobs", BROKER),
        (["--deliver", "checkpoints", "show"], "keyholder-deliver", "keyholder-deliver", set()),
        (["audit", "verify"], "keyholder-operator", "keyholder-operator", BROKER),
        (["backup", "one"], "keyholder-operator", "keyholder-operator", BROKER),
        (["migrate"], "keyholder-operator", "keyholder-operator", OWNER),
        (["keys", "rotate", "web"], "keyholder-operator", "keyholder-operator", OWNER),
        (["restore", "one"], "keyholder-operator", "keyholder-operator", OWNER),
        (["database", "prepare"], "keyholder-operator", "keyholder-operator", OWNER),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_command_gets_its_user_and_no_other_secret(
    machine: Machine, words: list[str], user: str, home: str, secrets: set[str]
) -> None:
    assert machine.run("manage", *words) == 0
    call, variables = machine.called()
    rest = [word for word in words if not word.startswith("--")]
    assert call == " ".join(
        ["-u", user, "--", "/opt/keyholder/.venv/bin/python", "/opt/keyholder/manage.py", *rest]
    )
    assert variables["KEYHOLDER_HOME"] == f"/var/lib/{home}"
    assert variables["KEYHOLDER_KEYS"] == f"/var/lib/{home}/keys"
    assert {name for name in SECRET if name in variables} == secrets
    assert "from the shell" not in variables.values()
    assert ("AWAY" in variables) is words[0].startswith("--")


def test_services_read_the_files_of_their_own_user_alone() -> None:
    read = {}
    for path in DEPLOY.glob("*.service"):
        lines = path.read_text(encoding="utf-8").splitlines()
        (user,) = [line.removeprefix("User=") for line in lines if line.startswith("User=")]
        read[user] = [line.rpartition("/")[2] for line in lines if line.startswith("EnvironmentFile=")]
    assert read == {
        "keyholder": ["keyholder.env"],
        "keyholder-jobs": ["keyholder.env", "jobs.env"],
        "keyholder-deliver": ["keyholder.env", "deliver.env"],
    }


def test_keys_are_read_by_the_operator_and_written_by_each_service(machine: Machine) -> None:
    assert machine.run("copy-keys") == 0
    assert machine.imported.read_text() == "the keys\n" * 3
    assert "install" not in (DEPLOY / "copy-keys").read_text(encoding="utf-8")


def test_failed_export_writes_no_copy(machine: Machine) -> None:
    assert machine.run("copy-keys", EXPORT="1") == 1
    assert not machine.imported.exists()
