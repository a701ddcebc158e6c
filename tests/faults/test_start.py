"""What the environment lacks stops the start of every process, and the message names it."""

import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).parents[2]


def python(
    *words: str, environ: dict[str, str], cwd: pathlib.Path = ROOT
) -> subprocess.CompletedProcess[str]:
    """Run Python with this environment and nothing else."""
    known = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, *words], env=known | environ, cwd=cwd, capture_output=True, text=True, check=False
    )


def test_import_of_settings_writes_nothing(tmp_path: pathlib.Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o500)
    done = python(
        "-c",
        "import portal.settings",
        cwd=tmp_path,
        environ={"KEYHOLDER_ENV": "test", "KEYHOLDER_HOME": str(home)},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert list(tmp_path.rglob("*")) == [home]


def test_start_without_keys_names_the_command_that_makes_them(tmp_path: pathlib.Path) -> None:
    environ = {"KEYHOLDER_ENV": "test", "KEYHOLDER_HOME": str(tmp_path)}
    for words in (["manage.py", "check"], ["manage.py", "config", "check"], ["-c", "import portal.wsgi"]):
        done = python(*words, environ=environ)
        assert done.returncode == 1
        assert "manage.py keys make" in done.stdout + done.stderr
        assert str(tmp_path / "keys") in done.stdout + done.stderr
    assert not (tmp_path / "keys").exists()


def test_unusable_environment_stops_every_command_without_a_traceback() -> None:
    for words in (["config", "check"], ["migrate"], ["config", "show"]):
        done = python("manage.py", *words, environ={"KEYHOLDER_PROXIS": "1"})
        assert done.returncode == 1
        assert done.stderr.startswith("The environment is not usable:\nKEYHOLDER_PROXIS is not")
        assert "Traceback" not in done.stderr
