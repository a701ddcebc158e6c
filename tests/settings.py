"""The portal's settings for tests: a home of its own for every run, a clock of its own for every worker.

Processes that a test starts inherit all of it through the environment.
"""

import os
import pathlib
import tempfile

from demo import ports_and_paths

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
if "KEYHOLDER_TEST_RUN" not in os.environ:  # workers inherit the folder of the run they belong to
    os.environ["KEYHOLDER_TEST_RUN"] = tempfile.mkdtemp(prefix=f"keyholder-run-{os.getpid()}-")
RUN = pathlib.Path(os.environ["KEYHOLDER_TEST_RUN"])
os.environ |= {
    "KEYHOLDER_ENV": "test",
    "KEYHOLDER_HOME": str(RUN),
    "KEYHOLDER_KEYS": str(RUN / "keys"),
    **ports_and_paths.SUPPLIER,
    "KEYHOLDER_CLOCK_OFFSET_FILE": str(RUN / f"clock-{WORKER}"),
}

from audit.foundation import key_files  # noqa: E402

for purpose in key_files.PURPOSES:
    key_files.ensure(folder=RUN / "keys", purpose=purpose)

from portal.settings import *  # noqa: E402, F403 - only now does the environment say what they read

# Static files as they lie: nobody collects them before a test.
(RUN / "static").mkdir(exist_ok=True)
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = (
    True  # found when asked for: every test client would list all of them first, for 25 ms
)
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # noqa: F405

PASSWORD_HASHERS = ["tests.fixtures.hashers.CheapArgon2id", *PASSWORD_HASHERS[1:]]  # noqa: F405
