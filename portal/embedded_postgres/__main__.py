"""`python -m portal.embedded_postgres VERB FOLDER` starts, stops, inspects or removes a folder's PostgreSQL."""

import argparse
import pathlib
import sys

from portal import embedded_postgres


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m portal.embedded_postgres", description=__doc__)
    parser.add_argument("verb", choices=["start", "stop", "status", "reset", "env"])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument(
        "--port", type=int, help="TCP port on loopback (start; default: the same as last time)"
    )
    options = parser.parse_args()
    try:
        return _run(options.verb, options.folder, options.port)
    except embedded_postgres.PostgresError as error:
        print(error, file=sys.stderr)
        return 1


def _run(verb: str, folder: pathlib.Path, port: int | None) -> int:
    if verb == "stop":
        print("Stopped." if embedded_postgres.stop(folder) else "It was not running.")
    elif verb == "reset":
        embedded_postgres.reset(folder)
        print("Removed.")
    else:
        server = (
            embedded_postgres.start(folder, port=port)
            if verb == "start"
            else embedded_postgres.attach(folder)
        )
        if server is None:
            print("Not running.", file=sys.stderr)
            return 3
        print(
            _environment(server) if verb == "env" else f"Running on {embedded_postgres.HOST}:{server.port}."
        )
    return 0


def _environment(server: embedded_postgres.Server) -> str:
    """Return the lines that a shell evaluates to reach this server; they hold its passwords."""
    owner, app = server.url_of(embedded_postgres.OWNER), server.url_of(embedded_postgres.APP)
    return f"export OWNER_DATABASE_URL='{owner}'\nexport DATABASE_URL='{app}'"


if __name__ == "__main__":
    sys.exit(main())
