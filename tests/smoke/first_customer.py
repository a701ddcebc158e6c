"""The first customer, for the installation's own shell (`deploy/manage shell`). Prints JSON at its end.

`PLAN` is put in front: the target's address and token, the numbers of admins and leavers, and their password.
"""

# ruff: noqa: T201, F821 - a script for a shell, with a constant in front
import json

from django.contrib.auth.hashers import make_password

from delegation.applications import commands as applications_commands
from delegation.applications import new_client
from delegation.authorization.values import AccessSpec
from delegation.catalogue import ceilings
from delegation.catalogue import commands as catalogue_commands
from delegation.organizations import commands as organizations_commands
from delegation.organizations.new_organization import NewOrganization
from delegation.people.commands import enrollment
from demo import seed
from identity.clients.models import Application
from identity.memberships.models import Membership
from identity.organizations.models import Organization
from identity.people.models import User
from provisioning.targets import commands as targets_commands

plan = PLAN  # type: ignore[name-defined]
for key in ("ordering", "crm"):
    client = new_client.NewClient(
        client_id=key,
        name=key,
        redirect_uris=[f"https://{key}.example.com/callback"],
        initiate_login_uri=f"https://{key}.example.com/initiate",
        backchannel_logout_uri="",
        post_logout_redirect_uris=[f"https://{key}.example.com/"],
        scopes=["openid", "profile", "email"],
    )
    applications_commands.register_application(
        actor=seed.SYSTEM, key=key, name={"en": key, "fi": key}, unit="kivisalo", client=client
    )
catalogue_commands.apply(actor=seed.SYSTEM, catalogue=seed.CATALOGUE)
targets_commands.register(
    actor=seed.SYSTEM,
    application=Application.objects.get(key="ordering"),
    base_url=plan["target"],
    token=plan["token"],
)
new = NewOrganization(
    key="koskela",
    name="Koskela",
    register_id="1234567-1",
    language="en",
    sites=[("Tampere", "TRE-01")],
    numbers={"kivisalo": "1"},
)
organizations_commands.create_organization(actor=seed.SYSTEM, new=new)
koskela = Organization.objects.get(key="koskela")
ceilings.set_ceiling(actor=seed.SYSTEM, organization=koskela, offer=seed.OFFER)
hashed, unusable = make_password(plan["password"]), make_password(None)


def person(name: str, role: str, password: str) -> enrollment.PersonToEnroll:
    access = AccessSpec(role=role, all_sites=True, sites=frozenset(), limits={})
    email = f"{name.lower()}@koskela.example"
    return enrollment.PersonToEnroll(email=email, name=name, password=password, language="en", access=access)


admins = [person(f"Admin{number}", "organization_admin", hashed) for number in range(plan["admins"])]
leavers = [person(f"Leaver{number}", "viewer", unusable) for number in range(plan["leavers"])]
enrollment.enroll(actor=seed.SYSTEM, organization=koskela, people=[*admins, *leavers])
secrets = {one.email: seed.add_factor(User.objects.get(email=one.email)) for one in admins}
members = {
    membership.user.email: [str(membership.id), str(membership.user_id)]
    for membership in Membership.objects.filter(organization=koskela).select_related("user")
}
print(json.dumps({"secrets": secrets, "members": members}))
