"""The probe must catch a portal that revokes 5 ms late."""

from bench import revocation_probe


def run() -> None:
    """The figure must be above zero; with zero the probe measures nothing."""
    revocation_probe.count(
        "revocation_probe.control_5ms_late",
        "bench.late_revocation_app:application",
        revocation_probe.COUNTED // 10,
    )
