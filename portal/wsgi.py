"""A worker of the web process runs this WSGI application behind its front (`python -m portal.front`)."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
# For another server than ours; `portal.front.asgi` counts its threads.
os.environ.setdefault("KEYHOLDER_DATABASE_POOL", "10")

import django

django.setup(set_prefix=False)

from django.core.wsgi import get_wsgi_application  # noqa: E402

from portal.operations import checks, metrics, warm_up  # noqa: E402
from portal.settings import base  # noqa: E402

checks.stop_on_errors()
application = get_wsgi_application()
warm_up.warm()
metrics.share(folder=base.HOME / "metrics")
