"""A web process loads templates, routes and translations at its start, so that no request waits for them."""

from pathlib import Path

from django.conf import settings
from django.template import loader
from django.urls import get_resolver, reverse
from django.utils import translation

from portal.wording import cldr


def warm() -> int:
    """Compile our templates and read translations and CLDR data. Returns the number of templates."""
    folder = Path(settings.BASE_DIR) / "templates"
    names = [str(path.relative_to(folder)) for path in sorted(folder.rglob("*.html"))]
    for name in names:
        loader.get_template(name)
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            translation.gettext("Home")
            cldr.months()
    get_resolver()
    reverse("root")
    return len(names)
