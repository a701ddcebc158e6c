"""The sample customers have names from many alphabets, a person in two companies, and a company of 300 people."""

import dataclasses
import pathlib
import random
from collections.abc import Iterator, Sequence

NAMES = pathlib.Path(__file__).with_name("names.txt")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Person:
    """The person is invited. `sites` empty: all sites. `limit` in euros, where the tier takes one."""

    name: str
    email: str
    role: str
    sites: Sequence[str] = ()
    limit: int = 0
    who: str = ""
    """Why a visitor of the demo might sign in as this person; empty: nobody's sign-in is shown."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Company:
    """The company is a customer of the supplier."""

    key: str
    name: str
    register_id: str
    number: str
    language: str
    sites: Sequence[tuple[str, str]]
    people: Sequence[Person]


def _crowd(count: int, *, domain: str, sites: Sequence[str], seed: int) -> Iterator[Person]:
    """Draw so many colleagues with different names; the same ones every time."""
    chance = random.Random(seed)  # noqa: S311 - sample names
    given_names, family_names = (part.split() for part in NAMES.read_text(encoding="utf-8").split("\n\n"))
    pairs = [(given_name, family_name) for given_name in given_names for family_name in family_names]
    tiers = ["viewer"] * 5 + ["orderer"] * 4 + ["approver"]
    for given_name, family_name in chance.sample(pairs, count):
        role = chance.choice(tiers)
        plain = f"{given_name}.{family_name}".lower().replace("ä", "a").replace("ö", "o")
        yield Person(
            name=f"{given_name} {family_name}",
            email=f"{plain}@{domain}",
            role=role,
            sites=chance.sample(sites, chance.randint(1, 2)) if chance.random() < 0.8 else (),  # noqa: PLR2004
            limit=chance.choice([500, 1000, 2000, 5000]) * (2 if role == "approver" else 1),
        )


_KOSKELA_SITES = (("Tampere", "TRE-01"), ("Oulu", "OUL-01"), ("Tallinn", "TLL-01"))
_AT = "koskela.example"
_CAST = (
    Person(
        name="Aino Virtanen", email=f"aino.virtanen@{_AT}", role="organization_admin", who="admin of Koskela"
    ),
    Person(
        name="Päivi Korhonen",
        email=f"paivi.korhonen@{_AT}",
        role="approver",
        sites=["Tampere"],
        limit=10000,
        who="approves orders in Tampere",
    ),
    Person(
        name="Mikko Laine",
        email=f"mikko.laine@{_AT}",
        role="orderer",
        sites=["Tampere", "Oulu"],
        limit=2000,
        who="orders for Koskela, and works for Koskela Kiinteistöt too",
    ),
    Person(
        name="Sami Lehto",
        email=f"sami.lehto@{_AT}",
        role="site_admin",
        sites=["Oulu"],
        who="admin of Oulu only",
    ),
    Person(
        name="Екатерина Соколова", email=f"e.sokolova@{_AT}", role="approver", sites=["Tallinn"], limit=10000
    ),
    Person(name="Jüri Tamm", email=f"juri.tamm@{_AT}", role="orderer", sites=["Tallinn"], limit=500),
    Person(
        name="Karl-Gustaf Maximilian Wilhelm von Schantz-Korhonen-Lindholm",
        email=f"karl-gustaf.vonschantz@{_AT}",
        role="orderer",
        sites=["Tampere", "Oulu"],
        limit=2000,
    ),
    Person(name="Nguyễn Thị Hồng Hạnh", email=f"hanh.nguyen@{_AT}", role="viewer", sites=["Tampere"]),
    Person(name="Øystein Bjørnstad", email=f"o.bjornstad@{_AT}", role="orderer", sites=["Oulu"], limit=2000),
    Person(name="Sanna-Leena Mäki-Petäjä", email=f"sanna-leena.maki-petaja@{_AT}", role="orderer", limit=500),
    Person(name="Γιώργος Παπαδόπουλος", email=f"g.papadopoulos@{_AT}", role="viewer", sites=["Oulu"]),
    Person(name="محمد الحسيني", email=f"m.alhusseini@{_AT}", role="orderer", sites=["Oulu"], limit=500),
    Person(name="王小明", email=f"wang.xiaoming@{_AT}", role="viewer", sites=["Tampere"]),
    Person(name="Vilma Salo", email=f"vilma.salo@{_AT}", role="viewer", who="looks only"),
)
_KOSKELA_HAS = 300

COMPANIES = (
    Company(
        key="koskela",
        name="Rakennusliike Koskela Oy",
        register_id="0100001-4",
        number="10432",
        language="en",
        sites=_KOSKELA_SITES,
        people=(
            *_CAST,
            *_crowd(
                _KOSKELA_HAS - len(_CAST), domain=_AT, sites=[name for name, _ in _KOSKELA_SITES], seed=7
            ),
        ),
    ),
    Company(
        key="kiinteistot",
        name="Koskela Kiinteistöt Oy",
        register_id="0100002-2",
        number="10977",
        language="fi",
        sites=(("Tampere", "KK-TRE"),),
        people=(
            Person(
                name="Riitta Koskela",
                email="riitta.koskela@kiinteistot.example",
                role="organization_admin",
                who="admin of Koskela Kiinteistöt, in Finnish",
            ),
            Person(
                name="Mikko Laine", email=f"mikko.laine@{_AT}", role="orderer", sites=["Tampere"], limit=1000
            ),
        ),
    ),
    Company(
        key="pohjola",
        name="Pohjolan Sähkö Oy",
        register_id="0100003-0",
        number="20015",
        language="fi",
        sites=(("Rovaniemi", "PS-ROI"), ("Kemi", "PS-KEM")),
        people=(
            Person(
                name="Tiina Heikkinen",
                email="tiina.heikkinen@pohjola.example",
                role="organization_admin",
                who="admin of another customer, who sees nothing of Koskela",
            ),
            Person(name="Stina Berg", email="stina.berg@pohjola.example", role="viewer", sites=["Kemi"]),
        ),
    ),
    Company(
        key="betoni-aalto",
        name="Betoni-Aalto Oy",
        register_id="0100004-8",
        number="20447",
        language="fi",
        sites=(("Kouvola", "BA-KOU"),),
        people=(
            # Left without a handover: no sign-in, so no admin works here.
            Person(name="Pentti Aalto", email="pentti.aalto@betoni-aalto.example", role="organization_admin"),
            Person(name="Liisa Aalto", email="liisa.aalto@betoni-aalto.example", role="viewer"),
        ),
    ),
)
ORPHANED = "betoni-aalto"
"""The customer without a working admin: support finds its case on the worklist."""
PENDING = Person(
    name="Satu Niemi-Lehtonen", email=f"satu.niemi-lehtonen@{_AT}", role="orderer", sites=["Oulu"], limit=1000
)
"""Invited to Koskela, and not yet here."""
