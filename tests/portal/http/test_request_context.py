"""The context of a request: what counts as one client."""

import pytest

from portal.http import request_context


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:0:1::7", "2001:db8:0:1::/64"),
        ("2001:db8:0:1:ffff::", "2001:db8:0:1::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("::ffff:cb00:7107", "203.0.113.7"),
        ("", ""),
    ],
)
def test_addresses_of_one_subscriber_count_as_one_client(address: str, counted: str) -> None:
    assert request_context.network(address) == counted
