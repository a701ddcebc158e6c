"""Staff read a case with its proofs and letters; a verdict is shown once it cannot influence the second person."""

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Case, Q, When

from delegation.authorization.errors import NotFound
from delegation.orphan_cases import basis, case_steps, files, ladder, rules
from delegation.orphan_cases import letters as case_letters
from delegation.orphan_cases.case_steps import Steps, StepView
from delegation.orphan_cases.ladder import Score
from delegation.orphan_cases.models import OrphanCase, OrphanLetter, OrphanProof, OrphanRequest, OrphanVerdict
from identity.people.models import User

STATE, CAUSE = OrphanCase.State, OrphanCase.CaseCause
_QUESTION = OrphanLetter.Purpose.QUESTION
MOST_LETTERS = 60
"""Letters that the page of a case shows."""


@dataclass(frozen=True, slots=True)
class ProofView:
    """Describes a proof; `first` and `second` are the verdicts of the two people, None without one or while hidden."""

    id: uuid.UUID
    kind: str
    weight: int
    source: str
    """What it rests on."""
    note: str
    added_by: str
    added_at: dt.datetime
    file_name: str
    """Empty without a file."""
    file_size: int
    first: bool | None
    second: bool | None
    is_void: bool = False
    """Whether no step counts it: a domain that has lapsed, or that was verified too late."""


