"""Every event that can stand in an organization's log has a sentence, in every language."""

import dataclasses
import datetime as dt
import re
import uuid
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from audit.personal_data import ACTOR_LABEL, SUBJECT_LABEL
from delegation.access.queries import SiteName
from delegation.activity import sign_in_events
from delegation.activity.delivery_results import DeliveryResult
from delegation.activity.events import EventView
from delegation.authorization import event_types
from delegation.authorization.event_types import Observation
from delegation.authorization.verbs import On, Topic, Verb
from delegation.catalogue.display_names import DisplayNames
from portal.wording import attempts, dates, orphan_cases, removal_reasons, supplier_events
from portal.wording import events as wording_events
from tests.fixtures import documented_events, event_keys

NAMES = DisplayNames(
    tiers={"viewer": {"en": "Viewer", "fi": "Katselija"}},
    applications={"crm": {"en": "CRM portal"}},
    entitlements={"shop:place": {"en": "order"}},
    sites={},
)
ACCESS = {"role": "viewer", "all_sites": True, "sites": [], "limits": {}, "until": None}
OFFER = {"shop:place": {"amount": "5.00", "currency": "EUR"}}
FACTS = {
    "application": "crm", "active": False, "seconds": "2.1", "offer": OFFER, "roles": ["viewer"], "entitlement": None,
    "hold_reason": "overdue", "hold_until": None, "page": "people",
    "suspension_reason": "security", "people": 2, "resume_at": None,
    "contact_kind": "invoice", "domain": "koskela.example", "lapse_reason": "removed",
}  # fmt: skip
AINO, MIKKO = uuid.uuid4(), uuid.uuid4()
WORDING = wording_events.EventWording(NAMES, {AINO: "Aino Virtanen", MIKKO: "Mikko Laine"})


def event(verb: str, **other: Any) -> EventView:
    known: dict[str, Any] = {
        "id": uuid.uuid4(), "at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC), "act": uuid.uuid4(), "verb": verb,
        "outcome": "done", "seq": 1, "actor_kind": "person", "actor": AINO, "subject_kind": "membership",
        "subject": uuid.uuid4(), "user": MIKKO, "email": "", "cause": "",
        "before": {"access": [ACCESS]}, "after": {"access": [ACCESS], "sites": [], "mail_domains": ["koskela.example"]},
        "facts": FACTS,
        "personal": {}, "erased": frozenset(), "previous_hash": "", "hash": "", "is_authentic": True,
    }  # fmt: skip
    if verb == Verb.MEMBER_INVITE:
        known |= {"after": {"access": ACCESS, "language": "fi"}, "email": "new@koskela.example", "user": None}
    return EventView(**{**known, **other})


def test_logged_verbs_are_exactly_those_with_a_sentence() -> None:
    assert {str(verb) for verb in (*Verb, *Observation) if verb.topic is not Topic.NOT_LOGGED} == set(
        wording_events.SENTENCE_VERBS
    ), "the sentences are in _SENTENCES of portal/wording/events.py"


def test_refusable_verbs_are_exactly_those_with_a_sentence_for_the_attempt() -> None:
    refusable = {verb for verb in Verb if verb.rule.on not in {On.SUPPLIER, On.PERSON}}
    contacts = {Verb.CUSTOMER_CONTACT_ADD, Verb.CUSTOMER_CONTACT_CHANGE, Verb.CUSTOMER_CONTACT_END}
    cases = set(orphan_cases.ATTEMPTS)
    assert refusable | contacts | cases | {Verb.FIRST_ADMIN_INVITE} == set(attempts.BY_VERB), (
        "the sentences are in portal/wording/attempts.py"
    )


