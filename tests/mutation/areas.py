"""What is mutated, and by which tests it is judged: the one place that names the product's modules."""

import dataclasses
import pathlib

ROOT = pathlib.Path(__file__).parents[2]
PRODUCT = ("audit", "identity", "delegation", "provisioning", "portal")


MUTANT = "KEYHOLDER_TEST_MUTANT"
"""Names in the environment the file of the mutant that a process of tests runs with."""


_DECLARATIONS = {"__init__.py", "models.py"}
"""Modules that only declare: what a model says of its table is read from the database itself."""


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
        return sorted({path for paths in found.values() for path in paths if path.name not in _DECLARATIONS})


AREAS = (
    Area("entitlements", 16, ("delegation/authorization/entitlements.py",)),
    Area("policy", 16, ("delegation/authorization/policy.py", "delegation/authorization/verbs.py")),
    Area(
        "authorities and scopes",
        20,
        (
            "delegation/authorization/authorities.py",
            "delegation/authorization/scopes.py",
            "delegation/invitations/scope.py",
            "delegation/authorization/history.py",
        ),
    ),
    Area(
        "rules",
        20,
        (
            "delegation/access/assignable.py",
            "delegation/access/rules.py",
            "delegation/access/store.py",
            "delegation/authorization/access_validation.py",
            "delegation/continuity.py",
            "delegation/invitations/mail_limits.py",
        ),
    ),
    Area(
        "acts",
        16,
        (
            "delegation/acts/*.py",
            "delegation/invitations/subjects.py",
        ),
    ),
    Area(
        "commands",
        24,
        (
            "delegation/*/commands.py",
            "delegation/*/commands/*.py",
            "delegation/people/*.py",
            "delegation/*/effects.py",
            "delegation/catalogue/ceilings.py",
            "delegation/retention.py",
            "identity/lifecycle.py",
        ),
    ),
    Area(
        "sessions",
        16,
        (
            "identity/sessions/store.py",
            "identity/revocation.py",
            "identity/memberships/queries.py",
            "identity/people/credentials.py",
        ),
    ),
    Area(
        "grants",
        20,
        (
            "identity/grants/*.py",
            "identity/clients/queries.py",
            "identity/memberships/eligible_memberships.py",
            "identity/sessions/sign_ins.py",
        ),
    ),
    Area(
        "log",
        16,
        (
            "audit/log/ledger.py",
            "audit/chain_export.py",
            "audit/checkpoints/*.py",
            "audit/merkle.py",
            "audit/sealing.py",
            "audit/verify_export.py",
            "audit/verification/chains.py",
            "audit/verification/events.py",
            "audit/verification/checkpoints.py",
            "audit/verification/leaves.py",
        ),
    ),
    Area(
        "delivery",
        24,
        (
            "provisioning/accounts/delivery.py",
            "provisioning/accounts/planner.py",
            "provisioning/accounts/results.py",
            "provisioning/accounts/task.py",
            "provisioning/delivery/*.py",
            "provisioning/logout/delivery.py",
            "provisioning/mail/delivery.py",
        ),
    ),
)
DATABASE = Area("database", 16, ())
"""Triggers, constraints and functions, read from the database itself and not from migrations."""

NOT_RUN = (
    "tests/laws/*",
    "tests/corpus/*",
    "tests/demo/*",
    "tests/faults/*",
    "tests/infrastructure/*",
    "tests/journeys/*",
    "tests/mutation/*",
    "tests/**/test_*browser*",
    "tests/**/test_sequences*",
    "tests/portal/web/test_accessibility*",
    "tests/portal/tools/*",
)
"""Tests that read the source, start processes or a browser, or take minutes: no mutant runs against them."""