@dataclass(frozen=True, slots=True)
class LetterView:
    """Describes a question or a notice; `text` is what an objection says."""

    id: uuid.UUID
    is_notice: bool
    recipient: str
    name: str
    answer: str
    answered_at: dt.datetime | None
    text: str
    is_undecided: bool
    """Whether it is an objection that waits for a decision."""
    is_returned: bool
    """Whether mail to this address comes back."""
    row: OrphanLetter
    """What commands take."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseView:
    """Holds a case as one member of the staff sees it; names are those of staff."""

    row: OrphanCase
    """What commands take."""
    opened_by: str
    proposed_by: str
    approved_by: str
    proofs: Sequence[ProofView]
    letters: Sequence[LetterView]
    answered: Sequence[LetterView]
    """The letters that `steps` answered, those of earlier proposals too."""
    requests: Sequence[OrphanRequest]
    steps: Sequence[StepView]
    digest: str
    """Of what is decided on, for the command."""
    score: Score
    """Of the proofs that commands count: all in an open case, else those that were accepted as far as this reader sees
    it; no domain that has lapsed.
    """
    deciders: frozenset[uuid.UUID]
    notices: int
    """How many people were notified of the present proposal, of which `letters` has the first."""

    @property
    def undecided(self) -> Sequence[LetterView]:
        """Return the objections that wait for a decision."""
        return [one for one in self.letters if one.is_undecided]


def get(*, organization: uuid.UUID, case: uuid.UUID, reader: uuid.UUID, at: dt.datetime) -> CaseView:
    """Return the case of this organization as this member of the staff sees it. Raises NotFound.

    The first person's verdicts are for that person alone, until the second one has judged.
    """
    row = row_of(organization=organization, case=case)
    proofs = list(OrphanProof.objects.filter(case=row).defer("file").order_by("-weight", "added_at", "id"))
    letters = _shown_letters(row)
    steps = case_steps.of_case(row)
    contacts = {one.contact: one.name for one in case_letters.known_contacts(row)}
    names = _staff_names([row.opened_by, row.proposed_by, row.approved_by, *(one.added_by for one in proofs)])
    verdicts = _verdicts(row, reader)
    # What lapses after the last decision about proofs changes nothing any more.
    counting = basis.counting(row, proofs, at=row.invited_at or row.closed_at or at)
    return CaseView(
        row=row,
        opened_by=names.get(row.opened_by, ""),
        proposed_by=names.get(row.proposed_by, ""),
        approved_by=names.get(row.approved_by, ""),
        proofs=[_proof(one, verdicts, steps, names, is_void=one not in counting) for one in proofs],
        letters=[_letter(one, steps, contacts) for one in letters],
        answered=[_letter(one, steps, contacts) for one in _answered(row, steps)],
        requests=list(row.requests.order_by("asked_at", "id")),
        steps=steps.listed,
        digest=rules.digest_of(row, proofs),
        score=ladder.score(one for one in counting if _counts(verdicts, one)),
        deciders=frozenset(rules.deciders(row)),
        notices=case_letters.notices(row).count(),
    )


def row_of(*, organization: uuid.UUID, case: uuid.UUID) -> OrphanCase:
    """Return the case of this organization. One statement. Raises NotFound."""
    rows = OrphanCase.objects.select_related("organization", "membership__user")
    row = rows.filter(id=case, organization=organization).first()
    if row is None:
        raise NotFound
    return row


def _shown_letters(case: OrphanCase) -> list[OrphanLetter]:
    """Return objections without a decision, then questions, then notices, the answered ones first. One statement.

    A large customer has thousands of notices: each decision brings the next objection to the page. There are few
    questions. Notices of an earlier proposal are left out.
    """
    shown = Q(purpose=_QUESTION) | Q(id__in=case_letters.notices(case).values("id"))
    order = Case(
        When(answer="objected", decided_at=None, then=0),
        When(purpose=_QUESTION, then=1),
        When(answer="", then=3),
        default=2,
    )
    rows = case.letters.filter(shown).select_related("membership__user")
    return list(rows.order_by(order, "sent_at", "id")[:MOST_LETTERS])


def _answered(case: OrphanCase, steps: Steps) -> list[OrphanLetter]:
    """Return the letters that these steps answered, whether the page lists them or not. One statement."""
    rows = case.letters.filter(answered_act__in=[one.act for one in steps.listed])
    return list(rows.select_related("membership__user"))


Verdicts = Mapping[str, Mapping[uuid.UUID, bool]]


def _verdicts(case: OrphanCase, reader: uuid.UUID) -> Verdicts:
    """Return the visible verdicts of the first and of the second act, by proof. One statement."""
    is_hidden = case.state == STATE.PROPOSED and case.proposed_by != reader
    acts = {"first": None if is_hidden else case.proposed_act, "second": case.approved_act}
    rows = OrphanVerdict.objects.filter(act__in=[act for act in acts.values() if act])
    found = list(rows.values_list("act", "proof", "accepted"))
    return {
        name: {proof: accepted for of_act, proof, accepted in found if of_act == act}
        for name, act in acts.items()
    }


def _counts(verdicts: Verdicts, proof: OrphanProof) -> bool:
    return all(one.get(proof.id, True) for one in verdicts.values())


def _proof(
    proof: OrphanProof,
    verdicts: Verdicts,
    steps: Steps,
    names: Mapping[uuid.UUID | None, str],
    *,
    is_void: bool,
) -> ProofView:
    return ProofView(
        id=proof.id,
        kind=proof.kind,
        weight=proof.weight,
        source=proof.source,
        note=steps.notes.get(proof.act, ""),
        added_by=names.get(proof.added_by, ""),
        added_at=proof.added_at,
        file_name=files.file_name(proof) if proof.file_size else "",
        file_size=proof.file_size,
        first=verdicts["first"].get(proof.id),
        second=verdicts["second"].get(proof.id),
        is_void=is_void,
    )


def _letter(letter: OrphanLetter, steps: Steps, contacts: Mapping[uuid.UUID, str]) -> LetterView:
    member = letter.membership
    return LetterView(
        id=letter.id,
        is_notice=letter.purpose == OrphanLetter.Purpose.NOTICE,
        recipient=letter.recipient,
        name=member.shown_name if member else contacts.get(letter.contact or letter.id, ""),
        answer=letter.answer,
        answered_at=letter.answered_at,
        text=steps.notes.get(letter.answered_act, "") if letter.answered_act else "",
        is_undecided=letter.answer == OrphanLetter.LetterAnswer.OBJECTED and letter.decided_at is None,
        is_returned=member is not None and member.user.mail_bounced_at is not None,
        row=letter,
    )


def _staff_names(ids: Iterable[uuid.UUID | None]) -> Mapping[uuid.UUID | None, str]:
    """Return the names of these users. One statement."""
    rows = User.all_directories.filter(pk__in={one for one in ids if one})
    return dict(rows.values_list("pk", "name"))


def file_of(*, organization: uuid.UUID, case: uuid.UUID, proof: uuid.UUID) -> tuple[OrphanProof, bytes]:
    """Return a proof with its file. One statement. Raises NotFound where there is no such file, or it was changed."""
    row = OrphanProof.objects.filter(id=proof, case=case, organization=organization).first()
    data = files.opened(row) if row is not None else None
    if row is None or data is None:
        raise NotFound
    return row, data
