"""Every address on every page opens one of our views, and each button the view of its label."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.conf import settings
from django.urls import Resolver404, ResolverMatch, resolve

from tests.fixtures import url_map
from tests.fixtures.markup import Form, Page, Target
from tests.fixtures.url_map import Address, PortalWithData, Visit
from tests.fixtures.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]

EVERYWHERE = {"language", "account_logout"}
"""Where the forms of the frame go."""
FORMS: dict[str, set[str]] = {
    "accessibility": set(),
    "account_change_password": {"account_change_password"},
    "account_inactive": set(),
    "account_login": {"account_login", "mfa_login_webauthn"},
    "account_logout": set(),
    "account_reauthenticate": {"account_reauthenticate"},
    "account_reset_password": {"account_reset_password"},
    "account_reset_password_done": set(),
    "account_reset_password_from_key_done": set(),
    "account_not_me": {"account_not_me"},
    "activity": set(),
    "admin_ask": {"admin_ask"},
    "admin_left": {"admin_left"},
    "admin_claim": {"admin_claim"},
    "my_admins": set(),
    "continuity": {"continuity"},
    "rights_changes": set(),
    "who_could": set(),
    "who_could_rights": set(),
    "handover": {"handover"},
    "handover_complete": {"handover_complete"},
    "review": {"review"},
    "review_start": {"review_start"},
    "review_stop": {"review_stop"},
    "reviews": set(),
    "case_confirm": {"case_confirm"},
    "case_confirmed": set(),
    "case_letter": {"case_letter"},
    "case_request": {"case_request"},
    "case_request_by_link": {"case_request_by_link"},
    "case_requested": set(),
    "duties": set(),
    "duty_ask": {"duty_ask"},
    "duty_exception": {"duty_exception"},
    "home": set(),
    "invitation_cancel": {"invitation_cancel"},
    "invite": {"invitations", "invite", "people_select"},
    "invitation_accept": {"invitation_accept"},
    "mfa_activate_totp": {"mfa_activate_totp"},
    "mfa_add_webauthn": {"mfa_add_webauthn"},
    "mfa_authenticate": {"mfa_authenticate"},
    "mfa_replace_lost": {"mfa_replace_lost"},
    "mfa_deactivate_totp": set(),
    "mfa_generate_recovery_codes": {"mfa_generate_recovery_codes"},
    "mfa_index": set(),
    "mfa_list_webauthn": set(),
    "mfa_reauthenticate": {"mfa_reauthenticate"},
    "mfa_view_recovery_codes": {"mfa_view_recovery_codes"},
    "domains": {"domains"},
    "look_help": {"look_help"},
    "look_rule": {"look_rule"},
    "programs": set(),
    "program_create": {"program_create"},
    "program_end": {"program_end"},
    "program_old_secret": {"program_old_secret"},
    "program_secret": {"program_secret"},
    "my_access": {"my_sessions"},
    "my_data": set(),
    "my_details": {"my_details"},
    "my_sign_out": {"my_sessions"},
    "oidc_device": set(),
    "oidc_logout": {"oidc_logout_confirm"},
    "people": {"invitations", "people_select"},
    "people_access": {"invitations", "people_access", "people_select"},
    "people_last_day": {"people_last_day"},
    "people_remove": {"people_remove"},
    "people_sites": {"invitations", "people_select", "people_sites"},
    "person": set(),
    "person_access": {"person_access"},
    "person_last_day": {"person_last_day"},
    "person_remove": {"person_remove"},
    "person_resume": {"person_resume"},
    "person_restore": {"person_restore"},
    "person_sign_out": {"person_sign_out"},
    "person_suspend": {"person_suspend"},
    "privacy": set(),
    "removal": set(),
    "second_admin": set(),
}
"""Page: where the forms go that change something."""
BUTTONS: dict[str, dict[str, str]] = {
    "account_login": {r"Forgot your password\?": "account_reset_password"},
    "account_reset_password": {"Back to sign-in": "account_login"},
    "continuity": {"Promote a colleague…": "second_admin", "Hand over…": "handover"},
    "my_admins": {"Send message….*": "admin_ask", "They have left….*": "admin_left"},
    "home": {"All events": "activity", "Web shop.*": "open", "CRM portal.*": "open"},
    "invitation_cancel": {"Keep invitation": "people"},
    "programs": {
        "Create a program…": "program_create",
        "New secret….*": "program_secret",
        "End old secret….*": "program_old_secret",
        "End….*": "program_end",
    },
    "second_admin": {"Make admin….*": "person_access", "Invite a second admin": "invite"},
    "invite": {"Cancel": "people"},
    "mfa_index": {
        "Add passkey": "mfa_add_webauthn",
        "Remove…": "mfa_deactivate_totp",
        "Create codes": "mfa_generate_recovery_codes",
        "Change password": "account_change_password",
    },
    "my_access": {
        "Change name or phone": "my_details",
        "See or download your data": "my_data",
        "Sign out everywhere…": "my_sign_out",
        "My security": "mfa_index",
        "Ask an admin": "my_admins",
        "Hand over to another person": "handover",
    },
    "look_help": {"Change…": "look_rule"},
    "look_rule": {"Cancel": "look_help"},
    "my_details": {"Cancel": "my_access"},
    "my_sign_out": {"Cancel": "my_access"},
    "people": {
        "Invite": "invite",
        "Cancel invitation….*": "invitation_cancel",
        "Open": "person",
        "Change access": "person_access",
        "Remove…": "person_remove",
    },
    "person": {
        "Change access": "person_access",
        "Remove…": "person_remove",
        "All events": "activity",
        "Sign out all sessions…": "person_sign_out",
    },
    "person_access": {"Cancel": "person"},
    "person_last_day": {"Remove Mikko Laine now…": "person_remove"},
    "person_remove": {
        "Mikko Laine": "person",
        "Plan the last day…": "person_last_day",
        "Suspend access…": "person_suspend",
    },
    "person_suspend": {"Cancel": "person"},
    "person_sign_out": {"Cancel": "person"},
    "person_restore": {"View receipt": "removal", "Restore Olli Mäkinen": "person_restore"},
    "removal": {"Refresh": "removal", "Back to people": "people"},
}
"""Page: a pattern of a link's words, and the view that it opens."""


