"""Django loads an app's models from here; each capability defines its own."""

from delegation.absence_claims.models import AbsenceClaim
from delegation.acts.models import IdempotencyRecord
from delegation.authorization.models.assignments import Assignment, AssignmentLimit, AssignmentSite
from delegation.authorization.models.ceilings import Ceiling, Hold
from delegation.authorization.models.duties import DutyConflict, DutyConflictVersion, DutyException
from delegation.authorization.models.roles import Entitlement, Role, RoleEntitlement, RoleVersion
from delegation.authorization.models.staff import StaffPermission, StaffRight, StaffScope
from delegation.catalogue.models import CatalogueProposal, CatalogueWave, CeilingTemplate, UnitCeiling
from delegation.continuity_grades.models import AdminConfirmation, ContinuityWatch
from delegation.customer_contacts.models import CustomerContact
from delegation.departures.models import PlannedRemoval
from delegation.domain_verifications.models import DomainVerification
from delegation.dormancy.models import DormancyWarning
from delegation.factor_recoveries.models import FactorRecovery
from delegation.handovers.models import Handover
from delegation.invitations.models import Invitation, InvitationToken
from delegation.log_exports.models import LogExport, LogExportPart
from delegation.looking_along.models import PreparedForm
from delegation.orphan_cases.models import (
    OrphanCase,
    OrphanLetter,
    OrphanProof,
    OrphanRequest,
    OrphanVerdict,
)
from delegation.reviews.models import AccessReview, ReviewLine
from delegation.takeover_reports.models import TakeoverReport

__all__ = [
    "AbsenceClaim",
    "AccessReview",
    "AdminConfirmation",
    "Assignment",
    "AssignmentLimit",
    "AssignmentSite",
    "CatalogueProposal",
    "CatalogueWave",
    "Ceiling",
    "CeilingTemplate",
    "ContinuityWatch",
    "CustomerContact",
    "DomainVerification",
    "DormancyWarning",
    "DutyConflict",
    "DutyConflictVersion",
    "DutyException",
    "Entitlement",
    "FactorRecovery",
    "Handover",
    "Hold",
    "IdempotencyRecord",
    "Invitation",
    "InvitationToken",
    "LogExport",
    "LogExportPart",
    "OrphanCase",
    "OrphanLetter",
    "OrphanProof",
    "OrphanRequest",
    "OrphanVerdict",
    "PlannedRemoval",
    "PreparedForm",
    "ReviewLine",
    "Role",
    "RoleEntitlement",
    "RoleVersion",
    "StaffPermission",
    "StaffRight",
    "StaffScope",
    "TakeoverReport",
    "UnitCeiling",
]
