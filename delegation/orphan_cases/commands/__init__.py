"""The commands on a case open it, collect proofs, decide, object, and make the new admin."""