def test_log_filter_selects_the_events_of_its_topic() -> None:
    found = {topic.value: set(event_types.event_types(topic)) for topic in Topic}
    assert found["invitations"] == {
        Verb.FIRST_ADMIN_INVITE, Verb.MEMBER_INVITE, Verb.INVITATION_RESEND, Verb.INVITATION_CANCEL,
        Verb.INVITATION_ACCEPT,
    }  # fmt: skip
    assert found["access"] == {
        Verb.DUTY_EXCEPTION_ACCEPT, Verb.DUTY_EXCEPTION_CLOSE, Verb.DUTY_EXCEPTION_REQUEST,
        Verb.ACCESS_CHANGE, Verb.CATALOGUE_PROPAGATE, Verb.CEILING_SET, Verb.HOLD_LIFT, Verb.HOLD_PLACE,
        Verb.MEMBER_RESTORE, Verb.MEMBER_RESUME, Verb.ORGANIZATION_RESUME, Verb.ORGANIZATION_SUSPEND,
        Verb.REMOVAL_CANCEL, Verb.SERVICE_USER_CREATE, Verb.SERVICE_USER_END, Verb.SERVICE_USER_ROTATE,
        Verb.REVIEW_CANCEL, Verb.REVIEW_DECIDE, Verb.REVIEW_SETTLE, Verb.REVIEW_START, Verb.REVIEW_WARN,
    }  # fmt: skip
    assert found["removals"] == {
        Verb.MEMBER_REMOVE, Verb.MEMBER_SUSPEND, Verb.REMOVAL_PLAN,
    }  # fmt: skip
    assert found["sign_in"] == {
        *sign_in_events.VERBS,
        Observation.SIGN_IN_SUCCEEDED,
        Observation.FACTOR_RENAMED,
        Observation.PASSWORD_REHASHED,
        Observation.SESSION_ENDED,
        Observation.SESSION_REAUTHENTICATED,
        Observation.TOKEN_REPLAYED,
        Verb.FACTOR_RECOVERY_AGREE,
        Verb.FACTOR_RECOVERY_OPEN,
        Verb.FACTOR_RECOVERY_REFUSE,
        Verb.FACTOR_RECOVERY_USE,
        Verb.MEMBER_SIGN_OUT,
        Verb.PERSON_SIGN_OUT, Verb.TAKEOVER_CLOSE, Verb.TAKEOVER_REPORT,
    }  # fmt: skip
    assert found["systems"] | found["mails"] > event_types.FAILURES
    assert sum(map(len, found.values())) == len(Verb) + len(Observation)


def test_verbs_not_logged_in_an_organization_are_reading_or_supplier_verbs() -> None:
    hidden = {verb for verb in Verb if verb.topic is Topic.NOT_LOGGED}
    assert {verb for verb in Verb if verb.rule.reading} < hidden
    assert {verb for verb in hidden if not verb.rule.reading and verb.rule.on is not On.SUPPLIER} == {
        Verb.PERSON_ERASE
    }


def test_acts_and_observations_of_the_supplier_are_those_with_a_sentence_for_auditors() -> None:
    hidden = {str(one) for one in (*Verb, *Observation) if one.topic is Topic.NOT_LOGGED}
    read = {verb.value for verb in Verb if verb.rule.reading}
    assert hidden - read == supplier_events.SENTENCE_VERBS - {Verb.CEILING_SET}, (
        "the sentences are in portal/wording/supplier_events.py"
    )


@pytest.mark.parametrize("language", ["en", "fi"])
@pytest.mark.parametrize("verb", sorted(wording_events.SENTENCE_VERBS))
def test_every_event_has_a_complete_sentence(verb: str, language: str) -> None:
    with translation.override(language):
        line = WORDING.sentence_for(event(verb))
    assert line.text
    assert "%" not in line.text + line.sub
    assert verb not in line.text


@pytest.mark.parametrize("kind", ["membership", "invitation", "user", "organization"])
@pytest.mark.parametrize("verb", sorted(wording_events.SENTENCE_VERBS))
def test_sentence_reads_only_keys_that_the_documentation_names(verb: str, kind: str) -> None:
    noted = event_keys.noting(event(verb, subject_kind=kind))
    WORDING.sentence_for(noted)
    read = event_keys.read_keys(noted) - documented_events.LABELS
    assert read - documented_events.documented()[verb] == set()


@pytest.mark.parametrize("verb", sorted(attempts.BY_VERB))
def test_refused_event_has_a_sentence_for_the_attempt_and_its_count(verb: str) -> None:
    line = WORDING.sentence_for(event(verb, outcome="refused", facts={"code": "denied", "repeats": 3}))
    assert line.actor == "Aino Virtanen"
    assert line.text.startswith("tried to ")
    assert line.sub == "3 more times"


