"""The benches measure speed side by side: one JSON line per figure."""
