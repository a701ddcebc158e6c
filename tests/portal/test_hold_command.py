"""`manage.py hold` places, lists and lifts holds as the pages do, also those of a file."""

import io
import pathlib
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from audit.models import Event
from delegation.authorization.errors import AlreadyExists
from delegation.authorization.models.ceilings import Hold
from delegation.holds import commands
from tests.fixtures.events import body
from tests.fixtures.world import PLACE, World

pytestmark = pytest.mark.django_db(transaction=True)


def run(*words: str) -> list[str]:
    output = io.StringIO()
    call_command("hold", *words, stdout=output)
    return output.getvalue().splitlines()


def test_hold_is_shown_placed_listed_and_lifted(world: World) -> None:
    shown = f"koskela: {PLACE} stops 2 people (overdue)"
    place = ("place", "koskela", PLACE, "--reason", "overdue", "--note", "Three reminders")
    assert run(*place, "--dry-run") == [shown, "Nothing was changed."]
    assert Hold.objects.count() == 0
    assert run(*place) == [shown, "Done."]
    (listed,) = run("list", "koskela")
    assert listed.startswith(f"{PLACE}: overdue, since ")
    event = Event.objects.get(verb="hold.place", organization=world.koskela.id)
    assert (event.actor_kind, body(event)["actor"]["channel"]) == ("system", "shell")
    with pytest.raises(CommandError, match="on hold already"):
        run(*place)
    assert run("lift", "koskela", PLACE) == [f"The hold is lifted: {PLACE} for koskela."]
    assert run("list", "koskela") == []
    with pytest.raises(CommandError, match="is not on hold for koskela"):
        run("lift", "koskela", PLACE)


def test_file_places_what_is_missing_and_is_applied_again(world: World, tmp_path: pathlib.Path) -> None:
    file = tmp_path / "holds.csv"
    file.write_text(
        "\ufeffcustomer;stops;reason;until\r\n"
        f"koskela;{PLACE};overdue;2099-12-31\r\n"
        "\r\n"
        "pohjola;ordering;contract_ended\r\n",
        encoding="utf-8",
    )
    shown = run("apply", str(file), "--dry-run")
    assert (len(shown), shown[-1], Hold.objects.count()) == (3, "Nothing was changed.", 0)
    assert run("apply", str(file))[-1] == "Done."
    assert run("apply", str(file)) == [
        f"koskela: {PLACE} is on hold already.",
        "pohjola: ordering is on hold already.",
        "Done.",
    ]
    until = Hold.objects.get(organization=world.koskela).valid_until
    assert until is not None
    assert until.isoformat() == "2099-12-31T22:00:00+00:00", "the end of the day in Helsinki"


def test_file_with_a_wrong_line_places_nothing_and_names_each(world: World, tmp_path: pathlib.Path) -> None:
    file = tmp_path / "holds.csv"
    file.write_text(
        "customer,stops,reason,until,note\n"
        f"koskela,{PLACE},overdue,,\n"
        f"koskela,{PLACE},overdue,,\n"
        "nobody,ordering,overdue,,\n"
        "koskela,ordering:none,overdue,,\n"
        "koskela,crm,because,,\n"
        "koskela,crm,overdue,2001-01-01,\n"
        f"pohjola,ordering,overdue,,{'n' * 600}\n"
    )
    with pytest.raises(CommandError) as failed:
        run("apply", str(file))
    lines = str(failed.value).splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "line 3", "line 4", "line 5", "line 6", "line 7", "line 8", "Nothing was changed.",
    ]  # fmt: skip
    assert lines[-2].startswith("line 8: note: "), "the column, not the word of the command"
    assert Hold.objects.count() == 0
    for text in (
        "customer,stops\n",
        "customer,stops,reason,more\n",
        f'customer,stops,reason\n"koskela,{PLACE}',
    ):
        file.write_text(text)
        with pytest.raises(CommandError):
            run("apply", str(file))
    with pytest.raises(CommandError, match="cannot be read"):
        run("apply", str(tmp_path / "missing.csv"))


def test_hold_on_what_is_not_offered_is_refused(world: World) -> None:
    with pytest.raises(CommandError, match="pohjola is not offered nothing"):
        run("place", "pohjola", "nothing", "--reason", "overdue")


def test_wrong_note_is_named_by_its_option(world: World) -> None:
    with pytest.raises(CommandError, match="note: "):
        run("place", "koskela", PLACE, "--reason", "overdue", "--note", "n" * 600)
    assert Hold.objects.count() == 0
    run("place", "koskela", PLACE, "--reason", "overdue")
    with pytest.raises(CommandError, match="note: "):
        run("lift", "koskela", PLACE, "--note", "n" * 600)


def test_refusal_half_way_names_the_hold_and_how_many_were_placed(
    world: World, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = commands.place

    def refused_at_pohjola(**values: Any) -> Any:
        if values["organization"].key == "pohjola":
            raise AlreadyExists(field="hold")
        return place(**values)

    monkeypatch.setattr(commands, "place", refused_at_pohjola)
    file = tmp_path / "holds.csv"
    file.write_text(f"customer,stops,reason\nkoskela,{PLACE},overdue\npohjola,ordering,overdue\n")
    with pytest.raises(CommandError) as failed:
        run("apply", str(file))
    said, placed = str(failed.value).splitlines()
    assert said.startswith("pohjola, ordering: ")
    assert placed == "Holds placed before it: 1."
    assert Hold.objects.count() == 1


def test_file_has_as_many_holds_as_are_allowed_beside_its_first_line(
    world: World, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.management.commands.hold._MOST", 2)
    file = tmp_path / "holds.csv"
    head = f"customer,stops,reason\nkoskela,{PLACE},overdue\npohjola,ordering,overdue\n"
    file.write_text(head)
    assert len(run("apply", str(file), "--dry-run")) == 3
    file.write_text(f"{head}koskela,crm,overdue\n")
    with pytest.raises(CommandError, match="too many holds: 2 at most"):
        run("apply", str(file), "--dry-run")
