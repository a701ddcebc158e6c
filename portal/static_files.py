"""Static files with their hash in the name, served by whitenoise."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class Storage(CompressedManifestStaticFilesStorage):
    """A missing entry is an error at start, not a broken page."""

    manifest_strict = True
