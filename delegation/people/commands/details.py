"""People change their own details, which all their organizations and connected systems share."""

from collections.abc import Mapping
from typing import Any

from audit.foundation.actor import Actor
from audit.log.ledger import Subject
from audit.personal_data import PersonalValue
from delegation.acts.act import Act
from delegation.acts.acting import acting
from delegation.acts.idempotency import Outcome, command
from delegation.authorization import input_cleaning
from delegation.authorization.errors import Unchanged
from delegation.authorization.verbs import Verb
from delegation.people.subjects import PersonInOrganizations
from identity import lifecycle
from identity.people.models import User


@command
def change(
    *, actor: Actor, person: User, name: str, phone: str, idempotency_key: str | None = None
) -> Outcome[None]:
    """Change the person's own name and work phone; former organizations get neither an event nor a delivery.

    An empty `phone` removes the number. Raises InvalidInput, Unchanged and Busy besides the errors of every act.
    """
    name, phone = input_cleaning.name(name), input_cleaning.phone(phone)
    on = PersonInOrganizations(person)
    with acting(actor, Verb.PERSON_UPDATE, on=on, idempotency_key=idempotency_key) as act:
        (current,) = act.on
        names = _changed(current, "name", name)
        phones = _changed(current, "phone", phone)
        if not names and not phones:
            raise Unchanged
        lifecycle.change_details(person=current, name=name, phone=phone, at=act.at)
        before, after = ({"phone": bool(current.phone)}, {"phone": bool(phone)}) if phones else ({}, {})
        personal = {key: PersonalValue(text, (current.id,)) for key, text in (names | phones).items() if text}
        _record(act, on, before=before, after=after, personal=personal)
    return act.outcome


@command
def change_language(
    *, actor: Actor, person: User, language: str, idempotency_key: str | None = None
) -> Outcome[None]:
    """Change the person's own language, which pages, mails, claims and connected systems then use.

    Raises InvalidInput, Unchanged and Busy besides the errors of every act.
    """
    language = input_cleaning.language(language)
    on = PersonInOrganizations(person)
    with acting(actor, Verb.PERSON_UPDATE, on=on, idempotency_key=idempotency_key) as act:
        (current,) = act.on
        if current.language == language:
            raise Unchanged
        lifecycle.change_language(person=current, language=language)
        _record(act, on, before={"language": current.language}, after={"language": language}, personal={})
    return act.outcome


def _record(
    act: Act,
    on: PersonInOrganizations,
    *,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    personal: Mapping[str, PersonalValue],
) -> None:
    """Record the change in the person's chain, and in that of each present organization."""
    person = on.chain
    act.record_change(person, before=before, after=after)
    for key, value in personal.items():
        act.record_personal(person, key, value.text, person)
    for member in on.members:
        act.also(
            Verb.MEMBER_UPDATE,
            Subject("membership", member.membership),
            cause=Verb.PERSON_UPDATE,
            before=before,
            after=after,
            personal=personal,
            chain=member.organization,
        )


def _changed(person: User, field: str, text: str) -> dict[str, str]:
    """Return the new and the former text by their names in the log; nothing where they are equal."""
    former = str(getattr(person, field))
    return {field: text, f"former_{field}": former} if text != former else {}
