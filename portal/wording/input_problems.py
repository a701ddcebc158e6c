"""The texts of invalid inputs stand apart, so that `refusals` has room for the errors of new capabilities."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.wording import cldr

CONTROL_CHARACTERS = gettext_lazy("This contains characters that are not allowed.")
LINK_IN_NAME = gettext_lazy("A name cannot contain a web address or an e-mail address.")


def in_use(field: str) -> str:
    """Return the text of AlreadyExists."""
    texts = {
        "number": _("A customer of this business unit has this number. Check the number."),
        "register_id": _(
            "A customer of this business unit has this business ID. Open that customer instead."
        ),
        "handover": _("You have begun a handover already. Cancel it first."),
        "duty_exception": _(
            "An exception for this person waits for a second person already. Decide about that one."
        ),
        "proposal": _("This file is proposed already, and waits for a second catalogue owner."),
        "client": _("Another client has this id. Enter another one."),
        "second_email": _("This is the first admin’s address. Enter another one, or none."),
    }
    return texts.get(field, _("This already exists. Choose another."))


def _of_proof(problem: str) -> str:
    """Return why a proof of a case, or its document, is refused; empty for another problem."""
    texts = {
        "file_type": _("Choose a PDF, PNG or JPEG file."),
        "active_content": _("This PDF contains scripts or forms. Print it to a new PDF, or take a picture."),
        "no_verified_domain": _(
            "The customer has no verified domain. Check its record on the page Mail domains first."
        ),
        "no_known_contact": _("No contact of the customer was known before the case."),
    }
    return texts.get(problem, "")


def _too_many(field: str, problem: str, number: str) -> str:
    """Return how many are possible; empty for another problem."""
    of_invitation = _("Invite at most %(number)s people at a time.")
    texts = {
        "too_many": of_invitation if field == "email" else _("At most %(number)s are possible. Remove some."),
        "too_many_lines": _(
            "A review has at most %(number)s lines, people and their programs together. Review a tier or a site."
        ),
        "too_many_peers": _(
            "More than %(number)s people are not compared with each other. Review a tier or a site."
        ),
        "too_many_service_users": _("Have at most %(number)s programs. End one that is not needed."),
    }
    return texts.get(problem, "") % {"number": number}


def text_of(problem: str, *, field: str = "", longest: object = "") -> str:
    """Return the text of a `problem` of InvalidInput; a general one for an unknown problem."""
    number = cldr.number(longest) if isinstance(longest, int) else str(longest)
    texts = {
        "missing": _("Fill this in."),
        "too_long": _("This is too long: %(longest)s characters at most.") % {"longest": number},
        "characters": str(CONTROL_CHARACTERS),
        "link": str(LINK_IN_NAME),
        "no_address_or_number": _("Enter the contact’s e-mail address or telephone number."),
        "address": _("This is not an e-mail address."),
        "phone": _("Enter the number with its country code, like +358 40 123 4567."),
        "web_address": _("Enter a full web address that begins with https://."),
        "native_address": _(
            "Enter an address such as http://127.0.0.1/callback, com.example.app:/callback or https://…"
        ),
        "keys_of_public": _("A public client does not authenticate: it has neither a secret nor keys."),
        "domain": _("Enter a domain such as company.example."),
        "insecure": _("The address must begin with https://, because secrets are sent to it."),
        "public": _("This client is public: it has no secret."),
        "new_token_required": _(
            "The address belongs to another system. Nothing was changed. Enter that system’s access token too."
        ),
        "invalid": _("The file has errors. Check it again."),
        "proposals": _("%(number)s proposals wait for a decision. Decide one of them first.")
        % {"number": number},
        "unknown": _("This is not one of the choices. Choose again."),
    }
    found = texts.get(problem) or _too_many(field, problem, number) or _of_proof(problem)
    return found or _("This cannot be saved. Check what you entered.")
