"""Pages and mails show the supplier's name, telephone and look, which are read from the settings alone."""

from django.conf import settings


def brand(key: str = "") -> dict[str, str]:
    """Return the supplier's name and telephone, and the look of this brand or of the default one, for templates."""
    phone = settings.SUPPLIER_SUPPORT.replace(" ", "\N{NO-BREAK SPACE}")
    return {"name": settings.SUPPLIER_NAME, "phone": phone, **settings.BRANDS.get(key, settings.BRAND)}
