"""The environment variables of staff sign-in are declared here, as in `variables`."""

from portal.settings.environment import Variable, addresses, choice, https, pairs, text, url, whole

ROLES = ("support", "senior_support", "account_manager", "catalogue_owner", "operator", "auditor", "owner")

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
ALERTS = Variable(
    name="KEYHOLDER_STAFF_ALERTS",
    parse=addresses,
    doc="The addresses that get a mail when the break-glass sign-in is opened and used, separated by commas.",
)
