"""Attempts to take a customer over by its case are refused one by one, leave the case as it was, and are in the log."""

import dataclasses
import datetime as dt
from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from django.db import DatabaseError, transaction
from django.test import override_settings

from audit.foundation import clock, ids
from audit.foundation.actor import Actor
from audit.foundation.errors import DomainError
from audit.models import Event
from delegation.authorization import errors
from delegation.customer_contacts import commands as contacts
from delegation.customer_contacts import queries as contacts_queries
from delegation.customer_contacts.new_contact import NewContact
from delegation.domain_verifications import commands as domains
from delegation.domain_verifications.models import DomainVerification
from delegation.invitations import links as invitation_links
from delegation.invitations.commands import accept as invitations
from delegation.orphan_cases import basis, interim, letters
from delegation.orphan_cases.commands import (
    decisions,
    evidence,
    objections,
    opening,
    outcome,
    requests,
)
from delegation.orphan_cases.models import OrphanCase, OrphanLetter, OrphanProof
from delegation.orphan_cases.new_admin import NewAdmin
from identity.memberships.models import MembershipPeriod
from identity.people import addresses
from identity.people.models import User
from tests.fixtures import orphaned
from tests.fixtures.orphaned import DAY, PDF, SYSTEM, TEEMU, Rescue
from tests.fixtures.world import World, actor_of, bypassing_commands, hashed, move_clock

pytestmark = pytest.mark.django_db(transaction=True)


@dataclasses.dataclass(frozen=True)
class Attempt:
    """What is tried in a case that has come so far, and the refusal."""

    name: str
    call: Callable[[Rescue, OrphanCase], object]
    refusal: type[DomainError]


def letter_of(found: evidence.LetterSent) -> OrphanLetter:
    letter = letters.find(found.link)
    assert letter is not None
    return letter


def any_notice(rescue: Rescue) -> evidence.LetterSent:
    return rescue.notices[rescue.world.stina.id]


def proposed_by_paper(rescue: Rescue, case: OrphanCase) -> None:
    """A letter and a mandate rest on the paper that the requester hands in."""
    decisions.propose(
        actor=rescue.sanna, case=case, verdicts=rescue.verdicts(case), shown=rescue.digest(case)
    )


def of_customer(rescue: Rescue) -> Actor:
    return actor_of(rescue.world.stina)


def answered_after_removal(rescue: Rescue, case: OrphanCase) -> None:
    """A member who was asked is removed, and then answers by the link."""
    member = rescue.world.mikko_at_pohjola
    asked = evidence.ask(actor=rescue.sanna, case=case, membership=member).result
    with bypassing_commands():
        MembershipPeriod.objects.filter(membership=member).update(valid_until=clock.now())
    evidence.answer(actor=actor_of(member), letter=letter_of(asked), link=asked.link, agrees=True)


