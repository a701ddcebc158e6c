"""`make demo` runs everything on one machine until Ctrl-C. `--reset` removes the demo's data."""

import argparse
import json
import signal
import sys
import time

from demo import ports_and_paths
from demo.runner import Demo, DemoError
from demo.staff_login import staff
from portal import embedded_postgres

_BEGAN = time.monotonic()


def say(line: str) -> None:
    """Print the seconds since the start, and what is being started."""
    print(f"  {time.monotonic() - _BEGAN:5.1f} s  {line}", flush=True)


def announce(demo: Demo) -> None:
    """Print the addresses and the sample sign-ins."""
    where = demo.where
    sign_ins = json.loads(where.people.read_text(encoding="utf-8"))
    print(f"\nReady after {time.monotonic() - _BEGAN:.1f} s.\n")
    print(f"  Portal        {where.url('PORTAL_PORT')}")
    print(f"  Web shop      {where.url('ORDERING_PORT')}")
    print(f"  CRM portal    {where.url('CRM_PORT')}")
    print(f"  Staff pages   {where.url('PORTAL_PORT')}/staff/")
    print(f"  Staff sign-in {where.url('STAFF_PORT')}   (who works at the supplier, and who has left)")
    print(f"  Caught mails  {where.url('MAIL_PORT')}")
    print(f"  Codes         {where.url('MAIL_PORT')}/codes   (the second factor of the people below)\n")
    print(f"Password of all people below: {sign_ins['password']}\n")
    for person in sign_ins["people"]:
        print(f"  {person['email']:<38} {person['who']}")
    print("\nThe supplier's staff, on the staff pages with the same password:\n")
    for member in staff.STAFF:
        print(f"  {member.email:<38} {member.who}")
    print("\nPress Ctrl-C to stop. The data is kept; `make demo-reset` removes it.", flush=True)


def run() -> int:
    """Run until Ctrl-C. Returns exit code 0 after it, 1 where a part failed."""
    demo = Demo(ports_and_paths.from_environment(), say=say)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        demo.prepare()
        demo.start()
        announce(demo)
        while True:
            time.sleep(1)
            demo.check()
    except KeyboardInterrupt:
        return 0
    except (DemoError, embedded_postgres.PostgresError) as error:
        print(f"\n{error}\nStopping. Your data is kept.", file=sys.stderr)
        return 1
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        print("\nStopping …", flush=True)
        demo.close()


def reset() -> int:
    """Stop the demo's database and remove all the demo's data."""
    Demo(ports_and_paths.from_environment()).forget()
    print("The demo's data is removed. `make demo` creates it again.")
    return 0


def parser() -> argparse.ArgumentParser:
    """Build the parser; ports and folder come from the environment."""
    usage = argparse.ArgumentParser(
        prog="python -m demo",
        allow_abbrev=False,
        description="Run the portal, a web shop, a CRM portal, the staff sign-in and a mailbox here until Ctrl-C.",
        epilog=f"Set other ports by {', '.join(ports_and_paths.PORTS)}, another folder by KEYHOLDER_HOME.",
    )
    usage.add_argument("--reset", action="store_true", help="remove the demo's data instead")
    return usage


if __name__ == "__main__":
    sys.exit(reset() if parser().parse_args().reset else run())
