"""Every event that can stand in an organization's log has a sentence, in every language."""

import datetime as dt
import uuid
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from delegation.activity import sign_in_events
from delegation.activity.delivery_results import DeliveryResult
from delegation.activity.events import EventView
from delegation.authorization import verbs
from delegation.authorization.verbs import Observation, On, Topic, Verb
from delegation.catalogue.display_names import DisplayNames
from portal.wording import dates, removal_reasons
from portal.wording import events as wording_events

BOOK = DisplayNames(
    tiers={"viewer": {"en": "Viewer", "fi": "Katselija"}},
    applications={"crm": {"en": "CRM portal"}},
    entitlements={"shop:place": {"en": "order"}},
    sites={},
)
ACCESS = {"role": "viewer", "all_sites": True, "sites": [], "limits": {}, "until": None}
OFFER = {"shop:place": {"amount": "5.00", "currency": "EUR"}}
FACTS = {"application": "crm", "active": False, "seconds": "2.1", "offer": OFFER, "roles": ["viewer"]}
AINO, MIKKO = uuid.uuid4(), uuid.uuid4()
TELLER = wording_events.EventWording(BOOK, {AINO: "Aino Virtanen", MIKKO: "Mikko Laine"})


def event(verb: str, **other: Any) -> EventView:
    known: dict[str, Any] = {
        "id": uuid.uuid4(), "at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC), "act": uuid.uuid4(), "verb": verb,
        "outcome": "done", "seq": 1, "actor_kind": "person", "actor": AINO, "subject_kind": "membership",
        "subject": uuid.uuid4(), "user": MIKKO, "email": "", "cause": "",
        "before": {"access": [ACCESS]}, "after": {"access": [ACCESS], "sites": []},
        "facts": FACTS,
        "personal": {}, "previous_hash": "", "hash": "", "hash_matches": True,
    }  # fmt: skip
    if verb == Verb.MEMBER_INVITE:
        known |= {"after": {"access": ACCESS}, "email": "new@koskela.example", "user": None}
    return EventView(**{**known, **other})


def test_every_verb_in_the_log_has_one_sentence_and_no_other_has() -> None:
    assert {str(verb) for verb in (*Verb, *Observation) if verb.topic is not Topic.NOT_LOGGED} == set(
        wording_events.EVERY
    )


def test_every_verb_that_can_be_refused_here_has_one_sentence_for_the_attempt_and_no_other_has() -> None:
    assert {
        verb for verb in Verb if verb.rule.on not in {On.SUPPLIER, On.PERSON}
    } == wording_events.EVERY_TRIED


def test_filters_of_the_log_find_what_they_say() -> None:
    found = {topic.value: set(verbs.event_types(topic)) for topic in Topic}
    assert found["invitations"] == {
        Verb.MEMBER_INVITE, Verb.INVITATION_RESEND, Verb.INVITATION_CANCEL, Verb.INVITATION_ACCEPT
    }  # fmt: skip
    assert found["access"] == {
        Verb.ACCESS_CHANGE, Verb.CATALOGUE_PROPAGATE, Verb.CEILING_SET, Verb.MEMBER_RESTORE
    }  # fmt: skip
    assert found["removals"] == {Verb.MEMBER_REMOVE}
    assert found["sign_in"] == {
        *sign_in_events.VERBS,
        Observation.SIGN_IN_SUCCEEDED,
        Observation.SESSION_ENDED,
        Observation.TOKEN_REPLAYED,
        Verb.PERSON_SIGN_OUT
    }  # fmt: skip
    assert found["systems"] | found["mails"] > verbs.FAILURES
    assert sum(map(len, found.values())) == len(Verb) + len(Observation)


def test_what_is_for_the_reader_or_the_supplier_alone_is_not_logged_in_an_organization() -> None:
    hidden = {verb for verb in Verb if verb.topic is Topic.NOT_LOGGED}
    assert {verb for verb in Verb if verb.rule.reading} < hidden
    assert {verb for verb in hidden if not verb.rule.reading and verb.rule.on is not On.SUPPLIER} == set()


