"""Another system user gets a copy of the key files as one text, and writes it into a folder of its own.

Neither user opens a file of the other one. The names are those of the purposes and of the listed signing keys, and none
is taken from the listing of a folder.
"""

import json
import re
from pathlib import Path

from audit.foundation import key_files, private_files
from identity import key_registry, signing_keys

_INDEX = f"{signing_keys.PURPOSE}/index.json"
_NAMES = [f"{purpose}.json" for purpose in key_files.PURPOSES]
_PEM = re.compile(rf"{signing_keys.PURPOSE}/[a-z0-9-]{{1,40}}\.pem", re.ASCII)


class CopyRefused(Exception):
    """The text is not a whole copy of key files; nothing was written."""


def key_texts() -> dict[str, str]:
    """Return the text of each key file by its name in the folder. Raises MissingKey and UnusableFile."""
    folder = key_registry.folder()
    pems = [f"{signing_keys.PURPOSE}/{key.kid}.pem" for key in signing_keys.signing_keys()]
    try:
        return {name: private_files.read_text(folder / name) for name in [*_NAMES, *pems, _INDEX]}
    except FileNotFoundError as error:
        raise key_files.MissingKey(Path(error.filename)) from error


def export() -> str:
    """Return all key files as one line of JSON, for `write`. Raises MissingKey and UnusableFile."""
    return json.dumps(key_texts())


def write(text: str) -> int:
    """Replace the key files of this user by those of `export`. Returns how many.

    Each file is replaced as a whole: a running process never reads half of one. Signing keys are written before the
    index that lists them, and those that it no longer lists are removed. Raises CopyRefused and UnusableFile.
    """
    files = _parsed(text)
    folder = key_registry.folder()
    private_files.make_folder(folder)
    private_files.make_folder(folder / signing_keys.PURPOSE)
    pems = [name for name in files if _PEM.fullmatch(name)]
    for name in [*pems, _INDEX, *_NAMES]:
        private_files.write(path=folder / name, text=files[name], mode=0o600)
    for path in (folder / signing_keys.PURPOSE).glob("*.pem"):
        if f"{signing_keys.PURPOSE}/{path.name}" not in files:
            path.unlink()
    return len(files)


def _parsed(text: str) -> dict[str, str]:
    try:
        files = json.loads(text)
    except ValueError as error:
        raise CopyRefused("This is no output of `keys export`: nothing was written.") from error
    if not isinstance(files, dict) or not all(isinstance(content, str) for content in files.values()):
        raise CopyRefused("This is no output of `keys export`: nothing was written.")
    if missing := {*_NAMES, _INDEX} - files.keys():
        raise CopyRefused(f"The copy lacks {', '.join(sorted(missing))}: nothing was written.")
    if unknown := {name for name in files if not _PEM.fullmatch(name)} - {*_NAMES, _INDEX}:
        raise CopyRefused(f"{sorted(unknown)!r} are no names of key files: nothing was written.")
    return files
