"""`make bench` measures all figures; `python -m bench acts leaver` those that it names."""

import subprocess
import sys

ALL = ("acts", "events", "leaver", "leaver_queue", "web", "revocation_probe", "negative_control", "fresh")


def run(names: list[str]) -> int:
    """Measure each figure in a process of its own. Returns exit code 1 where one failed."""
    failed = [
        name
        for name in names
        if subprocess.run([sys.executable, "-m", "bench.run_one", name], check=False).returncode
    ]
    if failed:
        print(f"Not measured: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:] or list(ALL)))
