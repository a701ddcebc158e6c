"""The page model of changing access and of restoring it: a panel over the page of a colleague."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from delegation.people.queries import VisibleMember
from portal.shell.explanation import Why
from portal.shell.page_context import PageContext
from portal.web.access import choices, preview
from portal.web.access.choices import AccessChoices
from portal.web.access.forms import AccessForm
from portal.web.access.preview import Preview
from portal.web.people import detail_context
from portal.web.people.detail_context import PersonPage
from portal.wording import access


@dataclass(frozen=True, kw_only=True)
class AccessPage(PersonPage, AccessChoices):
    """The panel that changes or restores a colleague's access, over their page."""

    template: ClassVar[str] = "web/access/change.html"

    restoring: bool
    """A removed colleague returns: other words, the same panel."""
    now_sentence: str
    """The present access, or the access at the removal."""
    effect: Preview
    who: str
    access_url: str
    """GET shows; POST changes; POST with do=preview shows the effect alone."""
    close_url: str


def effect(page: PageContext, form: AccessForm, why: Why) -> Preview:
    """What the form would change. One statement at most."""
    before = preview.Before(why.rights, why.grants)
    return preview.of(page, form.with_initial(), why.book, before, nothing="")


def change_page(
    page: PageContext, member: VisibleMember, form: AccessForm, why: Why, changes: Preview
) -> AccessPage:
    """The panel of a present colleague."""
    present = access.summary(why.grants, why.clock) or _("no access")
    return AccessPage(
        **_over_person(page, member, why),
        **choices.choices(form, now=why.grants[-1].role if why.grants else "").variables(),
        effect=changes,
        restoring=False,
        now_sentence=_("Now: %(access)s") % {"access": present},
        access_url=page.url("person_access", membership=member.membership.id),
    )


def restore_page(
    page: PageContext, member: VisibleMember, form: AccessForm, why: Why, changes: Preview, *, had: str
) -> AccessPage:
    """The panel of a former colleague; `had` is the access at the removal, in words."""
    if had:
        sentence = _("Previous access: %(access)s. Check it before restoring.")
        now = sentence % {"access": had}
    else:
        now = _("Choose the access before restoring.")
    return AccessPage(
        **_over_person(page, member, why),
        **choices.choices(form).variables(),
        effect=changes,
        restoring=True,
        now_sentence=now,
        access_url=page.url("person_restore", membership=member.membership.id),
    )


def _over_person(page: PageContext, member: VisibleMember, why: Why) -> Mapping[str, Any]:
    return {
        **detail_context.person_page(page, member, why).variables(),
        "who": member.membership.user.name,
        "close_url": page.url("person", membership=member.membership.id),
    }
