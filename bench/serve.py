"""The portal's front runs one worker, with the application named on the command line."""

import sys

from portal.front import granian_server

if __name__ == "__main__":
    granian_server.server(host="127.0.0.1", port=int(sys.argv[1]), workers=1, target=sys.argv[2]).serve()
