"""Every language has every text."""

import shutil
from pathlib import Path

import pytest

from portal.tools import translations


@pytest.mark.parametrize("language", translations.LANGUAGES)
def test_every_text_is_translated(language: str) -> None:
    assert translations.problems(language=language) == []


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A product of one template and its Finnish, complete."""
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/a.html").write_text(
        '{% comment %}{% translate "not this" %}{% endcomment %}'
        '{% translate "People" %}<a title="{% translate "Go on" context "button" %}">'
        "{% blocktranslate count n=n trimmed %}\n  {{ n }} % of one\n{% plural %}\n  {{ n }} % of many\n"
        "{% endblocktranslate %}",
        encoding="utf-8",
    )
    (tmp_path / "portal").mkdir()
    (tmp_path / "portal/b.py").write_text('_ = gettext_lazy("Hello %(name)s")\n', encoding="utf-8")
    path = translations.path_of(language="fi", root=tmp_path)
    path.parent.mkdir(parents=True)
    translations.update(language="fi", root=tmp_path)
    words = {"People": "Henkilöt", "Go on": "Jatka", "Hello %(name)s": "Hei %(name)s"}
    catalog = path.read_text(encoding="utf-8")
    for english, finnish in words.items():
        catalog = catalog.replace(f'msgid "{english}"\nmsgstr ""', f'msgid "{english}"\nmsgstr "{finnish}"')
    catalog = catalog.replace('msgstr[0] ""\nmsgstr[1] ""', 'msgstr[0] "%(n)s %%"\nmsgstr[1] "%(n)s %%"')
    path.write_text(catalog, encoding="utf-8")
    path.with_suffix(".mo").write_bytes(translations.compiled(language="fi", root=tmp_path))
    return tmp_path


def test_texts_are_found_in_templates_and_code(root: Path) -> None:
    found = {(one.context, one.text, one.plural) for one in translations.collect(root=root)}

    assert found == {
        ("", "People", ""),
        ("button", "Go on", ""),
        ("", "%(n)s %% of one", "%(n)s %% of many"),
        ("", "Hello %(name)s", ""),
    }
    assert translations.problems(language="fi", root=root) == []


def _spoil(root: Path, before: str, after: str) -> list[str]:
    path = translations.path_of(language="fi", root=root)
    content = path.read_text(encoding="utf-8")
    assert before in content
    path.write_text(content.replace(before, after), encoding="utf-8")
    path.with_suffix(".mo").write_bytes(translations.compiled(language="fi", root=root))
    return translations.problems(language="fi", root=root)


def test_missing_translation_is_reported(root: Path) -> None:
    assert _spoil(root, "Henkilöt", "") == ["fi: not translated: 'People' (templates/a.html)"]


def test_missing_placeholder_is_reported(root: Path) -> None:
    assert _spoil(root, "Hei %(name)s", "Hei nimi") == ["fi: different placeholders: 'Hello %(name)s'"]


def test_unused_translation_is_reported(root: Path) -> None:
    shutil.rmtree(root / "portal")

    assert translations.problems(language="fi", root=root) == ["fi: not used: 'Hello %(name)s'"]


def test_stale_compiled_file_is_reported(root: Path) -> None:
    translations.path_of(language="fi", root=root).with_suffix(".mo").write_bytes(b"old")

    assert translations.problems(language="fi", root=root) == ["fi: not compiled"]


def test_update_preserves_translations(root: Path) -> None:
    (root / "templates/c.html").write_text('{% translate "New" %}', encoding="utf-8")

    translations.update(language="fi", root=root)

    catalog = translations.load(language="fi", root=root)
    assert [getattr(catalog.get(text), "string", None) for text in ("People", "New")] == ["Henkilöt", ""]


def test_text_that_gets_a_plural_is_translated_again(root: Path) -> None:
    page = root / "templates/a.html"
    plural = "{% blocktranslate count n=n %}People{% plural %}Many people{% endblocktranslate %}"
    page.write_text(
        page.read_text(encoding="utf-8").replace('{% translate "People" %}', plural), encoding="utf-8"
    )
    translations.update(language="fi", root=root)
    assert "fi: not translated: 'People' (templates/a.html)" in translations.problems(
        language="fi", root=root
    )
