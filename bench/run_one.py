"""Runs one bench in this process."""

import importlib
import sys

if __name__ == "__main__":
    importlib.import_module(f"bench.{sys.argv[1]}").run()
