"""The SCIM store is on disk: one file per resource, written before the answer leaves."""

import dataclasses
import itertools
import pathlib
from typing import Any, cast

import scim2_models
from scim2_server import memory

from demo.service import people, schema, scim_mapping, store

Resource = scim2_models.Resource[Any]
Organizations = dict[str, dict[str, Any]]


class DiskStorage(memory.InMemoryStorage):
    """The class stores scim2-server's resources on disk, and mirrors them in `people` for the pages.

    An organization that is no longer named for a person stays, inactive: somebody worked for it here once.
    """

    def __init__(self, folder: pathlib.Path, known: people.People) -> None:
        super().__init__()
        self.folder = store.folder(folder)
        self.people = known
        self._former: dict[str, Organizations] = {}
        self.resources = [self._load(stored) for stored in store.read_all(self.folder)]
        self.versions = itertools.count(1 + max(map(version, self.resources), default=0))

    def create(self, resource_type: scim2_models.ResourceType, resource: Resource) -> Resource:
        with self.lock:
            user = as_user(resource)
            person = scim_mapping.person(user)
            if self.people.by_sub(person.sub):
                raise scim2_models.UniquenessException(detail="This externalId is known here already.")
            created = super().create(resource_type, user)
            self._keep(created)
            return created

    def update(
        self,
        resource_type: scim2_models.ResourceType,
        resource: Resource,
        *,
        expected_version: str | None = None,
    ) -> Resource:
        with self.lock:
            user = as_user(resource)
            person = scim_mapping.person(user)
            other = self.people.by_sub(person.sub)
            if other and other.id != person.id:
                raise scim2_models.UniquenessException(detail="This externalId is somebody else's here.")
            updated = super().update(resource_type, user, expected_version=expected_version)
            self._keep(updated)
            return updated

    def delete(
        self,
        resource_type: scim2_models.ResourceType,
        resource_id: str,
        *,
        expected_version: str | None = None,
    ) -> None:
        with self.lock:
            super().delete(resource_type, resource_id, expected_version=expected_version)
            self._path(resource_id).unlink(missing_ok=True)
            self._former.pop(resource_id, None)
            self.people.drop(resource_id)

    def _path(self, resource_id: str) -> pathlib.Path:
        return self.folder / f"{resource_id}.json"

    def _keep(self, resource: Resource) -> None:
        user = as_user(resource)
        organizations = {**self._former.get(user.id or "", {}), **organizations_of(user)}
        stored = {"resource": user.model_dump(), "organizations": organizations}
        store.write_json(self._path(user.id or ""), stored)
        self._mirror(user, organizations)

    def _load(self, stored: dict[str, Any]) -> Resource:
        user = schema.User.model_validate(stored["resource"])
        self._mirror(user, stored["organizations"])
        return user

    def _mirror(self, user: scim_mapping.User, organizations: Organizations) -> None:
        self._former[user.id or ""] = organizations
        person = scim_mapping.person(user)
        gone = (
            people.Organization(**organization)
            for key, organization in organizations.items()
            if not person.organization(key)
        )
        former = tuple(dataclasses.replace(organization, active=False) for organization in gone)
        self.people.put(dataclasses.replace(person, organizations=person.organizations + former))


def as_user(resource: Resource) -> scim_mapping.User:
    """Copy without a password: people sign in at the portal, and none is kept here."""
    return cast("scim_mapping.User", resource.model_copy(update={"password": None}))


def organizations_of(user: scim_mapping.User) -> Organizations:
    records = schema.extension(user).organizations or ()
    organizations = (dataclasses.asdict(scim_mapping.organization(organization)) for organization in records)
    return {organization["id"]: organization for organization in organizations}


def version(resource: Resource) -> int:
    """Read the number in an ETag such as W/"12"."""
    text = (resource.meta.version if resource.meta else None) or ""
    digits = "".join(filter(str.isdigit, text))
    return int(digits or 0)