def test_sentence_about_an_invitation_names_the_language_of_its_mail() -> None:
    assert WORDING.sentence_for(event(Verb.MEMBER_INVITE)).sub == "Viewer, all sites · mail in Finnish"
    with translation.override("fi"):
        assert WORDING.sentence_for(event(Verb.MEMBER_INVITE)).sub.endswith("viestin kieli: suomi")


def test_sentence_names_the_invited_address_and_the_kind_of_factor() -> None:
    mail: dict[str, Any] = {"user": None, "email": "new@koskela.example", "outcome": "refused"}
    for verb, expected in (
        (Verb.INVITATION_RESEND, "tried to send the invitation to new@koskela.example again and was refused"),
        (Verb.INVITATION_CANCEL, "tried to cancel the invitation to new@koskela.example and was refused"),
    ):
        assert WORDING.sentence_for(event(verb, facts={"code": "denied"}, **mail)).text == expected
    for kind, expected in (
        ("totp", "connected an authenticator app"),
        ("recovery_codes", "created recovery codes"),
    ):
        assert WORDING.sentence_for(event(Observation.FACTOR_ADDED, facts={"factor": kind})).text == expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"active": True, "applications": ["crm"]}, "resent Mikko Laine’s access to CRM portal"),
        ({"active": False, "applications": ["crm"]}, "asked CRM portal again to close Mikko Laine’s access"),
        ({"active": True, "applications": []}, "resent Mikko Laine’s access to connected systems"),
        ({}, "resent Mikko Laine’s access to connected systems"),
    ],
)
def test_resync_names_the_systems_and_what_they_are_asked_for(facts: dict[str, Any], expected: str) -> None:
    line = WORDING.sentence_for(event(Verb.ACCOUNT_RESYNC, facts={"accounts": 1, **facts}))
    assert (line.actor, line.text) == ("Aino Virtanen", expected)


@pytest.mark.parametrize("verb", [Observation.ACCOUNT_SYNC_FAILED, Observation.LOGOUT_FAILED])
@pytest.mark.parametrize("active", [True, False])
def test_failed_delivery_is_worded_as_an_event_that_a_later_success_does_not_contradict(
    verb: Observation, *, active: bool
) -> None:
    line = WORDING.sentence_for(event(verb, facts={**FACTS, "active": active}))
    assert re.search("did not confirm|failed", line.text)
    assert not re.search("has not|is retried", line.text)
    assert line.sub == "Failed updates are retried until they are confirmed"


def test_invitation_without_an_address_and_new_sites_are_named() -> None:
    assert WORDING.sentence_for(event(Verb.MEMBER_INVITE, email="")).text == "invited a person"
    keys = [uuid.uuid4(), uuid.uuid4()]
    sites = {key: SiteName(key, name) for key, name in zip(keys, ("Tampere", "Oulu"), strict=True)}
    wording = wording_events.EventWording(dataclasses.replace(NAMES, sites=sites), {AINO: "Aino Virtanen"})
    said = [
        wording.sentence_for(event(Verb.SITE_CREATE, after={"sites": [str(key) for key in some]})).text
        for some in (keys[:1], keys)
    ]
    assert said == ["added the site Tampere", "added the sites Tampere and Oulu"]


