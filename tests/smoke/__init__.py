"""The installation as docs/running.md describes it, started, used, killed and rotated."""
