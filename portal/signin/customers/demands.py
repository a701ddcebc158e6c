"""Each page demands something of a session (`assurance`): some have a demand of their own, every other asks ACCESS."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from portal.signin.customers.assurance import Demand

RECENT = dt.timedelta(minutes=15)
ACCESS = Demand()
"""A sign-in as strong as the person's factors allow and the person's roles require."""
OWN_SIGN_IN = Demand(by_role=False)
"""As strong as the person's factors allow: a person whose role requires a second factor adds it here."""
OWN_FACTORS = Demand(by_role=False, max_age=RECENT)
"""A new proof for changing how one signs in (ASVS 5.0 V7.5.1)."""
GIVING_ACCESS = Demand(max_age=dt.timedelta(hours=2))
"""A new proof for giving access to other people and to programs (V7.5.3). Removing access never waits for one."""

BY_URL_NAME: Mapping[str, Demand | None] = {
    "account_login": None,
    "account_logout": None,
    "account_inactive": None,
    "account_reset_password": None,
    "account_reset_password_done": None,
    "account_reset_password_from_key": None,
    "account_reset_password_from_key_done": None,
    "account_not_me": None,
    "mfa_authenticate": None,
    "mfa_replace_lost": None,
    "mfa_login_webauthn": None,
    "account_reauthenticate": OWN_SIGN_IN,
    "mfa_reauthenticate": OWN_SIGN_IN,
    "mfa_reauthenticate_webauthn": OWN_SIGN_IN,
    "mfa_index": OWN_SIGN_IN,
    "mfa_list_webauthn": OWN_SIGN_IN,
    "account_change_password": OWN_FACTORS,
    "account_set_password": OWN_FACTORS,
    "mfa_activate_totp": OWN_FACTORS,
    "mfa_deactivate_totp": OWN_FACTORS,
    "mfa_generate_recovery_codes": OWN_FACTORS,
    "mfa_view_recovery_codes": OWN_FACTORS,
    "mfa_add_webauthn": OWN_FACTORS,
    "mfa_remove_webauthn": OWN_FACTORS,
    "mfa_edit_webauthn": OWN_FACTORS,
    "my_data": OWN_FACTORS,
    "my_data_file": OWN_FACTORS,
    "duty_exception": GIVING_ACCESS,
    "handover": GIVING_ACCESS,
    "handover_complete": GIVING_ACCESS,
    "invite": GIVING_ACCESS,
    "invitations": GIVING_ACCESS,
    "look_help": GIVING_ACCESS,
    "look_rule": GIVING_ACCESS,
    "people_access": GIVING_ACCESS,
    "person_access": GIVING_ACCESS,
    "person_last_day_cancel": GIVING_ACCESS,
    "person_restore": GIVING_ACCESS,
    "person_resume": GIVING_ACCESS,
    "program_create": GIVING_ACCESS,
    "program_secret": GIVING_ACCESS,
}
"""None: for everybody, also without a sign-in. A page whose act `gives_access` (the verb's rule) has GIVING_ACCESS."""


def of_page(url_name: str | None, view: Any) -> Demand | None:
    """Return the demand of a page; None for a page without a sign-in (Django's `login_not_required`)."""
    if url_name is not None and url_name in BY_URL_NAME:
        return BY_URL_NAME[url_name]
    return ACCESS if getattr(view, "login_required", True) else None
