"""Staff read here what each key protects, and what its rotation changes."""

from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _

PROTECTS: Mapping[str, Callable[[], str]] = {
    "signing": lambda: _("ID tokens and logout tokens, which services verify"),
    "events": lambda: _("the origin of each event of the log"),
    "person": lambda: _("personal values in the log"),
    "pepper": lambda: _("the hashes of sessions, tokens, clients’ secrets and links"),
    "secrets": lambda: _("the tokens of connected systems, queued mails and second factors"),
    "web": lambda: _("the data of sessions, forms and cookies"),
}
"""By purpose, in the order of the page."""
_AFTER: Mapping[str, Callable[[], str]] = {
    "signing": lambda: _(
        "The present keys stay published for 7 days after that, for the tokens that they signed."
    ),
    "web": lambda: _("The present key is accepted for 7 days after that. No session ends."),
}
_AT_ONCE: Mapping[str, Callable[[], str]] = {
    "signing": lambda: _("Services refuse tokens signed before, once they have fetched the keys again."),
    "web": lambda: _("All sessions, codes and forms under way end."),
}


def after(purpose: str) -> str:
    """Return what happens to the keys that are in use now."""
    text = _AFTER.get(purpose)
    return text() if text else _("The present key stays accepted: stored data depends on it.")


def at_once(purpose: str) -> str:
    """Return what a rotation after a leak changes besides."""
    text = _AT_ONCE.get(purpose)
    return (
        text()
        if text
        else _("The new key is used at once. The older ones stay, because stored data depends on them.")
    )
