"""The ladder of evidence has the proofs, with verdicts as far as the reader sees them, and what was not tried."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.forms import BoundField
from django.utils.translation import gettext as _

from delegation.orphan_cases import basis, ladder
from delegation.orphan_cases.case_views import STATE, CaseView, ProofView
from portal.desk.orphan_cases import forms
from portal.desk.orphan_cases.forms import VerdictForm
from portal.shell.page_context import PageContext
from portal.wording import dates, orphan_cases


@dataclass(frozen=True, slots=True)
class Verdict:
    """Shows what one of the two people thinks of a proof: a state and its words."""

    state: str
    words: str


@dataclass(frozen=True, slots=True)
class Rung:
    """Describes a proof. `field` takes the reader's verdict; None for one who gives none now."""

    kind: str
    weight: str
    note: str
    added: str
    file_url: str
    """Empty without a file."""
    tone: str
    """`ok`, `wait` or empty."""
    verdicts: Sequence[Verdict]
    field: BoundField | None = None
    source: str = ""
    """What it rests on: two proofs that rest on the same are not independent."""
    void: str = ""
    """Why it does not count; empty where it does."""


@dataclass(frozen=True, slots=True)
class MissingRung:
    """Describes a kind of proof that was not tried; `url` leads to the form, `domain` is one that proves itself."""

    kind: str
    weight: str
    text: str
    url: str = ""
    link: str = ""
    """The words of the link."""
    domain: str = ""


def rungs(page: PageContext, case: CaseView, clock: dates.Clock, form: VerdictForm | None) -> Sequence[Rung]:
    """Return the proofs, the strongest first."""
    return [_rung(page, case, one, clock, form) for one in case.proofs]


def _rung(
    page: PageContext, case: CaseView, proof: ProofView, clock: dates.Clock, form: VerdictForm | None
) -> Rung:
    added = _("%(name)s, %(moment)s") if proof.added_by else "%(moment)s"
    return Rung(
        kind=orphan_cases.KINDS[proof.kind](),
        weight=orphan_cases.weight(proof.weight),
        note=proof.note,
        added=added % {"name": proof.added_by, "moment": clock.when(proof.added_at)},
        file_url=page.url("staff_case_file", case=case.row.id, proof=proof.id) if proof.file_name else "",
        tone="wait" if proof.is_void or False in {proof.first, proof.second} else "ok" if proof.first else "",
        verdicts=_verdicts(case, proof),
        source=_("Rests on %(source)s") % {"source": orphan_cases.SOURCES[proof.source]()},
        void=_("It does not count: the domain has lapsed, or was verified too late.")
        if proof.is_void
        else "",
        field=form[forms.verdict_name(proof.id)] if form is not None else None,
    )


def _verdicts(case: CaseView, proof: ProofView) -> Sequence[Verdict]:
    if not case.row.proposed_by:
        return []
    second = _verdict(case.approved_by, proof.second) if case.row.approved_by else None
    return [_verdict(case.proposed_by, proof.first), second or Verdict("none", _("second person"))]


def _verdict(name: str, accepted: bool | None) -> Verdict:  # noqa: FBT001 - a verdict is its value
    short = orphan_cases.short_name(name)
    if accepted is None:  # the first person's verdict, for the second one
        return Verdict("none", _("%(name)s has judged") % {"name": short})
    return Verdict("ok" if accepted else "failed", short)


@dataclass(frozen=True, slots=True)
class Domains:
    """Holds the customer's verified domains: those that prove, and those that were verified too late."""

    known: Sequence[str] = ()
    late: Sequence[str] = ()


def domains(case: CaseView, at: dt.datetime) -> Domains:
    """Read the verified domains for an open case. Five statements at most."""
    if case.row.state != STATE.OPEN:
        return Domains()
    return Domains(basis.known_domains(case.row, at=at), basis.late_domains(case.row, at=at))


def missing(page: PageContext, case: CaseView, domains: Domains) -> Sequence[MissingRung]:
    """Return the kinds of proof that an open case has not."""
    if case.row.state != STATE.OPEN:
        return []
    added = {one.kind for one in case.proofs}
    found = [kind for kind in orphan_cases.KINDS if kind not in added]
    return [_missing(page, kind, domains) for kind in sorted(found, key=lambda kind: -ladder.weight_of(kind))]


def _missing(page: PageContext, kind: str, domains: Domains) -> MissingRung:
    texts = {
        "register": _("An extract that says who may sign for the company."),
        "domain": _("No domain of the customer is verified. The page Mail domains has the record."),
        "mandate": _("A mandate that a person signed who may."),
        "contact": _(
            "A contact who was known before. Ask by mail below, or note an answer. An address in the customer’s domain "
            "counts with the domain."
        ),
        "call_back": _("To a number that was on file before, never to the caller’s."),
        "member": _(
            "Ask a colleague by mail below. Without a second factor from before the case, it counts with the domain."
        ),
        "mailbox": _("Ask an old admin by mail below."),
        "letter": _("Never enough alone."),
    }
    by_hand = kind in ladder.BY_STAFF and kind != "domain"
    text, domain = (_of_domain(domains) if kind == "domain" else None) or (texts[kind], "")
    url = page.url("staff_domains") if kind == "domain" and not domain else ""
    return MissingRung(
        kind=orphan_cases.KINDS[kind](),
        weight=orphan_cases.weight(ladder.weight_of(kind)),
        text=text,
        url=f"?kind={kind}#add" if by_hand else url,
        link=_("Add") if by_hand else _("Mail domains"),
        domain=domain,
    )


def _of_domain(domains: Domains) -> tuple[str, str] | None:
    """Return what is said of a verified domain, and its name where it proves; None without one."""
    if domains.known:
        text = _("The record of %(domain)s was found before the case, and holds.")
        return text % {"domain": domains.known[0]}, domains.known[0]
    if domains.late:
        text = _("The record of %(domain)s was found after the case or a request began. It is no proof.")
        return text % {"domain": domains.late[0]}, ""
    return None
