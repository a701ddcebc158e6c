"""What has been told long ago and stands in the log is not kept twice."""

import datetime as dt

from audit import clock
from provisioning.models import Delivery, Logout, Mail

_KEPT = dt.timedelta(days=90)


def tidy() -> int:
    """Forget deliveries, logouts and mails that were done three months ago. Returns how many."""
    before = clock.now() - _KEPT
    deliveries, _ = Delivery.objects.filter(done_at__lt=before).delete()
    logouts, _ = Logout.objects.filter(done_at__lt=before).delete()
    mails, _ = Mail.objects.filter(sent_at__lt=before).delete()
    return deliveries + logouts + mails