@pytest.mark.parametrize("language", ["en", "fi"])
@pytest.mark.parametrize("verb", sorted(wording_events.EVERY))
def test_sentences_are_made(verb: str, language: str) -> None:
    with translation.override(language):
        line = TELLER.tell(event(verb))
    assert line.text
    assert "%" not in line.text + line.sub
    assert verb not in line.text


@pytest.mark.parametrize("verb", sorted(wording_events.EVERY_TRIED))
def test_refusals_are_told(verb: str) -> None:
    line = TELLER.tell(event(verb, outcome="refused", facts={"code": "denied", "repeats": 3}))
    assert line.actor == "Aino Virtanen"
    assert line.text.startswith("tried to ")
    assert line.sub == "3 more times"


def test_refusals_and_factors_are_told_with_what_they_were_about() -> None:
    mail: dict[str, Any] = {"user": None, "email": "new@koskela.example", "outcome": "refused"}
    for verb, said in (
        (Verb.INVITATION_RESEND, "tried to send the invitation to new@koskela.example again and was refused"),
        (Verb.INVITATION_CANCEL, "tried to cancel the invitation to new@koskela.example and was refused"),
    ):
        assert TELLER.tell(event(verb, facts={"code": "denied"}, **mail)).text == said
    for kind, said in (
        ("totp", "connected an authenticator app"),
        ("recovery_codes", "created recovery codes"),
    ):
        assert TELLER.tell(event(Observation.FACTOR_ADDED, facts={"factor": kind})).text == said


def test_access_that_ends_is_told_with_its_last_day_where_the_reader_lives() -> None:
    clock = dates.Clock(dt.datetime(2026, 1, 1, tzinfo=dt.UTC), ZoneInfo("Europe/Helsinki"))
    teller = wording_events.EventWording(BOOK, TELLER.people, clock)
    ends = {**ACCESS, "until": "2026-12-31T22:00:00+00:00"}
    line = teller.tell(event(Verb.ACCESS_CHANGE, before={"access": [ACCESS]}, after={"access": [ends]}))
    assert line.sub == "Viewer, all sites → Viewer, all sites, until 31 Dec"


ANSWERS: list[tuple[list[DeliveryResult], str]] = [
    ([], ""),
    ([DeliveryResult("crm", 0.04)], "Updated: CRM portal (0.1 s)"),
    ([DeliveryResult("crm", 9.94), DeliveryResult("x", 75.2)], "Updated: CRM portal (10 s), x (2 min)"),
    (
        [DeliveryResult("crm", None), DeliveryResult("x", 9.96)],
        "Updated: x (10 s) · Not updated yet: CRM portal",
    ),
]


@pytest.mark.parametrize(("answers", "said"), ANSWERS)
def test_systems_that_were_told_are_named_with_the_time_it_took(
    answers: list[DeliveryResult], said: str
) -> None:
    assert TELLER.deliveries(answers) == said


def test_parts_of_a_second_are_written_as_the_reader_writes_them() -> None:
    with translation.override("fi"):
        assert TELLER.deliveries([DeliveryResult("crm", 0.42)]) == "Päivitetty: CRM portal (0,5 s)"


def test_somebody_erased_has_no_name() -> None:
    line = TELLER.tell(event(Verb.MEMBER_REMOVE, user=uuid.uuid4(), actor=uuid.uuid4()))
    assert (line.actor, line.text) == ("Unknown person", "removed Unknown person")


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("left", "Left the company"),
        ("left: Retires", "Left the company · “Retires”"),
        ("other: Moves: abroad", "“Moves: abroad”"),
        ("Takes over Petri’s sites", "“Takes over Petri’s sites”"),
        ("", ""),
    ],
)
def test_reasons_are_read_as_they_were_written(written: str, shown: str) -> None:
    with translation.override("en"):
        assert removal_reasons.shown(written) == shown
