"""`python -m portal.front` serves pages and the OpenID Provider until SIGTERM."""

import argparse

from portal.front import granian_server, limits


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m portal.front", description="Serve the portal.")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8000, help="the port to listen on (default: %(default)s)")
    parser.add_argument(
        "--workers", type=int, default=limits.WORKERS, help="worker processes (default: %(default)s)"
    )
    return parser.parse_args()


if __name__ == "__main__":
    arguments = _arguments()
    granian_server.server(host=arguments.host, port=arguments.port, workers=arguments.workers).serve()
