"""The REST API reads catalogue files, and shows what they change and what became of proposals, by these serializers."""

from typing import Any

from django.conf import settings
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from delegation.catalogue import catalog_file, queries
from delegation.catalogue.affected_people import AffectedOrganization
from delegation.catalogue.catalog_file import InvalidCatalogue
from delegation.catalogue.checked_file import CheckedFile
from delegation.catalogue.defaults import Catalogue
from delegation.catalogue.difference import CatalogueDifference, Change, Direction, Part, RoleChange
from delegation.catalogue.queries import ProposalView
from identity.organizations.queries import OrganizationView
from portal.api.v1.fields import ActSerializer, InputSerializer
from portal.shell import catalogue_file

_MOST_PROBLEMS = 100


def _keys(help_text: str = "") -> serializers.ListField:
    return serializers.ListField(child=serializers.CharField(), help_text=help_text or None)


class CatalogueSerializer(serializers.Serializer[Any]):
    """Shows the catalogue in force."""

    version = serializers.CharField(help_text="Moves with each change, and with each registered application.")
    file = serializers.CharField(help_text="A catalogue file in TOML, which can be changed and sent back.")


class FileInput(InputSerializer):
    """Reads a catalogue file."""

    file = serializers.CharField(
        max_length=queries.LONGEST_FILE,
        trim_whitespace=False,
        help_text="In TOML, as `manage.py catalog show` prints it. What it does not name stays as it is.",
    )


class SeenFileInput(FileInput):
    """Reads a catalogue file, and the difference that was seen before it is applied or proposed."""

    seen = serializers.CharField(max_length=64, help_text="`seen` of the preview.")


class RolePartSerializer(serializers.Serializer[Any]):
    """Shows one change of a role; `before` and `after` are empty where the role has no such part."""

    part = serializers.ChoiceField([part.value for part in Part])
    key = serializers.CharField(allow_blank=True, help_text="The entitlement, verb or role.")
    direction = serializers.ChoiceField([direction.value for direction in Direction])
    before = serializers.CharField(allow_blank=True)
    after = serializers.CharField(allow_blank=True)
    people = serializers.IntegerField(help_text="Those who lose or gain by this change.")


class ChangedRoleSerializer(serializers.Serializer[Any]):
    """Shows what changes of a role."""

    role = serializers.CharField()
    version = serializers.IntegerField(allow_null=True, help_text="Null: the role is new.")
    next_version = serializers.IntegerField(
        help_text="The same as `version` where no holder's rights change."
    )
    changes = RolePartSerializer(many=True)


class ChangedConflictSerializer(serializers.Serializer[Any]):
    """Shows a conflict of duties that begins, ends or differs; empty: without one."""

    key = serializers.CharField()
    before = serializers.CharField(allow_blank=True)
    after = serializers.CharField(allow_blank=True)


class AffectedCustomerSerializer(serializers.Serializer[Any]):
    """Counts the people of one customer."""

    organization = serializers.CharField(help_text="The key of the customer.")
    name = serializers.CharField()
    people_losing = serializers.IntegerField()
    people_gaining = serializers.IntegerField()


class MoreCustomersSerializer(serializers.Serializer[Any]):
    """Counts the customers that are not listed, and their people."""

    organizations = serializers.IntegerField()
    people_losing = serializers.IntegerField()
    people_gaining = serializers.IntegerField()


class FileDifferenceSerializer(serializers.Serializer[Any]):
    """Shows what a file changes, and who would lose or gain; `seen` stands for all of it in the change itself."""

    seen = serializers.CharField()
    version = serializers.CharField(help_text="The version of the catalogue that it was compared with.")
    nothing = serializers.BooleanField(help_text="The file changes nothing.")
    needs_second_person = serializers.BooleanField(
        help_text="It can be proposed, and is applied by no program."
    )
    most_by_one = serializers.IntegerField(
        help_text="How many people may lose something in a day without one."
    )
    people_losing = serializers.IntegerField()
    people_gaining = serializers.IntegerField()
    people_holding = serializers.IntegerField(help_text="Those with one of the changed roles.")
    organizations_losing = serializers.IntegerField()
    organizations_gaining = serializers.IntegerField()
    organizations = AffectedCustomerSerializer(many=True, help_text="Those with most losses first.")
    more_organizations = MoreCustomersSerializer()
    roles = ChangedRoleSerializer(many=True)
    conflicts = ChangedConflictSerializer(many=True)
    new_units = _keys()
    changed_brands = _keys("Keys of business units.")
    changed_icons = _keys("Keys of applications.")
    new_entitlements = _keys()
    changed_entitlements = _keys()
    changed_templates = _keys("Of ceilings; no customer's ceiling follows.")
    reordered = serializers.BooleanField(help_text="Lists have another order.")
    unregistered = _keys("Entitlements that are left out: their applications are not registered.")
    not_in_file = _keys("What stays, because the file does not name it.")


