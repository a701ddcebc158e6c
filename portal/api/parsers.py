"""Bodies are JSON objects of bounded length and depth."""

from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from portal.http import request_data


class JsonBody(BaseParser):
    """Reads a JSON object by the portal's own parser, which refuses what no column can hold."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return the object. Raises ParseError."""
        try:
            found = request_data.json_object(stream.read().decode())
        except UnicodeDecodeError as error:
            raise ParseError from error
        if found is None:
            raise ParseError
        return found
