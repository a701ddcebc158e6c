"""Django reads these settings. Every value that an operator sets is an environment variable, declared in `variables`.

Importing them writes nothing. An unusable environment stops the import with all its problems at once.
"""

import os

from portal.settings import environment, variables

environment.require_valid(variables.ALL, os.environ)

from portal.settings.base import *  # noqa: E402, F403 - read only from a valid environment
from portal.settings.database import *  # noqa: E402, F403
from portal.settings.mail_and_jobs import *  # noqa: E402, F403
from portal.settings.security import *  # noqa: E402, F403
from portal.settings.signin import *  # noqa: E402, F403
