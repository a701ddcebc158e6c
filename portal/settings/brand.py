"""The supplier's brand is a folder with `brand.css`, `brand.svg` and `brand.toml`, or the product's neutral one."""

import dataclasses
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from portal.settings.environment import InvalidValue

NEUTRAL = "neutral"
STATIC = "brand"
"""The folder's prefix below STATIC_URL."""
_FILES = ("brand.css", "brand.svg", "brand.toml")
_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_COLOR = re.compile(r"#[0-9a-f]{6}")


@dataclass(frozen=True, slots=True)
class Brand:
    """Holds the colors of mails, `accent` and `on_accent`, as #rrggbb.

    Without a folder, pages keep their own colors.
    """

    folder: Path | None
    accent: str
    on_accent: str
    key: str = ""
    """Names the brand of a business unit; empty for the default brand."""

    @property
    def static_prefix(self) -> str:
        """Return the folder's prefix below STATIC_URL."""
        return f"{STATIC}/units/{self.key}" if self.key else STATIC

    def to_setting(self) -> dict[str, str]:
        """Return the setting BRAND for templates."""
        prefix = f"{self.static_prefix}/brand" if self.folder else ""
        return {
            "stylesheet": prefix and f"{prefix}.css",
            "mark": prefix and f"{prefix}.svg",
            "accent": self.accent,
            "on_accent": self.on_accent,
        }


def parse(value: str) -> Brand:
    """Return the brand of a folder, or the neutral one. Raises InvalidValue."""
    if value == NEUTRAL:
        return Brand(None, "#33415c", "#ffffff")
    folder = Path(value)
    if not folder.is_absolute():
        raise InvalidValue(f"{NEUTRAL}, or an absolute path of a folder with {', '.join(_FILES)}")
    if not all((folder / name).is_file() for name in _FILES):
        raise InvalidValue(f"{NEUTRAL}, or a folder with {', '.join(_FILES)}")
    try:
        colors = tomllib.loads((folder / "brand.toml").read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidValue(f"a folder whose brand.toml is valid TOML ({error})") from error
    if set(colors) != {"accent", "on_accent"} or not all(
        isinstance(color, str) and _COLOR.fullmatch(color) for color in colors.values()
    ):
        raise InvalidValue(
            "a folder whose brand.toml contains accent and on_accent as #rrggbb, and nothing else"
        )
    return Brand(folder, colors["accent"], colors["on_accent"])


def parse_all(value: str) -> dict[str, Brand]:
    """Return the brands in the folders of this folder, by their names. Raises InvalidValue."""
    if not value:
        return {}
    folder = Path(value)
    if not folder.is_absolute() or not folder.is_dir():
        raise InvalidValue("an absolute path of a folder with one folder for each brand")
    brands = {}
    for path in sorted(path for path in folder.iterdir() if path.is_dir()):
        if not _KEY.fullmatch(path.name):
            raise InvalidValue("a folder whose folders are named by small letters, digits, “-” and “_”")
        try:
            brands[path.name] = dataclasses.replace(parse(str(path)), key=path.name)
        except InvalidValue as error:
            raise InvalidValue(f"a folder of brands; {path.name} must be {error}") from error
    return brands
