"""An act on a target needs a right for the business units whose applications the target gets rights of."""

import uuid
from collections.abc import Iterable

from delegation.acts.subjects import SupplierSet
from delegation.authorization.errors import NotFound
from identity.clients.models import Application
from provisioning.targets.models import Target


def of_application(application: uuid.UUID, *, include: Iterable[str] = ()) -> SupplierSet:
    """Return the set for this application and the included ones, by key. Two statements."""
    own = Application.objects.filter(id=application).values_list("unit", flat=True)
    others = Application.objects.filter(key__in=list(include)).values_list("unit", flat=True)
    return SupplierSet(units=sorted({*own, *others}))


def of_target(target: uuid.UUID, *, include: Iterable[str] = ()) -> SupplierSet:
    """Return the set for this target's application, those it includes now, and `include`. Three statements.

    Raises NotFound for an unknown target.
    """
    row = Target.objects.filter(id=target).values_list("application", "include_applications").first()
    if row is None:
        raise NotFound
    application, included = row
    return of_application(application, include=[*included, *include])
