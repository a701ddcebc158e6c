"""The failure of a delivery in words: a sentence that names the system or the supplier."""

import pytest
from django.conf import settings
from django.utils import translation

from delegation.catalogue.display_names import DisplayNames
from portal.wording import delivery_attempts, systems
from provisioning.connectors.rights_summary import RightSummary
from provisioning.delivery.errors import Code
from tests.fixtures.pages import plain

MAIL_ONLY = {Code.NO_SUCH_RECIPIENT}
"""A page shows no failure of a mail as the failure of a system."""


@pytest.mark.parametrize("language", ["en", "fi"])
@pytest.mark.parametrize("code", sorted(set(Code) - MAIL_ONLY))
def test_failure_of_a_delivery_names_the_system_or_the_supplier(code: Code, language: str) -> None:
    with translation.override(language):
        sentence = delivery_attempts.problem(code, "CRM portal")
    assert "CRM portal" in sentence or settings.SUPPLIER_NAME in sentence
    assert "%" not in sentence


def test_unknown_failure_has_no_sentence() -> None:
    assert delivery_attempts.problem("unheard_of", "CRM portal") == ""


NAMES = DisplayNames(tiers={"orderer": {"en": "Orderer"}}, applications={}, entitlements={}, sites={})


def summary(amount: str | None, currency: str, period: str) -> RightSummary:
    """A right of an orderer at all sites."""
    return RightSummary(
        entitlement="shop:place",
        role="orderer",
        all_sites=True,
        sites=[],
        amount=amount,
        currency=currency,
        period=period,
    )


UNLIMITED = summary(None, "", "")


@pytest.mark.parametrize(
    ("rights", "expected"),
    [
        ([summary("2000.00", "EUR", "order")], "Orderer, up to 2 000 €, all sites"),
        ([summary("5000.00", "EUR", "month"), UNLIMITED], "Orderer, up to 5 000 € a month, all sites"),
        (
            [
                summary("5000.00", "EUR", "month"),
                summary("4000.00", "EUR", "month"),
                summary("100.00", "SEK", "order"),
            ],
            "Orderer, up to 4 000 € a month and up to 100 kr, all sites",
        ),
        ([UNLIMITED], "Orderer, all sites"),
    ],
)
def test_rights_of_an_account_name_the_period_of_their_limit(
    rights: list[RightSummary], expected: str
) -> None:
    with translation.override("en"):
        text = systems.describe_rights(rights, NAMES)
    assert plain(text) == expected
