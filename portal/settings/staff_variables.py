"""The environment variables of staff sign-in are declared here, as in `variables`."""

from collections.abc import Callable

from portal.settings.environment import (
    InvalidValue,
    Variable,
    addresses,
    choice,
    https,
    pairs,
    text,
    url,
    whole,
)

ROLES = ("support", "senior_support", "account_manager", "catalogue_owner", "operator", "auditor", "owner")


def _weights(*names: str, most: int) -> Callable[[str], dict[str, int]]:
    """Accept `name=number` for all of these names, separated by commas, with whole numbers from 0 to `most`."""
    number = whole(most=most)

    def parse(value: str) -> dict[str, int]:
        found = pairs(*names)(value)
        if sorted(name for name, _weight in found) != sorted(names):
            raise InvalidValue(f"name=number for each of {', '.join(names)}, once")
        return {name: number(weight) for name, weight in found}

    return parse


def _none_or(parse: Callable[[str], int]) -> Callable[[str], int]:
    """Accept 0, or what `parse` accepts."""
    return lambda value: 0 if value.strip() == "0" else parse(value)


ISSUER = Variable(
    name="KEYHOLDER_STAFF_ISSUER",
    parse=url("http", "https"),
    production_rule=lambda value: https(value) if value else "",
    default_doc="no staff sign-in",
    doc="The issuer of your own identity provider, letter by letter as in its metadata.",
)
CLIENT_ID = Variable(
    name="KEYHOLDER_STAFF_CLIENT_ID",
    parse=text,
    doc="The client id of Keyholder at that provider.",
)
CLIENT_SECRET = Variable(
    name="KEYHOLDER_STAFF_CLIENT_SECRET",
    parse=text,
    secret=True,
    doc="The client secret of Keyholder at that provider.",
)
ALGORITHM = Variable(
    name="KEYHOLDER_STAFF_ALGORITHM",
    parse=choice("RS256", "PS256", "ES256"),
    default="RS256",
    doc="The only algorithm in which that provider signs its tokens.",
)
GROUPS_CLAIM = Variable(
    name="KEYHOLDER_STAFF_GROUPS_CLAIM",
    parse=text,
    default="groups",
    doc="The claim with a staff member's groups.",
)
GROUPS = Variable(
    name="KEYHOLDER_STAFF_GROUPS",
    parse=pairs(*ROLES),
    doc="Which group allows which staff role: `role=group`, separated by commas; a role may have several groups.",
)
ASSURANCE = Variable(
    name="KEYHOLDER_STAFF_ASSURANCE",
    parse=pairs(*ROLES),
    default=",".join(f"{role}=mfa" for role in ROLES),
    doc="For each role, `role=value` with a value of `acr` or `amr` that suffices; a role without one is not in force.",
)
CATALOGUE_LOSSES = Variable(
    name="KEYHOLDER_CATALOGUE_LOSSES_BY_ONE",
    parse=whole(most=1_000_000),
    default="25",
    doc="How many people may lose something within 24 hours by catalogues that one person applies; for more, a second"
    " one agrees.",
)
RECOVERY_WAIT = Variable(
    name="KEYHOLDER_FACTOR_RECOVERY_WAIT",
    parse=whole(most=10_080),
    default="60",
    doc="Minutes between the second person's agreement and the replacement of a lost second factor; the person and the"
    " organization's admins can object meanwhile.",
)
ABSENCE_WAIT = Variable(
    name="KEYHOLDER_ABSENCE_CLAIM_DAYS",
    parse=whole(least=1, most=90),
    default="7",
    doc="Days that an organization's admins have to answer a colleague who says that an admin has left; then it is on"
    " support's worklist.",
)
ERASURE_DAYS = Variable(
    name="KEYHOLDER_ERASURE_DAYS",
    parse=whole(least=31, most=36_500),
    default="730",
    doc="Days after the end of a person's last membership until the person is erased; the log stays verifiable.",
)
DORMANT_DAYS = Variable(
    name="KEYHOLDER_DORMANT_DAYS",
    parse=_none_or(whole(least=60, most=3650)),
    default="365",
    doc="Days without a sign-in after which a person's membership is suspended, 60 at least; two mails warn 30 and 15"
    " days before. 0 suspends no one.",
)
ORPHAN_WAIT = Variable(
    name="KEYHOLDER_ORPHAN_WAIT",
    parse=whole(least=1, most=720),
    default="24",
    doc="Hours in which a customer's people can object to a proposed admin, where the customer has no working admin.",
)
ORPHAN_PROBATION = Variable(
    name="KEYHOLDER_ORPHAN_PROBATION",
    parse=whole(least=1, most=2160),
    default="72",
    doc="Hours after the acceptance in which such an admin only invites and views.",
)
ORPHAN_WEIGHTS = Variable(
    name="KEYHOLDER_ORPHAN_WEIGHTS",
    parse=_weights(
        "member", "mailbox", "domain", "contact", "register", "mandate", "call_back", "letter", most=9
    ),
    default="member=2,mailbox=2,domain=3,contact=2,register=3,mandate=3,call_back=2,letter=1",
    doc="The weight of each kind of proof in a case without an admin: `kind=weight`, separated by commas, all kinds.",
)
ORPHAN_THRESHOLD = Variable(
    name="KEYHOLDER_ORPHAN_THRESHOLD",
    parse=whole(least=2, most=50),
    default="4",
    doc="The sum of weights that the accepted proofs need, from two independent sources at least.",
)
ALERTS = Variable(
    name="KEYHOLDER_STAFF_ALERTS",
    parse=addresses,
    doc="The addresses that get a mail when the break-glass sign-in is opened and used, separated by commas.",
)
