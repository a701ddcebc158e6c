"""A web process reads its templates before the first request."""

from pathlib import Path

from django.conf import settings
from django.template import engines
from django.template.backends.django import DjangoTemplates
from django.template.loaders.cached import Loader

from portal.operations import warm_up


def test_warm_up_compiles_every_template() -> None:
    names = {
        str(path.relative_to(settings.BASE_DIR / "templates"))
        for path in Path(settings.BASE_DIR, "templates").rglob("*.html")
    }
    assert warm_up.warm() == len(names) > 50
    backend = engines["django"]
    assert isinstance(backend, DjangoTemplates)
    (loader,) = backend.engine.template_loaders
    assert isinstance(loader, Loader)
    assert names <= set(loader.get_template_cache)
