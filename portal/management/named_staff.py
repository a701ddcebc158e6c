"""Commands name a member of the staff by id or mail address."""

from django.core.management.base import CommandError

from delegation.staff import queries as staff_queries
from delegation.staff.queries import StaffMember


def staff_member(named: str) -> StaffMember:
    """Return the staff member of this id or mail address. Raises CommandError for none, and for several."""
    found = [one for one in staff_queries.staff_members() if named in {str(one.id), one.row.contact}]
    if len(found) != 1:
        raise CommandError(
            f"{named} is {'the address of several staff members' if found else 'no staff member who has signed in'}."
        )
    return found[0]
