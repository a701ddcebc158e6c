"""The signed receipt: what it says, and that the standalone verifier accepts it alone."""

import copy
import json
import subprocess
import sys
from pathlib import Path

import pytest

from audit import verify_receipt
from audit.verify_receipt import Unproven
from identity import signing_keys
from portal.web.people.receipt import ReceiptPage
from tests.fixtures import signed_in
from tests.fixtures.pages import KOSKELA, page_model
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)


def test_signed_receipt_holds_offline_and_no_other_text_does(world: World, tmp_path: Path) -> None:
    removed = world.remove(world.mikko)
    browser = signed_in.browser(world.aino)
    page = page_model(browser.get(f"{KOSKELA}/acts/{removed.act}"), ReceiptPage)
    answer = browser.get(page.file_url)
    assert answer["Content-Disposition"] == f'attachment; filename="receipt-{page.receipt.number}.json"'
    file, keys = answer.content, signing_keys.jwks()
    found = verify_receipt.verify(file, keys)
    assert (found["number"], found["people"][0]["name"]) == (page.receipt.number, "Mikko Laine")
    assert (found["removed_by"]["name"], found["access_ended_at"]) == ("Aino Virtanen", found["recorded_at"])
    (tmp_path / "receipt.json").write_bytes(file)
    (tmp_path / "jwks.json").write_bytes(keys)
    command = [sys.executable, "-I", verify_receipt.__file__, "receipt.json", "--key", "jwks.json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "The portal signed this receipt.")
    content = json.loads(file)
    changed = copy.deepcopy(content)
    changed["receipt"]["access_ended_at"] = "2020-01-01T00:00:00.000000Z"
    token = signing_keys.sign(claims=content["receipt"])  # an ID token's type
    header, payload, signature = content["signature"].split(".")
    for bad, its_keys in (
        (json.dumps(changed), keys),
        (json.dumps({**content, "signature": token}), keys),
        (json.dumps({**content, "signature": f"{header}.{payload}.{signature[:-4]}AAAA"}), keys),
        (json.dumps({**content, "more": 1}), keys),
        (file.decode().replace('{\n  "receipt"', '{"signature": "x", "receipt"', 1), keys),
        (file.decode(), b'{"keys": []}'),
        ("[]", keys),
    ):
        with pytest.raises(Unproven):
            verify_receipt.verify(bad.encode(), its_keys)
    assert signing_keys.verify(token=content["signature"]) is None


def test_signed_receipt_is_for_readers_of_the_receipt_only(world: World) -> None:
    removed = world.remove(world.mikko)
    path = f"{KOSKELA}/acts/{removed.act}/receipt.json"
    for who, status in ((world.paivi, 200), (world.ulla, 404), (world.vilma, 404), (world.tiina, 404)):
        assert signed_in.browser(who).get(path).status_code == status
    assert (
        signed_in.browser(world.aino).get(f"{KOSKELA}/acts/{world.somewhere}/receipt.json").status_code == 404
    )
