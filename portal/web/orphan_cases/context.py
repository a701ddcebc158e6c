"""Pages of a case for people without a sign-in show no more than the mail whose link opened them."""

from dataclasses import dataclass
from typing import ClassVar

from portal.shell.page_model import PageModel
from portal.web.orphan_cases.forms import CaseRequestForm, LetterForm


@dataclass(frozen=True, kw_only=True)
class LetterPage(PageModel):
    """Shows a notice or a question, or what became of it."""

    template: ClassVar[str] = "web/orphan_cases/letter.html"

    kind: str
    """`notice`, `question`, `sign_in`, `other`, `objected`, `answered`, `over` or `unknown`."""
    customer: str
    person: str
    ends: str
    form: LetterForm
    here_url: str
    sign_in_url: str
    is_claim: bool = False
    """Whether the case rests on admins who did not answer in time."""
    is_admin: bool = False
    """Whether the link was mailed to a person who has or had the admin role."""

    @classmethod
    def unknown(cls) -> "LetterPage":
        """Return the page of a link that opens nothing."""
        return cls(
            kind="unknown", customer="", person="", ends="", form=LetterForm(), here_url="", sign_in_url=""
        )


@dataclass(frozen=True, kw_only=True)
class CaseRequestPage(PageModel):
    """Asks for the admin's place of a company; says nothing about which companies are known."""

    template: ClassVar[str] = "web/orphan_cases/request.html"

    form: CaseRequestForm
    sign_in_url: str
    by_link: bool = False
    """Whether the person has a link that was mailed to the address, which is fixed then."""


@dataclass(frozen=True, kw_only=True)
class CaseRequestedPage(PageModel):
    """Says what to do next, whatever is known."""

    template: ClassVar[str] = "web/orphan_cases/requested.html"

    kind: str
    """`sent`, `confirm`, `confirmed` or `gone`."""
    confirm_url: str = ""
    name: str = ""
    company: str = ""
    number: str = ""
    """As entered, for the person who has the mail: a stranger can enter any address."""
    other_url: str = ""
    """Where this person enters other details."""
