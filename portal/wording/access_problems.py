"""The texts of invalid accesses stand apart, so that `refusals` has room for the errors of new capabilities."""

from django.utils.translation import gettext as _


def text_of(field: str, problem: str, *, currency: str) -> str:
    """Return the text at the form's `field` for a `problem` of InvalidAccess; a general one for an unknown problem."""
    texts = {
        ("role", "unknown"): _("Choose a tier."),
        ("sites", "missing"): _("Choose at least one site."),
        ("sites", "both"): _("Choose all sites or some of them, not both."),
        ("sites", "unknown"): _("One of the sites no longer exists. Choose again."),
        ("until", "past"): _("The day is in the past. Choose a later one."),
        ("until", "too_late"): _("The day is too far away. Choose an earlier one."),
        ("until", "not_an_instant"): _("This is not a day. Enter it like this: 31.12.2026."),
        ("limit", "decimals"): _("Enter a limit with at most two decimals."),
        ("limit", "too_large"): _("The limit is too large."),
        ("limit", "not_a_number"): _("The limit must be a number."),
        ("limit", "period"): _("Choose the period of the limit."),
        ("limit", "missing"): _("Enter a limit."),
        ("limit", "unknown"): _("This tier has no such limit. Leave it empty."),
        ("limit", "negative"): _("The limit must be more than 0."),
        ("limit", "zero"): _(
            "A limit of 0 allows no orders. Choose a tier without orders, or a higher limit."
        ),
        ("limit", "currency"): _("The limit must be in %(currency)s.") % {"currency": currency},
    }
    return texts.get((field, problem), _("This access cannot be assigned. Check what you entered."))


def changed_meanwhile() -> str:
    """Return the sentence about access that has changed since it was shown."""
    return _(
        "This access has changed since you opened the page. Nothing was saved. Check what changes, then try again."
    )