class CatalogueAppliedSerializer(ActSerializer):
    """Shows the act, the roles with a new version, and the entitlements that were left out."""

    roles = _keys()
    unregistered = _keys()


class ProposedSerializer(ActSerializer):
    """Shows the act, and the proposal that waits for a second person."""

    proposal = serializers.UUIDField()


class ProposalSerializer(serializers.Serializer[Any]):
    """Shows a proposal, and what became of it."""

    id = serializers.UUIDField()
    state = serializers.ChoiceField(
        queries.STATES, help_text="`void`: the catalogue changed before it was decided."
    )
    version = serializers.CharField(help_text="The version of the catalogue that it was compared with.")
    people_losing = serializers.IntegerField(help_text="When it was proposed.")
    people_gaining = serializers.IntegerField(help_text="When it was proposed.")
    proposed_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)
    file = serializers.CharField()


def file_of(asked: dict[str, Any]) -> str:
    """Return the file with the line ends that the pages store, so that the same file is one proposal."""
    return str(asked["file"]).replace("\r\n", "\n")


def parsed_file(text: str) -> Catalogue:
    """Read the catalogue. Raises ValidationError with the first problems of the file, each with its place."""
    try:
        catalogue = catalog_file.parse(text=text)
    except InvalidCatalogue as error:
        problems = str(error).splitlines()
    else:
        problems = catalogue_file.problems(catalogue)
        if not problems:
            return catalogue
    raise ValidationError({"file": [ErrorDetail(one, "invalid") for one in problems[:_MOST_PROBLEMS]]})


def difference(
    checked: CheckedFile, *, needs_second: bool, customers: dict[Any, OrganizationView]
) -> dict[str, Any]:
    """Return the fields of `FileDifferenceSerializer`; `customers` are those listed, by id."""
    changes, affected = checked.difference, checked.affected
    return {
        "seen": checked.digest,
        "version": checked.version,
        "nothing": changes.is_empty,
        "needs_second_person": needs_second,
        "most_by_one": settings.CATALOGUE_LOSSES_BY_ONE,
        "people_losing": affected.total.lose,
        "people_gaining": affected.total.gain,
        "people_holding": affected.holders,
        "organizations_losing": affected.organizations_with_losses,
        "organizations_gaining": affected.organizations_with_gains,
        "organizations": [_customer(row, customers[row.id]) for row in affected.listed],
        "more_organizations": {
            "organizations": affected.more_organizations,
            "people_losing": affected.more.lose,
            "people_gaining": affected.more.gain,
        },
        "roles": [_role(role, checked) for role in changes.roles],
        **_lists(changes),
    }


def _lists(changes: CatalogueDifference) -> dict[str, Any]:
    return {
        "conflicts": [
            {"key": one.key, "before": one.before, "after": one.after} for one in changes.conflicts
        ],
        "new_units": list(changes.new_units),
        "changed_brands": list(changes.changed_brands),
        "changed_icons": list(changes.changed_icons),
        "new_entitlements": list(changes.new_entitlements),
        "changed_entitlements": list(changes.changed_entitlements),
        "changed_templates": list(changes.changed_templates),
        "reordered": changes.reordered,
        "unregistered": list(changes.unregistered),
        "not_in_file": list(changes.not_in_file),
    }


def _customer(row: AffectedOrganization, found: OrganizationView) -> dict[str, Any]:
    return {
        "organization": found.key,
        "name": found.name,
        "people_losing": row.lose,
        "people_gaining": row.gain,
    }


def _role(role: RoleChange, checked: CheckedFile) -> dict[str, Any]:
    return {
        "role": role.key,
        "version": role.number,
        "next_version": role.next_number,
        "changes": [_part(change, checked.affected.by_change[role.key, change]) for change in role.changes],
    }


def _part(change: Change, people: int) -> dict[str, Any]:
    return {
        "part": change.part.value,
        "key": change.key,
        "direction": change.direction.value,
        "before": change.before,
        "after": change.after,
        "people": people,
    }


def proposal_row(found: ProposalView) -> dict[str, Any]:
    """Return the fields of `ProposalSerializer`; no names of staff."""
    return {
        "id": found.id,
        "state": found.state,
        "version": found.version,
        "people_losing": found.lose,
        "people_gaining": found.gain,
        "proposed_at": found.proposed_at,
        "decided_at": found.decided_at,
        "file": found.file,
    }
