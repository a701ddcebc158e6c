"""Programs by others, as the other end of a protocol: for CI, where Node is there (KEYHOLDER_TEST_REQUIRE_NODE)."""
