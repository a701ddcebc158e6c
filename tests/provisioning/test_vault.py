"""Others' secrets at rest."""

from pathlib import Path

import pytest
from django.conf import LazySettings

from audit import keyfile
from provisioning import vault


def test_only_the_same_context_opens_it() -> None:
    sealed = vault.seal(data=b"token", context=b"one")
    assert b"token" not in sealed
    assert vault.reveal(sealed=sealed, context=b"one") == b"token"
    with pytest.raises(vault.Closed):
        vault.reveal(sealed=sealed, context=b"another")


@pytest.mark.parametrize("broken", [b"", b"k1:", b"nokey", b"k9:xxxxxxxxxxxxxxxxxxxxxxxx", b"\xff:x"])
def test_what_is_broken_stays_closed(broken: bytes) -> None:
    with pytest.raises(vault.Closed):
        vault.reveal(sealed=broken, context=b"one")


def test_an_older_key_still_opens(settings: LazySettings, tmp_path: Path) -> None:
    settings.KEYS_FOLDER = tmp_path
    keyfile.ensure(folder=tmp_path, purpose="secrets")
    sealed = vault.seal(data=b"token", context=b"one")
    keyfile.rotate(folder=tmp_path, purpose="secrets")
    assert vault.reveal(sealed=sealed, context=b"one") == b"token"
    assert vault.seal(data=b"token", context=b"one").startswith(b"k2:")
