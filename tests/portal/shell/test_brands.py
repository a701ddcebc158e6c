"""Business units have brands of their own: data of the catalogue, folders of the operator."""

from io import StringIO
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command

from delegation.organizations import commands as organizations_commands
from delegation.organizations.new_organization import NewOrganization
from demo import ports_and_paths
from identity.organizations.models import BusinessUnit, Organization
from identity.people.models import User
from portal.settings import brand
from portal.settings.environment import InvalidValue
from portal.wording import brands
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def brands_folder(tmp_path: Path, settings: LazySettings) -> Path:
    """A folder with one brand, which the settings know."""
    folder = tmp_path / "brands"
    copy = folder / "northern"
    copy.mkdir(parents=True)
    for name in ("brand.css", "brand.svg"):
        (copy / name).touch()
    (copy / "brand.toml").write_text('accent = "#112233"\non_accent = "#ffffff"')
    settings.BRANDS = {key: one.to_setting() for key, one in brand.parse_all(str(folder)).items()}
    return folder


def apply(tmp_path: Path, lines: str) -> str:
    """Apply the demo's catalogue with these further lines."""
    file = tmp_path / "catalog.toml"
    text = ports_and_paths.CATALOG.read_text(encoding="utf-8")
    file.write_text(text.replace("[units]", '[units]\nnorth = "North"') + lines, encoding="utf-8")
    output = StringIO()
    call_command("catalog", "apply", str(file), stdout=output)
    return output.getvalue()


def test_pages_and_mails_have_the_brand_of_the_organization_s_unit(
    world: World, brands_folder: Path, tmp_path: Path
) -> None:
    apply(tmp_path, '\n[brands]\nnorth = "northern"\n')
    assert dict(BusinessUnit.objects.values_list("key", "brand")) == {"kivisalo": "", "north": "northern"}
    new = NewOrganization(key="lappi", name="Lapin Sähkö Oy", numbers={"north": "N-1"})
    organizations_commands.create_organization(actor=world.system, new=new)
    inari = world.member(Organization.objects.get(key="lappi"), "Inari Lappi", "viewer")
    assert "brand/units/northern/brand.css" in home(inari.user, "lappi")
    page = home(world.aino.user, "koskela")
    assert "brand/brand.css" in page
    assert "brand/units/northern" not in page
    assert brands.brand("northern")["accent"] == "#112233"


def home(user: User, organization: str) -> str:
    return BrowserClient().sign_in(user).get(f"/o/{organization}", follow=True).content.decode()


def test_brand_that_no_folder_has_is_refused(world: World, brands_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"southern is not known. The known brands are northern\."):
        apply(tmp_path, '\n[brands]\nnorth = "southern"\n')
    with pytest.raises(CommandError, match=r"brands\.west must be one of the units of this file"):
        apply(tmp_path, '\n[brands]\nwest = "northern"\n')
    assert not BusinessUnit.objects.filter(key="north").exists()


def test_brand_whose_folder_is_gone_shows_the_default_one(settings: LazySettings) -> None:
    settings.BRANDS = {}
    assert brands.brand("northern") == brands.brand()


def test_folder_of_brands_is_read_whole_or_refused(brands_folder: Path) -> None:
    found = brand.parse_all(str(brands_folder))["northern"]
    assert found.to_setting()["stylesheet"] == "brand/units/northern/brand.css"
    assert brand.parse_all("") == {}
    (brands_folder / "Southern").mkdir()
    with pytest.raises(InvalidValue, match="small letters"):
        brand.parse_all(str(brands_folder))
    (brands_folder / "Southern").rename(brands_folder / "southern")
    with pytest.raises(InvalidValue, match="southern must be"):
        brand.parse_all(str(brands_folder))
    with pytest.raises(InvalidValue, match="an absolute path"):
        brand.parse_all("demo")
