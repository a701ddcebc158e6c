"""This page model asks before sessions end, on an admin's page about a colleague and on one's own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from portal.shell.page_model import PageModel


@dataclass(frozen=True, slots=True)
class EndingSession:
    """Describes something that ends: a browser, or what the portal asks for afterwards."""

    text: str
    sub: str = ""


@dataclass(frozen=True, kw_only=True)
class SignOutPage(PageModel):
    """Asks for confirmation before one or all sessions of a person end."""

    template: ClassVar[str] = "web/people/sign_out_confirm.html"

    title: str
    sub: str
    endings: Sequence[EndingSession]
    not_affected: str
    button: str
    fields: Mapping[str, str]
    """The hidden fields of the form."""
    sign_out_url: str
    back_url: str
    back_label: str
