"""The supplier has a catalogue of roles and entitlements, and a ceiling for each organization."""
