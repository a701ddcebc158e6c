"""An organization proves by a DNS record that a mail domain is its own."""
