"""Each button of a case's page runs one command, mails what follows, and says what was done."""

from collections.abc import Mapping
from typing import TypeVar

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.foundation.errors import Busy, DomainError
from delegation.authorization.errors import CaseChanged, CaseStep, Denied, NotFound, NoticesReturned
from delegation.authorization.verbs import Verb
from delegation.orphan_cases import addressees, basis
from delegation.orphan_cases.case_views import STATE, CaseView
from delegation.orphan_cases.commands import decisions, evidence, opening, outcome
from portal.desk.orphan_cases import context
from portal.desk.orphan_cases.context import CaseForms
from portal.desk.orphan_cases.forms import AskByMailForm, PersonToInviteForm, ProofForm, VerdictForm
from portal.http.request_context import Request
from portal.shell import case_mails
from portal.shell import forms as shell_forms
from portal.shell.page_context import PageContext
from portal.web.invitations import mail as invitations_mail
from portal.wording import refusals

Sent = Mapping[str, str]


def sentence(refusal: DomainError) -> str:
    """Return the sentence of a refusal."""
    return refusals.sentence_for(refusal).text


def forms_of(
    request: Request, page: PageContext, case: CaseView, proof: ProofForm | None = None
) -> CaseForms:
    """Return the forms that the reader can send now, the one that was sent with what was entered."""
    verbs, is_open = page.abilities, case.row.state == STATE.OPEN
    do, sent = request.POST.get("do", ""), request.POST if request.method == "POST" else None
    names = is_open and not case.row.email and Verb.ORPHAN_CASE_NAME in verbs
    proves = is_open and Verb.ORPHAN_CASE_PROVE in verbs
    asks = is_open and bool(case.row.email) and Verb.ORPHAN_CASE_ASK in verbs
    asker = case.requests[0] if case.requests else None
    person = {"name": asker.name, "email": asker.email} if asker else {}
    language = asker.language if asker else case.row.organization.language
    return CaseForms(
        verdict=VerdictForm(
            sent if do in {"propose", "approve"} else None,
            proofs=case.proofs,
            initial={"shown": case.digest},
        )
        if context.judges(page, case)
        else None,
        proof=(proof or ProofForm(initial={"kind": request.GET.get("kind", "")})) if proves else None,
        person=PersonToInviteForm(
            sent if do == "name" else None, initial={**person, "language": language}, auto_id="person_%s"
        )
        if names
        else None,
        ask=AskByMailForm(sent if do == "ask" else None, auto_id="ask_%s") if asks else None,
        key=shell_forms.new_idempotency_key(),
    )


def propose(page: PageContext, case: CaseView, forms: CaseForms, _sent: Sent) -> str:
    """Propose the person, and mail the notices. Empty where a verdict is missing."""
    form = _require(forms.verdict)
    if not form.is_valid():
        return ""
    done = decisions.propose(
        actor=page.viewer,
        case=case.row,
        verdicts=form.verdicts,
        shown=form.cleaned_data["shown"],
        idempotency_key=form.cleaned_data["idempotency_key"],
    )
    case_mails.queue_notices(
        organization=page.organization_id, case=case.row.id, sent=done.result.links or ()
    )
    number = done.result.number
    text = ngettext(
        "You proposed %(name)s. %(number)d person is notified, and can object.",
        "You proposed %(name)s. %(number)d people are notified, and can object.",
        number,
    )
    return text % {"name": case.row.name, "number": number}


def approve(page: PageContext, case: CaseView, forms: CaseForms, _sent: Sent) -> str:
    """Approve the person as the second one. Empty where a verdict is missing."""
    form = _require(forms.verdict)
    if not form.is_valid():
        return ""
    decisions.approve(
        actor=page.viewer,
        case=case.row,
        verdicts=form.verdicts,
        shown=form.cleaned_data["shown"],
        idempotency_key=form.cleaned_data["idempotency_key"],
    )
    return _("You approved %(name)s as the second person.") % {"name": case.row.name}


def invite(page: PageContext, case: CaseView, _forms: CaseForms, sent: Sent) -> str:
    """Send the one invitation to the named address. Raises NoticesReturned where no notice was mailed or posted."""
    if case.row.state == STATE.APPROVED and not case_mails.is_notified(case):
        raise NoticesReturned
    key = shell_forms.idempotency_key(sent.get("idempotency_key", ""), "invite")
    done = outcome.invite(actor=page.viewer, case=case.row, idempotency_key=key)
    if done.result.link:
        invitations_mail.queue_each([done.result.link], at=page.at)
    return _("The invitation to %(email)s is being sent.") % {"email": case.row.email}


def ask(page: PageContext, case: CaseView, forms: CaseForms, _sent: Sent) -> str:
    """Mail a question to a colleague, an old admin or a contact. Empty for an address that has none of them."""
    form = _require(forms.ask)
    if not form.is_valid():
        return ""
    try:
        to = addressees.find(case=case.row, email=form.cleaned_data["email"], at=page.at)
    except NotFound:
        form.add_error(
            "email", _("No colleague, old admin or known contact of this customer has this address.")
        )
        return ""
    key = form.cleaned_data["idempotency_key"]
    if to.membership is not None:
        done = evidence.ask(actor=page.viewer, case=case.row, membership=to.membership, idempotency_key=key)
    else:
        done = evidence.ask_contact(
            actor=page.viewer, case=case.row, contact=to.contact or case.row.id, idempotency_key=key
        )
    if done.result.link:
        case_mails.queue_question(organization=page.organization_id, case=case.row.id, sent=done.result)
    return _("%(name)s is asked by mail.") % {"name": to.name}


def name(page: PageContext, case: CaseView, forms: CaseForms, _sent: Sent) -> str:
    """Name the person to invite. Empty where the form or the command refuses what was entered."""
    form = _require(forms.person)
    if not form.is_valid():
        return ""
    try:
        opening.name_person(
            actor=page.viewer,
            case=case.row,
            person=form.person,
            note=form.cleaned_data["note"],
            idempotency_key=form.cleaned_data["idempotency_key"],
        )
    except (Busy, CaseStep, Denied):
        raise
    except DomainError as refusal:
        form.add_refusal(refusal)
        return ""
    return _("The case is about %(name)s from now on.") % {"name": form.cleaned_data["name"]}


def use_domain(page: PageContext, case: CaseView, _forms: CaseForms, sent: Sent) -> str:
    """Add the customer's verified domain as a proof. Raises CaseChanged where it is not one of those that count."""
    domain, known = sent.get("domain", ""), basis.known_domains(case.row, at=page.at)
    if known and domain not in known:
        raise CaseChanged
    key = shell_forms.idempotency_key(sent.get("idempotency_key", ""), "use_domain")
    note = _("TXT record of %(domain)s, verified by Keyholder") % {"domain": domain}
    evidence.add_proof(actor=page.viewer, case=case.row, kind="domain", note=note, idempotency_key=key)
    return _("The proof is added.")


Form = TypeVar("Form", VerdictForm, AskByMailForm, PersonToInviteForm)


def _require(form: Form | None) -> Form:
    """Return the form. Raises CaseStep where the page has none for this reader now."""
    if form is None:
        raise CaseStep(state="")
    return form
