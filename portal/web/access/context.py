"""A panel changes or restores access; this is its page model."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from delegation.people.queries import VisibleMember
from portal.shell.explanation import RightsExplanation
from portal.shell.page_context import PageContext
from portal.web.access import choices, preview, shown_access
from portal.web.access.choices import AccessChoices
from portal.web.access.forms import AccessForm
from portal.web.access.preview import Preview
from portal.web.people import detail_context
from portal.web.people.detail_context import PersonPage
from portal.wording import access


@dataclass(frozen=True, kw_only=True)
class AccessPage(PersonPage, AccessChoices):
    """Shows the panel that changes or restores a colleague's access, over the colleague's page."""

    template: ClassVar[str] = "web/access/change.html"

    restoring: bool
    """Whether the panel restores a removed colleague."""
    now_sentence: str
    """The present access, or the access at the removal."""
    effect: Preview
    who: str
    shown: str = ""
    """The access that the form was opened with (`shown_access`); empty for a removed colleague."""
    access_url: str
    """GET shows the panel; POST saves; POST with do=preview shows the preview alone."""
    close_url: str


def form_preview(page: PageContext, form: AccessForm, explanation: RightsExplanation) -> Preview:
    """Return the effect of the form. One statement at most."""
    present = preview.PresentAccess(explanation.rights, explanation.assignments)
    return preview.for_form(page, form.with_initial(), explanation.names, present, nothing="")


def change_page(
    page: PageContext,
    member: VisibleMember,
    form: AccessForm,
    explanation: RightsExplanation,
    changes: Preview,
) -> AccessPage:
    """Return the panel of a present colleague."""
    assignments = explanation.assignments
    present = access.summary(assignments, explanation.clock) or _("no access")
    return AccessPage(
        **_over_person(page, member, explanation),
        **choices.choices(form, present_tier=assignments[-1].role if assignments else "").variables(),
        effect=changes,
        restoring=False,
        now_sentence=_now(present, len(assignments)),
        shown=shown_access.field_value({member.membership.id: assignments}),
        access_url=page.url("person_access", membership=member.membership.id),
    )


def _now(present: str, number: int) -> str:
    if number < 2:
        return _("Now: %(access)s") % {"access": present}
    return _("Now: %(access)s. What you save replaces all of it.") % {"access": present}


def restore_page(
    page: PageContext,
    member: VisibleMember,
    form: AccessForm,
    explanation: RightsExplanation,
    changes: Preview,
    *,
    had: str,
) -> AccessPage:
    """Return the panel of a former colleague; `had` is the access at the removal, in words."""
    if had:
        sentence = _("Previous access: %(access)s. Check it before restoring.")
        now = sentence % {"access": had}
    else:
        now = _("Choose the access before restoring.")
    return AccessPage(
        **_over_person(page, member, explanation),
        **choices.choices(form).variables(),
        effect=changes,
        restoring=True,
        now_sentence=now,
        access_url=page.url("person_restore", membership=member.membership.id),
    )


def _over_person(
    page: PageContext, member: VisibleMember, explanation: RightsExplanation
) -> Mapping[str, Any]:
    return {
        **detail_context.person_page(page, member, explanation).variables(),
        "who": member.membership.shown_name,
        "close_url": page.url("person", membership=member.membership.id),
    }
