"""Key files: ids, the time between reading and using a new key, and files that cannot be used."""

import datetime as dt
import json
from pathlib import Path

import pytest

from audit.foundation import key_files, private_files
from audit.foundation.key_files import SPREAD
from tests.fixtures import world as worlds

NOW = dt.timedelta()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for purpose in key_files.PURPOSES:
        key_files.ensure(folder=tmp_path, purpose=purpose)
    return tmp_path


def current(folder: Path, purpose: str = "pepper") -> str:
    return key_files.current(folder=folder, purpose=purpose).id


def ids(folder: Path, purpose: str = "pepper") -> list[str]:
    return [key.id for key in key_files.all_keys(folder=folder, purpose=purpose)]


def remove_retired(folder: Path, purpose: str, *, withdraw: bool) -> None:
    keys = key_files.retired(folder=folder, purpose=purpose, withdraw=withdraw)
    key_files.remove(folder=folder, purpose=purpose, keys=keys)


@pytest.mark.parametrize("purpose", key_files.PURPOSES)
def test_added_key_is_accepted_before_it_is_used(folder: Path, purpose: str) -> None:
    first = current(folder, purpose)
    added = key_files.rotate(folder=folder, purpose=purpose)
    assert current(folder, purpose) == first
    assert ids(folder, purpose) == [first, added.id]
    assert key_files.key_by_id(folder=folder, purpose=purpose, key=added.id) == added
    worlds.move_process_clock(SPREAD.total_seconds() - 2)
    assert current(folder, purpose) == first
    worlds.move_process_clock(SPREAD.total_seconds() + 2)
    assert ids(folder, purpose) == [added.id, first]


def test_ids_of_keys_are_never_the_same(folder: Path) -> None:
    for _ in range(20):
        key_files.rotate(folder=folder, purpose="pepper", after=NOW)
    assert len(set(ids(folder))) == 21
    (folder / "pepper.json").unlink()
    before = set(ids(folder, "person"))
    key_files.ensure(folder=folder, purpose="pepper")
    assert not before & set(ids(folder))


def test_web_keys_are_removed_long_after_they_were_replaced(folder: Path) -> None:
    first = current(folder, "web")
    second = key_files.rotate(folder=folder, purpose="web", after=NOW).id
    worlds.move_process_clock((key_files.RETENTION + NOW).total_seconds() - 60)
    third = key_files.rotate(folder=folder, purpose="web", after=NOW).id
    remove_retired(folder, "web", withdraw=False)
    assert set(ids(folder, "web")) == {first, second, third}
    worlds.move_process_clock((key_files.RETENTION + NOW).total_seconds() + 60)
    fourth = key_files.rotate(folder=folder, purpose="web", after=NOW).id
    remove_retired(folder, "web", withdraw=False)
    assert set(ids(folder, "web")) == {second, third, fourth}


@pytest.mark.parametrize("purpose", [purpose for purpose in key_files.PURPOSES if purpose != "web"])
def test_keys_on_which_stored_data_depends_stay_after_a_leak(folder: Path, purpose: str) -> None:
    first = current(folder, purpose)
    added = key_files.rotate(folder=folder, purpose=purpose, after=NOW, withdraw=True)
    remove_retired(folder, purpose, withdraw=True)
    assert ids(folder, purpose) == [added.id, first]


def test_web_keys_after_a_leak_are_withdrawn(folder: Path) -> None:
    added = key_files.rotate(folder=folder, purpose="web", after=NOW, withdraw=True)
    remove_retired(folder, "web", withdraw=True)
    assert ids(folder, "web") == [added.id]


@pytest.mark.parametrize("purpose", key_files.PURPOSES)
def test_key_made_after_a_leak_stays_current_when_a_waiting_older_key_would_be_used(
    folder: Path, purpose: str
) -> None:
    key_files.rotate(folder=folder, purpose=purpose)
    added = key_files.rotate(folder=folder, purpose=purpose, after=NOW, withdraw=True)
    assert current(folder, purpose) == added.id
    worlds.move_process_clock(2 * SPREAD.total_seconds())
    assert current(folder, purpose) == added.id
    assert ids(folder, purpose)[0] == added.id


def key(**changes: object) -> str:
    row = {"from": "2026-01-01T00:00:00+00:00", "key": "A" * 43 + "="}
    return json.dumps({"keys": {"a": row | changes}})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"keys": {}}',
        '{"keys": []}',
        key(key="AA=="),
        key(key="!"),
        key(**{"from": "x"}),
    ],
)
def test_cut_off_key_file_is_named_with_the_remedy(folder: Path, text: str) -> None:
    path = folder / "pepper.json"
    path.write_text(key())
    assert ids(folder) == ["a"]
    path.write_text(text)
    with pytest.raises(private_files.UnusableFile, match=r"pepper\.json was cut off or changed. Restore it"):
        ids(folder)


def test_missing_key_file_is_named_and_not_made(tmp_path: Path) -> None:
    for use in (current, ids):
        with pytest.raises(key_files.MissingKey, match=r"pepper\.json is missing.*manage\.py keys make"):
            use(tmp_path / "typo")
    assert list(tmp_path.iterdir()) == []


def test_fingerprint_of_another_purpose_id_or_key_differs() -> None:
    key = key_files.Key("a", b"1" * 32, key_files.FIRST)
    same = key._replace(used_from=key_files.FIRST + SPREAD)
    assert key.fingerprint("web") == same.fingerprint("web")
    others = [key._replace(id="b"), key._replace(material=b"2" * 32)]
    assert (
        len({key.fingerprint("web"), key.fingerprint("pepper"), *(o.fingerprint("web") for o in others)}) == 4
    )
