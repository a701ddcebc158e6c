"""The supplier has these sample staff. The portal gives a role for each group."""

import dataclasses

DOMAIN = "kivisalo.example"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Member:
    """One employee. `who` says why a visitor of the demo might sign in as this person."""

    subject: str
    name: str
    groups: tuple[str, ...]
    who: str

    @property
    def email(self) -> str:
        plain = self.name.lower().replace("ä", "a").replace("ö", "o").replace(" ", ".")
        return f"{plain}@{DOMAIN}"


STAFF = (
    Member(subject="s-101", name="Sanna Heikkilä", groups=("kh-support",), who="support"),
    Member(
        subject="s-102",
        name="Otso Rantanen",
        groups=("kh-support", "kh-senior-support"),
        who="senior support, the second pair of eyes",
    ),
    Member(subject="s-103", name="Maarja Kuusk", groups=("kh-account-managers",), who="account manager"),
    Member(subject="s-104", name="Leena Aho", groups=("kh-catalogue",), who="catalogue owner"),
    Member(
        subject="s-109",
        name="Tuomas Laakso",
        groups=("kh-catalogue",),
        who="second catalogue owner, who agrees to larger changes",
    ),
    Member(subject="s-105", name="Juho Niemi", groups=("kh-operators",), who="operator"),
    Member(subject="s-106", name="Elina Hakala", groups=("kh-auditors",), who="auditor, who changes nothing"),
    Member(subject="s-107", name="Kaarina Saari", groups=("kh-owners",), who="owner"),
    Member(
        subject="s-108",
        name="Pekka Lahti",
        groups=("warehouse",),
        who="works in the warehouse and has no role",
    ),
)
ROLES = {
    "support": "kh-support",
    "senior_support": "kh-senior-support",
    "account_manager": "kh-account-managers",
    "catalogue_owner": "kh-catalogue",
    "operator": "kh-operators",
    "auditor": "kh-auditors",
    "owner": "kh-owners",
}


def find(subject: str) -> Member | None:
    return next((member for member in STAFF if member.subject == subject), None)
