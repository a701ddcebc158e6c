"""The web process: `granian --interface wsgi portal.wsgi:application`."""

import os
import shutil
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
# As many connections as a worker has threads, or a few more.
os.environ.setdefault("KEYHOLDER_DATABASE_POOL", "8")


def _share_metrics() -> None:
    """One folder for all workers of this server, before prometheus-client is imported; earlier servers' are removed."""
    home = Path(os.environ.get("KEYHOLDER_HOME", Path(__file__).resolve().parent.parent / "var"))
    mine = home / "metrics" / str(os.getppid())
    mine.mkdir(parents=True, exist_ok=True)
    for other in mine.parent.iterdir():
        if not Path("/proc", other.name).exists() and Path("/proc").exists():
            shutil.rmtree(other, ignore_errors=True)
    os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(mine))


_share_metrics()

from django.core import checks  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402

application = get_wsgi_application()

from portal import warming  # noqa: E402

warming.warm()

_serious = [one for one in checks.run_checks() if one.is_serious()]
if _serious:
    raise SystemExit("\n".join(f"{one.id}: {one.msg} {one.hint or ''}" for one in _serious))