@pytest.mark.parametrize(
    ("verb", "purpose", "expected"),
    [
        (Observation.MAIL_SENT, "invitation", "A mail was sent to new@x.example"),
        (
            Observation.MAIL_SENT,
            "invitation_notice",
            "A mail about the invitation to new@x.example was sent to an admin",
        ),
        (Observation.MAIL_FAILED, "invitation", "Mail to new@x.example could not be delivered"),
        (
            Observation.MAIL_FAILED,
            "invitation_notice",
            "Mail to an admin about the invitation to new@x.example could not be delivered",
        ),
    ],
)
def test_mail_to_an_admin_about_an_invitation_is_not_logged_as_mail_to_the_invited_address(
    verb: Observation, purpose: str, expected: str
) -> None:
    about = event(verb, user=None, email="new@x.example", facts={"purpose": purpose})
    assert WORDING.sentence_for(about).text == expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, "An invitation that the removed person had sent was cancelled"),
        ({"to_leaver": True}, "An invitation to the removed person was cancelled"),
    ],
)
def test_invitation_cancelled_by_a_removal_is_from_or_to_the_removed_person(
    facts: dict[str, Any], expected: str
) -> None:
    cancelled = event(Verb.INVITATION_CANCEL, cause="member.remove", email="m@koskela.example", facts=facts)
    line = WORDING.sentence_for(cancelled)
    assert (line.actor, line.text, line.sub) == ("", expected, "m@koskela.example")


def test_access_with_an_end_shows_the_last_day_in_the_reader_s_zone() -> None:
    clock = dates.Clock(dt.datetime(2026, 1, 1, tzinfo=dt.UTC), ZoneInfo("Europe/Helsinki"))
    wording = wording_events.EventWording(NAMES, WORDING.people, clock)
    ends = {**ACCESS, "until": "2026-12-31T22:00:00+00:00"}
    line = wording.sentence_for(
        event(Verb.ACCESS_CHANGE, before={"access": [ACCESS]}, after={"access": [ends]})
    )
    assert line.sub == "Viewer, all sites → Viewer, all sites, until 31 Dec"


ANSWERS: list[tuple[list[DeliveryResult], str, str]] = [
    ([], "", ""),
    ([DeliveryResult("crm", 0.04)], "Updated: CRM portal (0.1 s)", ""),
    (
        [DeliveryResult("crm", 9.94), DeliveryResult("x", 75.2)],
        "Updated: CRM portal (10 s), x (1 min 16 s)",
        "",
    ),
    (
        [DeliveryResult("crm", None), DeliveryResult("x", 9.96)],
        "Updated: x (10 s)",
        "Not updated yet: CRM portal",
    ),
]


@pytest.mark.parametrize(("answers", "updated", "open_ones"), ANSWERS)
def test_delivery_line_names_each_system_with_its_time(
    answers: list[DeliveryResult], updated: str, open_ones: str
) -> None:
    assert WORDING.deliveries(answers).replace("\N{NO-BREAK SPACE}", " ") == updated
    assert WORDING.not_updated(answers) == open_ones


def test_delivery_time_follows_the_reader_s_language() -> None:
    with translation.override("fi"):
        assert WORDING.deliveries([DeliveryResult("crm", 0.42)]) == "Päivitetty: CRM portal (0,5 s)"


LABELS = {ACTOR_LABEL: "Aino Korhonen", SUBJECT_LABEL: "Mikko Salo"}


@pytest.mark.parametrize(
    ("known", "shown"),
    [
        ({"personal": LABELS}, ("Aino Korhonen", "removed Mikko Salo")),
        ({}, ("Aino Virtanen", "removed Mikko Laine")),
        ({"user": uuid.uuid4(), "actor": uuid.uuid4()}, ("Unknown person", "removed Unknown person")),
        ({"erased": frozenset(LABELS)}, ("Erased person", "removed Erased person")),
        (
            {"user": AINO, "personal": {ACTOR_LABEL: "Aino Korhonen"}},
            ("Aino Korhonen", "removed Aino Korhonen"),
        ),
    ],
    ids=["in the event", "not in the event", "unknown", "erased", "oneself"],
)
def test_event_shows_the_names_that_it_holds(known: dict[str, Any], shown: tuple[str, str]) -> None:
    line = WORDING.sentence_for(event(Verb.MEMBER_REMOVE, **known))
    assert (line.actor, line.text) == shown


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("left", "Left the organization"),
        ("left: Retires", "Left the organization · “Retires”"),
        ("other: Moves: abroad", "“Moves: abroad”"),
        ("Takes over Petri’s sites", "“Takes over Petri’s sites”"),
        ("", ""),
    ],
)
def test_removal_reason_is_shown_as_it_was_written(written: str, shown: str) -> None:
    with translation.override("en"):
        assert removal_reasons.describe(written) == shown
