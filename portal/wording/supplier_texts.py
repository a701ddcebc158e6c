"""A supplier writes names of applications, tiers and entitlements in several languages."""

from collections.abc import Mapping

from django.utils import translation


def in_language(text: Mapping[str, str]) -> str:
    """Return the text in the active language, else in English, else in the first language it has."""
    language = translation.get_language() or "en"
    return text.get(language) or text.get("en") or next(iter(text.values()), "")
