"""What a web process reads once, before the first request would have to wait for it: templates, routes, words."""

from pathlib import Path

from django.conf import settings
from django.template import loader
from django.urls import get_resolver, reverse
from django.utils import translation

from portal.wording import cldr


def warm() -> int:
    """Compile our templates (with the parts they are made of), read translations and CLDR data. How many templates."""
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
