"""The failure of a delivery in words: a sentence that names the system or the supplier."""

import pytest
from django.conf import settings
from django.utils import translation

from portal.wording import systems
from provisioning.delivery.errors import Code

MAIL_ONLY = {Code.NO_SUCH_RECIPIENT}
"""A page shows no failure of a mail as the failure of a system."""


@pytest.mark.parametrize("language", ["en", "fi"])
@pytest.mark.parametrize("code", sorted(set(Code) - MAIL_ONLY))
def test_failure_of_a_delivery_names_the_system_or_the_supplier(code: Code, language: str) -> None:
    with translation.override(language):
        sentence = systems.problem(code, "CRM portal")
    assert "CRM portal" in sentence or settings.SUPPLIER_NAME in sentence
    assert "%" not in sentence


def test_unknown_failure_has_no_sentence() -> None:
    assert systems.problem("unheard_of", "CRM portal") == ""
