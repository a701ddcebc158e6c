"""Which texts are names, and which names look alike."""

import pytest
from django.db.models import F

from identity.memberships.models import Membership
from identity.people import confusables, names
from tests.fixtures.world import World


@pytest.mark.parametrize(
    "name",
    ["", " ", "\u3164", "\u2800", "\u200c", "\u200d\u200d", "\ufeff", "\u115f\u1160", "\uffa0", "\u00ad", "\u034f",
     "\ufe0f", "\U000e0041", "\u2060 \u2061", "...", "—"],
)  # fmt: skip
def test_name_without_a_letter_or_digit_is_refused(name: str) -> None:
    assert names.fault(name) in {"missing", "characters"}
    assert names.clean(name) in {"", "...", "—"}


@pytest.mark.parametrize(
    "name",
    [
        "Aino Virtanen",
        "Åse Ö. Strøm-Østergård",
        "3M",
        "St.Mary's & Co. (Oy)",
        "Booking.com B.V.",
        "Nguyễn Thị Ánh",
        "นางสาวสมหญิง",
        "क्\u200dष",  # a joiner after a virama
        "علی\u200cرضا",  # a non-joiner between joining letters
        "שָׁלוֹם",
        "𠮷野家",
    ],
)
def test_real_name_is_a_name(name: str) -> None:
    assert names.fault(name) == ""


@pytest.mark.parametrize(
    "name",
    ["Aino\u202eneneatriV", "Aino \u2066Virtanen", "Aino\u200eV", "Ai\u200cno", "Ai\u200dno",
     "Z\u0301\u0300\u0302\u0303\u0304", "a\u0301\u0301"],
)  # fmt: skip
def test_name_with_controls_joiners_or_stacked_marks_is_refused(name: str) -> None:
    assert names.fault(name) == "characters"


@pytest.mark.parametrize(
    "name",
    [
        "your order is blocked, http://evil.example",
        "HTTPS:evil",
        "www.evil.example",
        "see evil.example/pay",
        "aino@evil.example",
        "ｗｗｗ．evil．example",
        "ev\u2060il.example/pay",
        "http\u200b://x",
    ],
)
def test_name_with_a_web_or_mail_address_is_refused(name: str) -> None:
    assert names.fault(name) == "link"


def test_cleaned_text_keeps_joiners_only_where_their_script_needs_them() -> None:
    assert names.clean("علی\u200cرضا Ai\u200cno \u3164x") == "علی\u200cرضا Aino x"


def test_every_look_alike_has_one_prototype() -> None:
    sources = "".join(confusables.PROTOTYPES.values())
    assert len(sources) == len(set(sources))
    assert not set(sources) & set(confusables.PROTOTYPES)


ALIKE = [
    ("Aino Virtanen", "\u0410\u0456no Virt\u0430n\u0435n"),
    ("Ville Salo", "VilIe Salo"),
    ("Olli Oja", "0lli Oja"),
    ("Tom Arno", "Tom Amo"),
]


def are_alike(world: World, name: str, other: str) -> bool:
    """Ask the database whether a member of this name is found by the other one."""
    member = world.member(world.koskela, name, "viewer", factor=False, email="x@koskela.example")
    alike = Membership.objects.alias(skeleton=names.skeleton(F("user__name")))
    return alike.filter(pk=member.pk, skeleton=names.skeleton(other)).exists()


@pytest.mark.parametrize(("name", "other"), ALIKE)
def test_look_alike_names_have_one_skeleton(world: World, name: str, other: str) -> None:
    assert are_alike(world, name, other)


def test_different_names_have_different_skeletons(world: World) -> None:
    assert not are_alike(world, "Olli Oja", "Elli Oja")
