"""Icons and brands of a catalogue are those that this installation's pages have."""

from django.conf import settings

from delegation.catalogue.defaults import Catalogue
from portal.templatetags import kh


def problems(catalogue: Catalogue) -> list[str]:
    """Return a line for each unknown icon and brand, with the known ones."""
    icons = ", ".join(sorted(kh.icon_names()))
    brands = ", ".join(sorted(settings.BRANDS)) or "none: set KEYHOLDER_BRANDS"
    return [
        *(
            f"applications.{key}: {icon} is not known. The known icons are {icons}."
            for key, icon in catalogue.icons.items()
            if icon not in kh.icon_names()
        ),
        *(
            f"brands.{unit}: {brand} is not known. The known brands are {brands}."
            for unit, brand in catalogue.brands.items()
            if brand not in settings.BRANDS
        ),
    ]
