"""Speed, measured side by side: one JSON line per figure."""
