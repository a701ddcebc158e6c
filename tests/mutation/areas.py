"""What is mutated, and by which tests it is judged: the one place that names the product's modules."""

import dataclasses
import pathlib

ROOT = pathlib.Path(__file__).parents[2]
PRODUCT = ("audit", "identity", "delegation", "provisioning", "portal")


MUTANT = "KEYHOLDER_TEST_MUTANT"
"""Names in the environment the file of the mutant that a process of tests runs with."""


@dataclasses.dataclass(frozen=True)
class Area:
    """Some modules, and how many of their mutants one run draws."""

    name: str
    count: int
    patterns: tuple[str, ...]
    """Paths below the repository, as globs."""

    def files(self) -> list[pathlib.Path]:
        """Raises LookupError for a pattern without files: the module was moved."""
        found = {pattern: sorted(ROOT.glob(pattern)) for pattern in self.patterns}
        if empty := [pattern for pattern, paths in found.items() if not paths]:
            raise LookupError(f"{', '.join(empty)}: no such module; correct tests/mutation/areas.py.")
        return sorted({path for paths in found.values() for path in paths if path.name != "__init__.py"})


AREAS = (
    Area("entitlements", 16, ("delegation/entitlements.py",)),
    Area("policy", 16, ("delegation/policy.py", "delegation/verbs.py")),
    Area("powers and scopes", 20, ("delegation/powers.py", "delegation/scopes.py", "delegation/history.py")),
    Area("rules", 20, ("delegation/rules/*.py", "delegation/granting.py")),
    Area("acts", 16, ("delegation/act/*.py",)),
    Area("commands", 24, ("delegation/commands/**/*.py",)),
    Area(
        "sessions",
        16,
        ("identity/sessions.py", "identity/access.py", "identity/memberships.py", "identity/factors.py"),
    ),
    Area("grants", 20, ("identity/grants/*.py",)),
    Area("log", 16, ("audit/ledger.py", "audit/mark.py", "audit/sealer.py", "audit/verify.py")),
    Area(
        "delivery",
        24,
        (
            "provisioning/converge.py",
            "provisioning/deliver.py",
            "provisioning/leasing.py",
            "provisioning/planner.py",
            "provisioning/settling.py",
            "provisioning/worker.py",
        ),
    ),
)
DATABASE = Area("database", 16, ())
"""Triggers, constraints and functions, read from the database itself and not from migrations."""

NOT_RUN = (
    "tests/architecture/*",
    "tests/corpus/*",
    "tests/demo/*",
    "tests/faults/*",
    "tests/ground/*",
    "tests/journeys/*",
    "tests/mutation/*",
    "tests/**/test_*browser*",
    "tests/**/test_sequences*",
    "tests/portal/test_look*",
    "tests/portal/test_translations*",
    "tests/portal/test_vendor*",
)
"""Tests that read the source, start processes or a browser, or take minutes: no mutant runs against them."""