IN_OPEN = (
    Attempt("second case at a time", lambda r, _c: r.open(by=r.otto), errors.AlreadyExists),
    Attempt(
        "another person after proofs",
        lambda r, c: opening.name_person(
            actor=r.sanna, case=c, person=NewAdmin("mallory@evil.example", "Mallory")
        ),
        errors.CaseStep,
    ),
    Attempt("proofs of one source alone", proposed_by_paper, errors.ProofsMissing),
    Attempt("approval without a proposal", lambda r, c: r.approve(c), errors.CaseStep),
    Attempt("invitation by its final step", lambda r, c: r.invite(c), errors.CaseStep),
    Attempt(
        "all rights by the last step", lambda _r, c: outcome.complete(actor=SYSTEM, case=c), errors.CaseStep
    ),
    Attempt(
        "member of the customer proposes",
        lambda r, c: decisions.propose(
            actor=of_customer(r), case=c, verdicts=r.verdicts(c), shown=r.digest(c)
        ),
        errors.NotFound,
    ),
    Attempt(
        "forged reply noted as a mailbox’s answer",
        lambda r, c: evidence.add_proof(actor=r.sanna, case=c, kind="mailbox", note="pasted mail"),
        errors.InvalidInput,
    ),
    Attempt(
        "program named as a document",
        lambda r, c: evidence.add_proof(
            actor=r.sanna, case=c, kind="register", note="x", file=b"MZ\x90 not a document"
        ),
        errors.InvalidInput,
    ),
    Attempt(
        "document with a script",
        lambda r, c: evidence.add_proof(
            actor=r.sanna, case=c, kind="register", note="x", file=PDF + b"<< /OpenAction << /JS (x) >> >>"
        ),
        errors.InvalidInput,
    ),
    Attempt(
        "document with a script under an escaped name",
        lambda r, c: evidence.add_proof(
            actor=r.sanna,
            case=c,
            kind="register",
            note="x",
            file=PDF + b"<< /Open#41ction << /J#53 (x) >> >>",
        ),
        errors.InvalidInput,
    ),
    Attempt("answer of a colleague who was removed meanwhile", answered_after_removal, errors.Denied),
    Attempt(
        "question to a stranger of another customer",
        lambda r, c: evidence.ask(actor=r.sanna, case=c, membership=r.world.mikko),
        errors.NotFound,
    ),
    Attempt(
        "unknown link to answer",
        lambda _r, _c: evidence.refuse_unknown(actor=SYSTEM, objects=False),
        errors.NotFound,
    ),
)
IN_PROPOSED = (
    Attempt("first person as the second", lambda r, c: r.approve(c, by=r.otto), errors.OwnCase),
    Attempt("support without the senior role", lambda r, c: r.approve(c, by=r.sanna), errors.Denied),
    Attempt("evidence added after the verdict", lambda r, c: r.prove(c, "domain"), errors.CaseStep),
    Attempt(
        "approval of what was not shown",
        lambda r, c: decisions.approve(actor=r.anna, case=c, verdicts=r.verdicts(c), shown="0" * 64),
        errors.CaseChanged,
    ),
    Attempt(
        "approval with an empty form",
        lambda r, c: decisions.approve(actor=r.anna, case=c, verdicts={}, shown=r.digest(c)),
        errors.InvalidInput,
    ),
    Attempt(
        "second person accepts none of the proofs",
        lambda r, c: decisions.approve(
            actor=r.anna, case=c, verdicts=r.verdicts(c, accepted=False), shown=r.digest(c)
        ),
        errors.ProofsMissing,
    ),
    Attempt("proposal sent twice", lambda r, c: r.propose(c), errors.CaseStep),
    Attempt(
        "unknown link to object",
        lambda _r, _c: evidence.refuse_unknown(actor=SYSTEM, objects=True),
        errors.NotFound,
    ),
    Attempt(
        "link of a notice used as an answer",
        lambda r, _c: evidence.answer(
            actor=SYSTEM, letter=letter_of(any_notice(r)), link=any_notice(r).link, agrees=True
        ),
        errors.NotFound,
    ),
    Attempt(
        "decision on an objection that no one made",
        lambda r, c: objections.go_on(actor=r.sanna, case=c, letter=letter_of(any_notice(r)), reason="none"),
        errors.CaseStep,
    ),
)


@pytest.fixture
def rescue(world: World) -> Rescue:
    return Rescue(world)


def refused(attempt: Attempt, rescue: Rescue, case: OrphanCase) -> None:
    """The attempt is refused, changes nothing of the case, and a refusal is in the log."""
    before, logged = OrphanCase.objects.filter(id=case.id).values().get(), refusals()
    with pytest.raises(attempt.refusal) as raised:
        attempt.call(rescue, case)
    assert OrphanCase.objects.filter(id=case.id).values().get() == before, attempt.name
    assert (refusals() > logged) or not raised.value.is_refusal, attempt.name


def refusals() -> int:
    return Event.objects.filter(outcome="refused").count()


