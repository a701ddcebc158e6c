"""The web process: `granian --interface wsgi portal.wsgi:application`."""

import os
import shutil
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
# As many connections as a worker has threads, or a few more.
os.environ.setdefault("KEYHOLDER_DATABASE_POOL", "8")


from portal.settings import base


def _share_metrics() -> None:
    """Give all workers one folder before prometheus-client is imported, and remove the folders of ended servers."""
    folder = base.HOME / "metrics" / str(os.getppid())
    folder.mkdir(parents=True, exist_ok=True)
    for other in folder.parent.iterdir():
        if not Path("/proc", other.name).exists() and Path("/proc").exists():
            shutil.rmtree(other, ignore_errors=True)
    os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(folder))


_share_metrics()

import django  # noqa: E402

django.setup(set_prefix=False)

from django.core.wsgi import get_wsgi_application  # noqa: E402

from portal.operations import checks, warm_up  # noqa: E402

checks.stop_on_errors()
application = get_wsgi_application()
warm_up.warm()
