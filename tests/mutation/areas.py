"""What is mutated, and by which tests it is judged: the one place that names the product's modules."""

import dataclasses
import fnmatch
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
        return sorted({path for paths in found.values() for path in paths if not _only_declares(path)})


AREAS = (
    Area(
        "entitlements",
        16,
        (
            "delegation/authorization/entitlements.py",
            "delegation/authorization/offered_rights.py",
            "delegation/authorization/rights_between.py",
        ),
    ),
    Area(
        "policy",
        16,
        (
            "delegation/authorization/policy.py",
            "delegation/authorization/verbs.py",
            "delegation/authorization/verb_rules.py",
            "delegation/authorization/event_types.py",
            "delegation/authorization/s*_rules.py",
        ),
    ),
    Area(
        "authorities and scopes",
        20,
        (
            "delegation/authorization/a[du]*.py",
            "delegation/authorization/staff_r*.py",
            "delegation/authorization/scopes.py",
            "delegation/authorization/service_scopes.py",
            "delegation/applications/scope.py",
            "delegation/invitations/scope.py",
            "delegation/authorization/history.py",
        ),
    ),
    Area(
        "rules",
        20,
        (
            "delegation/absence_claims/rules.py",
            "delegation/absence_claims/store.py",
            "delegation/access/assignable.py",
            "delegation/access/impact.py",
            "delegation/applications/client_addresses.py",
            "delegation/access/rules.py",
            "delegation/access/site_limits.py",
            "delegation/access/store.py",
            "delegation/authorization/access_validation.py",
            "delegation/authorization/duty_conflicts.py",
            "delegation/authorization/input_cleaning.py",
            "delegation/authorization/values.py",
            "delegation/continuity.py",
            "delegation/continuity_grades/*.py",
            "delegation/domain_verifications/challenge.py",
            "delegation/erasures/due_people.py",
            "delegation/invitations/store.py",
            "delegation/erasures/rules.py",
            "delegation/own_data/own_events.py",
            "delegation/own_data/own_notices.py",
            "delegation/own_data/reading.py",
            "identity/erasure.py",
            "provisioning/mail/sent_mails.py",
            "delegation/dormancy/*.py",
            "delegation/duties/rules.py",
            "delegation/duties/store.py",
            "delegation/factor_recoveries/rules.py",
            "delegation/takeover_reports/rules.py",
            "delegation/handovers/rules.py",
            "delegation/reviews/findings.py",
            "delegation/reviews/lowering.py",
            "delegation/reviews/population.py",
            "delegation/reviews/rules.py",
            "delegation/reviews/submission.py",
            "delegation/invitations/mail_*.py",
            "delegation/invitations/recipients.py",
            "delegation/invitations/sender_authority.py",
            "delegation/looking_along/*.py",
            "delegation/onboarding/known_customers.py",
            "delegation/onboarding/rules.py",
            "delegation/orphan_cases/addressees.py",
            "delegation/orphan_cases/basis.py",
            "delegation/orphan_cases/case_[lsv]*.py",
            "delegation/orphan_cases/files.py",
            "delegation/orphan_cases/interim.py",
            "delegation/orphan_cases/joining.py",
            "delegation/orphan_cases/l*.py",
            "delegation/orphan_cases/matching.py",
            "delegation/orphan_cases/new_admin.py",
            "delegation/orphan_cases/request_*.py",
            "delegation/orphan_cases/rules.py",
            "delegation/orphan_cases/sources.py",
            "delegation/service_users/rules.py",
            "delegation/suspensions/rules.py",
            "delegation/staff/*.py",
        ),
    ),
    Area(
        "acts",
        16,
        (
            "delegation/acts/*.py",
            "delegation/*/subjects.py",
        ),
    ),
    Area(
        "commands",
        24,
        (
            "delegation/*/commands.py",
            "delegation/*/commands/*.py",
            "delegation/applications/client_settings.py",
            "delegation/customer_contacts/new_contact.py",
            "delegation/log_exports/*.py",
            "delegation/applications/clients.py",
            "delegation/departures/*.py",
            "delegation/applications/new_client.py",
            "delegation/key_rotations.py",
            "delegation/people/*.py",
            "delegation/onboarding/new_customer.py",
            "delegation/organizations/new_organization.py",
            "delegation/*/effects.py",
            "delegation/catalogue/ceilings.py",
            "delegation/invitations/followups.py",
            "delegation/invitations/links.py",
            "delegation/invitations/sending.py",
            "delegation/retention.py",
            "identity/lifecycle.py",
            "identity/periods.py",
        ),
    ),
    Area(
        "sessions",
        20,
        (
            "identity/looks/*.py",
            "identity/sessions/store.py",
            "identity/sessions/visits.py",
            "identity/staff/*.py",
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
            "identity/service_users/service_tokens.py",
            "identity/clients/*.py",
            "identity/machine_secrets.py",
            "identity/memberships/eligible_memberships.py",
            "identity/sessions/sign_ins.py",
        ),
    ),
    Area(
        "log",
        20,
        (
            "audit/log/*.py",
            "audit/chain_export.py",
            "audit/event_proofs.py",
            "audit/checkpoints/*.py",
            "audit/merkle.py",
            "audit/personal_data.py",
            "audit/sealing.py",
            "audit/state/*.py",
            "audit/verify_export.py",
            "audit/verify_receipt.py",
            "audit/verification/*.py",
        ),
    ),
    Area(
        "delivery",
        28,
        (
            "provisioning/accounts/*.py",
            "provisioning/access_reviews.py",
            "provisioning/admin_cases.py",
            "provisioning/continuity_watch.py",
            "provisioning/delivery/*.py",
            "provisioning/domain_checks/*.py",
            "provisioning/dormant_members.py",
            "provisioning/due_removals.py",
            "provisioning/failed_rows.py",
            "provisioning/log_exports.py",
            "provisioning/logout/*.py",
            "provisioning/mail/*.py",
            "provisioning/removals/*.py",
            "provisioning/suspension_ends.py",
            "provisioning/worker_stop.py",
        ),
    ),
)
DATABASE = Area("database", 16, ())
"""Triggers, constraints and functions, read from the database itself and not from migrations."""

