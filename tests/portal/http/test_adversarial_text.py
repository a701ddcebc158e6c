"""No text of a stranger takes time that grows faster than its length: one request would stop all others."""

from tests.fixtures import processor_time

SECONDS = 60
"""Of processor time for all readers together, which need about 10. One bad pair of them takes 14 and more."""
SCRIPT = """
import contextlib, itertools
import django
django.setup()
from delegation.authorization import input_cleaning
from delegation.authorization.errors import InvalidInput
from identity.people import addresses, hashers, names
from portal.http import request_data
from portal.signin.customers import code_input
from portal.web.invitations import pasted_addresses

SIZE = 65_000
PARTS = (
    '"', '\\\\"', '"\\\\"', '\\\\', '[', '{"a":', '"a",', '9', '1e', '-', ' ', '\\t', '.', 'a.', '@', 'a@', '%',
    '%2', '&', '=', ';', '\\u0301', '\\u0316\\u0301', 'a\\u0301\\u0316', '\\u200c', '\\u0640\\u200c',
    '\\u094d\\u200d', '\\u1100', '\\u3164', '\\uac00\\u11a8', '\\ufdfa', 'http://', 'www.', '/', '[::', 'xn--',
    '\\u00df', '\\u0345', '"a', '<', 'a@k.example,', '"a@b"', '\\t;', '@ ',
)
READERS = (
    request_data.split_url, lambda text: request_data.query_values(text, "a"), request_data.json_object,
    lambda text: request_data.basic_credentials("Basic " + text), addresses.canonical, hashers.opaque_string,
    code_input.normalized, names.clean, names.fault, names.sort_key, input_cleaning.name, input_cleaning.reason,
    input_cleaning.address, input_cleaning.mail_domain, input_cleaning.web_address, pasted_addresses.people_in,
)
for part, read in itertools.product(PARTS, READERS):
    for text in (part * (SIZE // len(part)), '"' + part * (SIZE // len(part)), "a@" + part * (SIZE // len(part))):
        with contextlib.suppress(InvalidInput, addresses.InvalidAddress):
            read(text)
print("read")
"""


def test_readers_of_texts_from_strangers_take_time_in_proportion() -> None:
    done = processor_time.run(SCRIPT, seconds=SECONDS)
    assert (done.returncode, done.stdout.strip()) == (0, "read"), done.stderr
