"""A folder of checkpoints with a key, as `manage.py checkpoints make-key` leaves it."""

from pathlib import Path

import pytest
from django.conf import LazySettings

from audit.checkpoints.folder import Folder
from tests.fixtures.signed_log import ORIGIN, Log
from tests.fixtures.world import World


@pytest.fixture
def folder(settings: LazySettings, tmp_path: Path) -> Folder:
    settings.CHECKPOINTS_FOLDER = tmp_path / "checkpoints"
    place = Folder(tmp_path / "checkpoints")
    place.make_key(origin=ORIGIN, replace=False)
    return place


@pytest.fixture
def log(world: World, folder: Folder) -> Log:
    return Log(world, folder)
