"""Whitenoise serves static files with their hash in the name."""

from whitenoise.storage import CompressedManifestStaticFilesStorage

_STYLES, _RULES = CompressedManifestStaticFilesStorage.patterns[0]


class Storage(CompressedManifestStaticFilesStorage):
    """Fails at start over a missing entry, instead of showing a broken page.

    Vendored files are identical to the published ones. The source maps they name are not shipped, so the rules for
    source maps are removed.
    """

    manifest_strict = True
    patterns = ((_STYLES, tuple(rule for rule in _RULES if "sourceMappingURL" not in str(rule))),)
