"""An admin plans the last day of colleagues by this form."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from portal.shell import forms as shell_forms
from portal.shell.forms import IdempotentForm
from portal.wording import cldr, dates, removal_reasons

END_OF_DAY = 24
_USUAL_HOUR = 17
_NOTE_LENGTH = 300


class LastDayForm(IdempotentForm):
    """Asks for the last working day and hour in the organization's zone, and for the reason."""

    day = forms.CharField(max_length=40)
    hour = forms.ChoiceField(initial=str(_USUAL_HOUR))
    reason = forms.ChoiceField()
    note = forms.CharField(required=False, max_length=_NOTE_LENGTH)

    def __init__(self, *args: Any, zone: ZoneInfo, at: dt.datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._zone, self._at = zone, at
        self.set_choices("hour", hours(), _("Choose an hour."))
        self.set_choices("reason", removal_reasons.choices(), _("Choose a reason."))
        self.fields["day"].error_messages |= {"required": _("Enter the last working day.")}
        for name in ("day", "note"):
            self.fields[name].error_messages["max_length"] = _("This is too long.")

    def clean_day(self) -> dt.date:
        """Parse the day. Raises ValidationError."""
        return shell_forms.day(self.cleaned_data["day"])

    def clean(self) -> dict[str, Any]:
        """Compute `ends_at`, the instant in the organization's zone."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if "day" in cleaned and "hour" in cleaned:
            try:
                cleaned["ends_at"] = instant(cleaned["day"], int(cleaned["hour"]), zone=self._zone)
            except ValidationError as problem:
                self.add_error("hour", problem)
            else:
                if cleaned["ends_at"] <= self._at:
                    self.add_error("day", _("This has passed. Choose a later day or hour."))
        return cleaned

    @property
    def log_reason(self) -> str:
        """Return the reason as the log records it."""
        return removal_reasons.log_reason(code=self.cleaned_data["reason"], note=self.cleaned_data["note"])


def hours() -> list[tuple[str, str]]:
    """Return the full hours of a day, and its end."""
    day = dt.date(2000, 1, 1)  # any day
    named = [(str(hour), cldr.time(dt.datetime.combine(day, dt.time(hour)))) for hour in range(1, END_OF_DAY)]
    return [*named, (str(END_OF_DAY), _("End of day"))]


def instant(day: dt.date, hour: int, *, zone: dt.tzinfo) -> dt.datetime:
    """Return the first instant at which the clocks of the zone show this hour of the day; 24 is the end of the day.

    An hour that the change to daylight saving time leaves out is refused; of one that occurs twice, the first counts:
    access never lasts longer than the page says. Raises ValidationError.
    """
    wall = dt.datetime.combine(day, dt.time()) + dt.timedelta(hours=hour)
    at = wall.replace(tzinfo=zone).astimezone(dt.UTC)
    if at.astimezone(zone).replace(tzinfo=None) != wall and hour != END_OF_DAY:
        text = _("The clocks are put forward on that day: %(time)s does not exist. Choose another hour.")
        raise ValidationError(text % {"time": cldr.time(wall)}, code="gap")
    return at


def initial(ends_at: dt.datetime | None, clock: dates.Clock) -> dict[str, str]:
    """Return the values of the form that show this plan; today without one."""
    if ends_at is None:
        return {"day": dates.typed_day(clock.local(clock.now).date())}
    local = clock.local(ends_at)
    if local.time() == dt.time():
        last = local.date() - dt.timedelta(days=1)
        return {"day": dates.typed_day(last), "hour": str(END_OF_DAY)}
    return {"day": dates.typed_day(local.date()), "hour": str(local.hour)}
