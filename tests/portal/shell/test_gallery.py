"""The gallery of sample pages answers what a browser asks for by itself."""

import urllib.request
from pathlib import Path

from tests.fixtures import gallery


def test_icon_of_a_page_that_names_none_is_served(tmp_path: Path) -> None:
    with gallery.served(tmp_path) as base, urllib.request.urlopen(f"{base}/favicon.ico") as response:
        assert response.status == 200
        assert response.read().lstrip().startswith(b"<svg")