def test_takeovers_of_an_open_and_of_a_proposed_case_are_refused_and_logged(
    rescue: Rescue, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = rescue.open()
    rescue.prove(case, "mandate", "letter")
    for number, attempt in enumerate(IN_OPEN):
        move_clock(120 * number)  # repeats within a minute are one event
        refused(attempt, rescue, case)
    rescue.prove(case, "register")
    with monkeypatch.context() as catalogue:
        catalogue.setattr(interim, "FIRST_ROLE", "not_in_the_catalogue")
        refused(Attempt("tier is missing", lambda r, c: r.propose(c), errors.TierMissing), rescue, case)
    rescue.propose(case, by=rescue.otto)
    for number, attempt in enumerate(IN_PROPOSED, start=len(IN_OPEN)):
        move_clock(120 * number)
        refused(attempt, rescue, case)
    assert len(IN_OPEN) + len(IN_PROPOSED) >= 20


def test_takeovers_by_replay_time_bounces_and_a_returned_admin_are_refused(
    world: World, rescue: Rescue
) -> None:
    case = rescue.open()
    rescue.prove(case, "register")
    question = evidence.ask(actor=rescue.sanna, case=case, membership=world.stina).result
    letter = letter_of(question)
    answering = Attempt(
        "colleague’s mailbox without the sign-in",
        lambda _r, _c: evidence.answer(actor=SYSTEM, letter=letter, link=question.link, agrees=True),
        errors.Denied,
    )
    refused(answering, rescue, case)
    evidence.answer(actor=actor_of(world.stina), letter=letter, link=question.link, agrees=True)
    replayed = dataclasses.replace(
        answering,
        name="answer sent twice",
        call=lambda _r, _c: evidence.answer(
            actor=actor_of(world.stina), letter=letter, link=question.link, agrees=True
        ),
        refusal=errors.CaseStep,
    )
    refused(replayed, rescue, case)
    rescue.propose(case)
    rescue.approve(case)
    with override_settings(ORPHAN_WAIT=dt.timedelta(hours=1), ORPHAN_THRESHOLD=2):
        move_clock(2 * 3600)
        refused(
            Attempt("cooling-off shortened by a setting", lambda r, c: r.invite(c), errors.CaseWaits),
            rescue,
            case,
        )
    move_clock(2 * DAY)
    orphaned.bounce(world.stina, world.mikko_at_pohjola)
    refused(
        Attempt("notices that all came back", lambda r, c: r.invite(c), errors.NoticesReturned), rescue, case
    )
    decisions.note_post(actor=rescue.sanna, case=case, note="Letter to the board")
    refused(Attempt("no week for the post", lambda r, c: r.invite(c), errors.CaseWaits), rescue, case)
    move_clock(10 * DAY)
    with bypassing_commands():
        addresses.mark_deliverable(user=world.tiina.user_id)
    refused(
        Attempt("removed admin restored in between", lambda r, c: r.invite(c), errors.HasAdmin), rescue, case
    )
    with bypassing_commands():
        User.objects.filter(id=world.tiina.user_id).update(mail_bounced_at=clock.now())
    link = rescue.invite(case)
    invitation = invitation_links.invitation_of_link(link)
    assert invitation is not None
    opening.close(actor=rescue.otto, case=case, reason="Tiina called")

    def accept(_rescue: Rescue, _case: OrphanCase) -> object:
        newcomer = invitations.Newcomer(TEEMU.name, hashed(), "fi")
        return invitations.accept(actor=SYSTEM, invitation=invitation, link=link, accepted_by=newcomer)

    refused(Attempt("invitation of a closed case", accept, errors.InvitationGone), rescue, case)
    refused(Attempt("closed case opened again", lambda r, c: r.propose(c), errors.CaseStep), rescue, case)


def test_domain_that_was_verified_after_the_case_began_is_no_proof_for_a_command_or_the_database(
    world: World, rescue: Rescue
) -> None:
    case = rescue.open()
    rescue.prove(case, "register")
    move_clock(120)
    orphaned.verify_domain(world)
    refused(
        Attempt(
            "lapsed domain, bought and verified meanwhile",
            lambda r, c: r.prove(c, "domain"),
            errors.DomainVerifiedLate,
        ),
        rescue,
        case,
    )
    row = {"added_by": rescue.sanna.id, "added_by_kind": "staff", "weight": 3, "act": ids.uuid7()}
    forged = OrphanProof(
        case=case, organization=world.pohjola, kind="domain", source="domain", added_at=clock.now(), **row
    )
    with bypassing_commands(), pytest.raises(DatabaseError, match="evidence"), transaction.atomic():
        forged.save(force_insert=True)
    opening.close(actor=rescue.otto, case=case, reason="begin again")
    move_clock(240)
    second = rescue.open()
    rescue.prove(second, "domain", "register")
    rescue.propose(second)
    second.refresh_from_db()
    assert second.state == "proposed", "verified before the second case"


def test_database_takes_no_verification_and_no_proof_that_are_dated_back(
    world: World, rescue: Rescue
) -> None:
    orphaned.verify_domain(world)
    move_clock(60)
    case, at = rescue.open(), clock.now()
    move_clock(120)
    domains.lapse(actor=SYSTEM, organization=world.pohjola, domain="pohjola.example")
    move_clock(300)
    row = {"added_by": rescue.sanna.id, "added_by_kind": "staff", "weight": 3, "act": ids.uuid7()}
    proof = OrphanProof(
        case=case, organization=world.pohjola, kind="domain", source="domain", added_at=at, **row
    )
    past = clock.now() - dt.timedelta(days=400)
    verification = DomainVerification(
        organization=world.pohjola, domain="else.example", valid_from=past, act=ids.uuid7()
    )
    for forged, words in ((proof, "evidence"), (verification, "from the present")):
        with bypassing_commands(), pytest.raises(DatabaseError, match=words), transaction.atomic():
            forged.save(force_insert=True)


@pytest.mark.parametrize("lapses_before", ["propose", "approve", "invite"])
def test_domain_that_lapsed_after_its_proof_counts_for_no_further_step_of_commands_or_the_database(
    world: World, rescue: Rescue, monkeypatch: pytest.MonkeyPatch, lapses_before: str
) -> None:
    orphaned.verify_domain(world)
    move_clock(60)
    case = rescue.open()
    rescue.prove(case, "domain", "call_back")
    for name, step in (("propose", rescue.propose), ("approve", rescue.approve), ("invite", rescue.invite)):
        if name == "invite":
            move_clock(DAY + 120)
        if name == lapses_before:
            domains.lapse(actor=SYSTEM, organization=world.pohjola, domain="pohjola.example")
            with pytest.raises(errors.ProofsMissing):
                step(case)
            monkeypatch.setattr(basis, "counting", lambda _case, proofs, *, at: [*proofs] if at else [])
            with pytest.raises(DatabaseError, match="step by step"):
                step(case)
            return
        step(case)


def test_answers_that_the_holder_of_the_mail_domain_can_give_alone_are_one_source(
    world: World, rescue: Rescue
) -> None:
    with bypassing_commands():
        Authenticator.objects.filter(user=world.stina.user_id).delete()
    for email in ("laskut@pohjola.example", "laskut@mail.pohjola.example", "jari@office.example"):
        contacts.add(
            actor=world.system, organization=world.pohjola, new=NewContact("invoice", "Jari Lehto", email)
        )
    move_clock(60)
    case = rescue.open()
    rescue.prove(case, "contact", "call_back")
    at_domain = contacts_queries.in_force(organization=world.pohjola.id, at=case.opened_at)
    asked = [evidence.ask_contact(actor=rescue.sanna, case=case, contact=one.contact) for one in at_domain]
    members = (world.tiina, world.stina, world.mikko_at_pohjola)
    asked += [evidence.ask(actor=rescue.sanna, case=case, membership=one) for one in members]
    rows = [letter_of(one.result) for one in asked]
    for sent, row in zip(asked, rows, strict=True):
        actor = actor_of(row.membership) if row.membership else SYSTEM
        evidence.answer(actor=actor, letter=row, link=sent.result.link, agrees=True)
    proofs = case.proofs.order_by("added_at", "id").values_list("kind", "source")
    assert sorted(proofs) == [
        ("call_back", "phone"),
        ("contact", "contact"),  # at another domain
        *[("contact", "domain")] * 3,
        ("mailbox", "domain"),
        ("member", "domain"),  # a password that mail resets
        ("member", "members"),
    ]


def test_requests_of_strangers_are_bounded_and_open_nothing_until_confirmed(
    world: World, rescue: Rescue
) -> None:
    claim = requests.Claim("Pohjolan Sähkö", "1234567-1", TEEMU)
    links = [
        requests.request(actor=SYSTEM, claim=claim).result.link for _ in range(requests.DAILY_PER_ADDRESS)
    ]
    with pytest.raises(errors.RateLimited):
        requests.request(actor=SYSTEM, claim=claim)
    assert OrphanCase.objects.count() == 0
    first = letters.find_request(links[0])
    assert first is not None
    with pytest.raises(errors.NotFound):
        requests.confirm(actor=SYSTEM, request=first, link=links[1])
    requests.confirm(actor=SYSTEM, request=first, link=links[0])
    with pytest.raises(errors.CaseStep):
        requests.confirm(actor=SYSTEM, request=first, link=links[0])
    assert rescue.world.pohjola.id == world.pohjola.id
