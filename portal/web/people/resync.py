"""Resyncs that pages ask for are limited for each person, and answered on the page they lead to."""

import uuid
from collections.abc import Collection

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from delegation.people import queries as people_queries
from portal.shell import forms as shell_forms
from portal.shell.page_context import PageContext
from portal.signin.customers import rate_limits
from portal.wording import refusals, retry_after
from provisioning.accounts import commands as accounts_commands
from provisioning.accounts.errors import NothingToResync

_UNTIL_UPDATED = "until-updated"
"""The tag of a message that a script takes away when the page shows that every system has confirmed."""


def run(request: HttpRequest, page: PageContext, memberships: Collection[uuid.UUID], *, done: str) -> None:
    """Resync these members and leave a message: `done`, or why nothing was sent. Raises Denied and NotFound."""
    if wait := rate_limits.take((rate_limits.RESYNC, str(page.viewer.id))).wait:
        text = _("Nothing was sent: you tried several times within a minute. %(again)s")
        messages.warning(request, text % {"again": retry_after.retry_after(wait)}, extra_tags=_UNTIL_UPDATED)
        return
    rows = people_queries.for_command(organization=page.organization_id, ids=memberships)
    # The set is part of the key: a system may confirm between two clicks.
    members = uuid.uuid5(uuid.NAMESPACE_OID, " ".join(sorted(str(row.id) for row in rows)))
    key = shell_forms.idempotency_key(request.POST.get("idempotency_key", ""), members.hex)
    try:
        accounts_commands.resync(actor=page.viewer, memberships=rows, idempotency_key=key)
    except NothingToResync:
        report_nothing_to_resync(request)
    else:
        messages.success(request, done, extra_tags=_UNTIL_UPDATED)


def report_nothing_to_resync(request: HttpRequest) -> None:
    """Leave a message that nothing was sent, and why, as far as it was known at that moment."""
    messages.info(request, refusals.sentence_for(NothingToResync()).text, extra_tags=_UNTIL_UPDATED)