NOT_MUTATED = (
    # Commands of the operator and registrations: journeys and the smoke test run them.
    "*/apps.py",
    "*/migrations/*",
    "*/management/*",
    "provisioning/deliverer.py",
    "provisioning/tasks.py",
    # How `audit verify --state` rebuilds a table: its own tests alter each column of each table.
    "*/state.py",
    # Lists of event types and errors without a condition.
    "*/events.py",
    "*/case_events.py",
    "delegation/reviews/steps.py",
    "*/errors.py",
    # What pages show and search: page models are asserted whole.
    "delegation/activity/*",
    "delegation/*/queries.py",
    "delegation/own_data/records.py",
    "delegation/impacts.py",
    "delegation/invitations/impact.py",
    "delegation/service_users/impact.py",
    "delegation/invitations/open_invitations.py",
    "delegation/organizations/customer_search.py",
    "delegation/organizations/customer_sites.py",
    "delegation/organizations/customer_numbers.py",
    "delegation/organizations/overview.py",
    "identity/organizations/*",
    "identity/people/*",
    "identity/service_users/queries.py",
    "provisioning/backlog.py",
    "provisioning/catalogue_waves.py",
    # What a target speaks, files of keys and of the catalogue, values without a rule.
    "audit/foundation/*",
    "audit/installation.py",
    "delegation/catalogue/*",
    "identity/key_*.py",
    "identity/signing_keys.py",
    "provisioning/connectors/*",
    "provisioning/http/*",
    "provisioning/retention.py",
    "provisioning/targets/*",
)
"""Modules outside the core, by the reason; a module of the four lower layers stands here or in an area."""

NOT_RUN = (
    "tests/laws/*",
    "tests/corpus/*",
    "tests/demo/*",
    "tests/faults/*",
    "tests/infrastructure/*",
    "tests/journeys/*",
    "tests/mutation/*",
    "tests/scale/*",
    "tests/smoke/*",
    "tests/**/test_*browser*",
    "tests/**/test_generated_faults*",
    "tests/**/test_malformed*",
    "tests/**/test_production*",
    "tests/**/test_sequences*",
    "tests/portal/web/test_accessibility*",
    "tests/portal/tools/*",
)
"""Tests that read the source, start processes or a browser, or take minutes: no mutant runs against them."""


def is_left_out(path: pathlib.Path) -> bool:
    """Whether a module is outside the core, or only declares."""
    name = str(path.relative_to(ROOT))
    return _only_declares(path) or any(fnmatch.fnmatch(name, pattern) for pattern in NOT_MUTATED)


def _only_declares(path: pathlib.Path) -> bool:
    return path.name in _DECLARATIONS or path.parent.name == "models"