@dataclass
class Opened:
    """A page as it was opened."""

    address: Address
    place: Visit
    page: Page


def opened(portal: PortalWithData) -> Iterator[Opened]:
    """Every page that answers with HTML."""
    for address in url_map.addresses():
        place = portal.place(address)
        answer = place.browser.get(place.path)
        if answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
            yield Opened(address, place, Page(answer.content.decode()))


def view(url: str) -> ResolverMatch | None:
    """The view that this address opens; None for an address without one of our views."""
    try:
        return resolve(url.removeprefix(settings.ISSUER).partition("#")[0].partition("?")[0])
    except Resolver404:
        return None


def is_ours(target: Target) -> bool:
    """Not an anchor, a mail address, a picture or a file in the page, or a static file."""
    return not target.url.startswith(("#", "mailto:", "data:", settings.STATIC_URL))


def sent_to(form: Form, place: Visit) -> str:
    """Where a form goes; without an address: to its own page."""
    found = view(form.action or place.path)
    return str(found.url_name) if found else form.action


def wrong_person(page: Page) -> list[str]:
    """In lists, what is offered beside a colleague is about that colleague."""
    wrong, current = [], None
    for one in page.targets:
        found = view(one.url) if one.tag == "a" and is_ours(one) else None
        if found and found.url_name == "person":
            current = found.kwargs["membership"]
        elif (
            found
            and found.url_name in {"person_access", "person_remove"}
            and found.kwargs["membership"] != current
        ):
            wrong.append(one.url)
    return wrong


def faults(one: Opened) -> list[str]:
    """What leads nowhere or to the wrong place."""
    name, page = one.address.name, one.page
    found = [
        f"nowhere: {target.url}" for target in page.targets if is_ours(target) and view(target.url) is None
    ]
    posted = {sent_to(form, one.place) for form in page.forms if form.method == "post"} - EVERYWHERE
    if posted != FORMS[name]:
        found.append(f"forms go to {sorted(posted)}")
    for words, expected in BUTTONS.get(name, {}).items():
        links = [target for target in page.targets if target.tag == "a" and re.fullmatch(words, target.text)]
        views = {match.url_name if (match := view(target.url)) else target.url for target in links}
        if views != {expected}:
            found.append(f"{words} opens {views}")
    if name in {"people", "invite"}:
        found += [f"about someone else: {url}" for url in wrong_person(page)]
    return found + about_another(one)


def about_another(one: Opened) -> list[str]:
    """On a colleague's own pages, forms and offers are about that colleague."""
    mine = one.place.arguments.get("membership")
    own = {"person_access", "person_remove", "person_restore", "person_resync"}
    matches = [match for target in one.page.targets if is_ours(target) and (match := view(target.url))]
    return [
        f"about someone else: {match.url_name}"
        for match in matches
        if mine and match.url_name in own and str(match.kwargs["membership"]) != mine
    ]


def test_every_link_of_every_page_opens_the_expected_view(world: World) -> None:
    found = {}
    pages = list(opened(PortalWithData(world)))
    assert {one.address.name for one in pages} == set(FORMS), (
        "FORMS lists the forms of every page, `set()` for none"
    )
    for one in pages:
        if wrong := faults(one):
            found[one.address.name] = wrong
    assert found == {}
