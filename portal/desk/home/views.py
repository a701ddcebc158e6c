"""Staff see what needs their attention."""

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from delegation.authorization.staff_roles import StaffRole
from delegation.authorization.verbs import Verb
from delegation.staff import queries as staff_queries
from identity.staff.sessions import OpenSession
from portal.desk import desk_page
from portal.desk.home import context
from portal.http.request_context import Request
from portal.shell import page_model, query_string
from portal.signin.staff import configuration, frame, middleware, pages
from portal.signin.staff.reader import StaffReader


@require_safe
@desk_page.desk_page()
def desk(request: Request, reader: StaffReader) -> HttpResponse:
    """Show the worklist, and the facts of the reader's own sign-in."""
    session = middleware.require_session(request).staff_session
    model = context.desk_home(
        reader,
        pages.sign_in_facts(configuration.current(), session),
        first_owner_url=_first_owner_url(reader, session),
    )
    frame.show_count(request, "staff_home", model.waiting)
    return page_model.render(request, model)


def _first_owner_url(reader: StaffReader, session: OpenSession) -> str:
    """Return where this break-glass session makes a lasting owner; empty for others, and where there is one."""
    if session.break_glass is None:
        return ""
    if Verb.STAFF_RIGHT_GIVE not in reader.verbs or staff_queries.lasting_owner_exists(at=reader.at):
        return ""
    return query_string.with_values(reverse("staff_right_give"), {"role": StaffRole.OWNER})
