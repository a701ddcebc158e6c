"""Each worker of `python -m portal.front` loads this application."""

import os

from portal.front import kinds

# As many connections as a worker has threads, so that no thread waits for one.
os.environ.setdefault("KEYHOLDER_DATABASE_POOL", str(sum(kinds.THREADS.values())))

# Only now, and first: it reads the environment, sets Django up and shares the metrics' folder.
from portal import wsgi
from portal.front.application import Front

application = Front(wsgi.application)
