"""Forms start a review, with everything that is said up front, and stop one; admins and staff use them alike."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from audit.foundation.errors import Busy, DomainError
from delegation.catalogue import display_names
from delegation.catalogue.display_names import DisplayNames
from delegation.reviews import queries
from delegation.reviews.commands import starting
from delegation.reviews.commands.starting import ReviewStarted, ReviewTerms
from portal.shell import forms as shell_forms
from portal.shell.forms import IdempotentForm
from portal.shell.page_context import PageContext
from portal.wording import dates, refusals
from portal.wording import reviews as review_words

_DAYS = 14


@dataclass(frozen=True, slots=True)
class StartChoice:
    """Describes a choice of the form."""

    value: str
    label: str
    checked: bool


class StartForm(IdempotentForm):
    """Asks for the scope, the reviewers, the due date and what silence does."""

    scope = forms.ChoiceField()
    reviewer = forms.ChoiceField()
    fallback = forms.ChoiceField(required=False)
    due = forms.CharField(max_length=40)
    silence = forms.ChoiceField()
    reason = forms.CharField(required=False, max_length=500)

    def __init__(
        self,
        *args: Any,
        scopes: Sequence[tuple[str, str]] = (),
        reviewers: Sequence[tuple[str, str]] = (),
        silences: Sequence[tuple[str, str]] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.set_choices("scope", scopes, _("Choose whose access is reviewed."))
        self.set_choices("reviewer", reviewers, _("Choose who reviews."))
        self.set_choices("fallback", [("", _("Any other admin")), *reviewers], _("Choose who stands in."))
        self.set_choices("silence", silences, _("Choose what happens without an answer."))
        self.fields["due"].error_messages |= {"required": _("Enter the day until which to answer.")}

    def clean_due(self) -> Any:
        """Return the day."""
        return shell_forms.day(self.cleaned_data["due"])


class StopForm(IdempotentForm):
    """Asks why a review is stopped."""

    reason = forms.CharField(max_length=500)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].error_messages |= {"required": _("Enter a reason.")}


def form_of(page: PageContext, data: Any) -> StartForm:
    """Return the form with the choices of this organization. Six statements."""
    names = display_names.load(organization=page.organization_id)
    people = queries.candidates(organization=page.organization_id, at=page.at)
    seats = [(str(one.id), one.shown_name) for one in people]
    return StartForm(
        data,
        scopes=_scopes(names),
        reviewers=seats,
        silences=_silences(page, names),
        initial=_initial(page, seats),
    )


def _initial(page: PageContext, seats: Sequence[tuple[str, str]]) -> dict[str, str]:
    own = str(page.membership.id) if page.membership else ""
    reviewer = own if own in dict(seats) else next((key for key, _name in seats), "")
    others = [key for key, _name in seats if key != reviewer]
    clock = dates.Clock(page.at, page.zone)
    return {
        "scope": "all",
        "reviewer": reviewer,
        "fallback": others[0] if others else "",
        "silence": "lower",
        "due": dates.typed_day(clock.local(page.at + dt.timedelta(days=_DAYS)).date()),
    }


def _scopes(names: DisplayNames) -> list[tuple[str, str]]:
    """Return everyone, people unlike their peers, and each tier and site by its key."""
    return [
        ("all", _("Everyone")),
        ("outliers", _("People with access unlike that of their peers")),
        *((f"tier:{key}", review_words.in_language(text)) for key, text in names.tiers.items()),
        *((f"site:{key}", site.name) for key, site in names.sites.items()),
    ]


def _silences(page: PageContext, names: DisplayNames) -> list[tuple[str, str]]:
    lowest = queries.lowest_key(at=page.at)
    tier = review_words.in_language(names.tiers[lowest]) if lowest in names.tiers else ""
    lower = [("lower", _("Becomes %(tier)s") % {"tier": tier})] if tier else []
    return [*lower, ("end", _("Ends")), ("keep", _("Is kept"))]


def start(page: PageContext, form: StartForm) -> ReviewStarted | None:
    """Run the command; None with the refusal in the form."""
    data = form.cleaned_data
    kind, _colon, key = data["scope"].partition(":")
    seats = {str(one.id): one for one in queries.candidates(organization=page.organization_id, at=page.at)}
    reviewer = seats.get(data["reviewer"])
    if reviewer is None:
        form.add_error("reviewer", form.fields["reviewer"].error_messages["invalid_choice"])
        return None
    due = dt.datetime.combine(data["due"] + dt.timedelta(days=1), dt.time(), page.zone)
    try:
        made = starting.start(
            actor=page.viewer,
            organization=queries.organization(page.organization_id),
            scope=queries.scope_of(kind, key),
            terms=ReviewTerms(reviewer, seats.get(data["fallback"]), due, data["silence"]),
            reason=data["reason"],
            idempotency_key=data["idempotency_key"],
        )
    except Busy:
        raise
    except DomainError as refusal:
        field = refusal.data.get("field")
        form.add_error(field if field in form.fields else None, refusals.sentence_for(refusal).text)
        return None
    return made.result


def silence_choices(form: StartForm) -> list[StartChoice]:
    """Return what silence may do, for `kh.choice`."""
    chosen = str(form["silence"].value() or "")
    pairs: Iterable[tuple[str, str]] = form.fields["silence"].choices  # type: ignore[attr-defined]
    return [StartChoice(value, label, value == chosen) for value, label in pairs]
