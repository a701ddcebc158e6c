"""(c), the control: the portal that revokes 5 ms late must be caught by the same hammering."""

from bench import hammer


def run() -> None:
    """More than none is accepted here, or the bench proves nothing."""
    hammer.count("hammer.control_5ms_late", "bench.late:application", hammer.COUNTED // 10)
