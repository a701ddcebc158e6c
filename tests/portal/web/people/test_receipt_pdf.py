"""The receipt as PDF: what a reader finds in it, read by a library of another origin, and the attached proof."""

import io

import pytest
from django.conf import settings
from pypdf import PdfReader

from audit import verify_receipt
from delegation.people.commands import members
from identity import signing_keys
from portal.web.people.receipt import ReceiptPage
from tests.fixtures import signed_in
from tests.fixtures.pages import KOSKELA, page_model
from tests.fixtures.world import World, actor_of

pytestmark = pytest.mark.django_db(transaction=True)


def opened(content: bytes) -> tuple[PdfReader, str]:
    """The file, and its text with single spaces."""
    reader = PdfReader(io.BytesIO(content))
    return reader, " ".join(" ".join(page.extract_text() for page in reader.pages).split())


def test_pdf_shows_what_the_page_shows_and_has_the_signed_receipt_in_it(world: World) -> None:
    removed = world.remove(world.mikko)
    browser = signed_in.browser(world.aino)
    page = page_model(browser.get(f"{KOSKELA}/acts/{removed.act}"), ReceiptPage)
    answer = browser.get(page.pdf_url)
    assert answer["Content-Disposition"] == f'attachment; filename="receipt-{page.receipt.number}.pdf"'
    assert (answer["Content-Type"], answer["Cache-Control"]) == ("application/pdf", "no-store")

    reader, text = opened(answer.content)

    receipt = page.receipt
    assert receipt.single is not None
    shown = [page.title, page.lead, receipt.number, f"{receipt.single.name}, {receipt.single.email}"]
    shown += [receipt.by, receipt.when, receipt.reason, receipt.single.hash]
    shown += [word for row in page.rows for word in (row.name, row.what, row.confirmed, row.took)]
    assert [word for word in shown if " ".join(word.split()) not in text] == []
    assert "stands for" not in text
    assert f"The present state is at {settings.ISSUER}{KOSKELA}/acts/{removed.act}." in text
    assert reader.metadata is not None
    assert reader.metadata.title == f"Receipt {receipt.number}"
    ((name, (attached,)),) = reader.attachments.items()
    assert name == f"receipt-{receipt.number}.json"
    assert verify_receipt.verify(attached, signing_keys.jwks())["number"] == receipt.number


def test_pdf_has_every_european_script_and_says_what_it_cannot_show(world: World) -> None:
    removed = world.remove(
        world.member(
            world.koskela,
            "Žofia Łukaszová Иван Γιώργος Nguyễn Đức 日本",
            "viewer",
            email="zofia@koskela.example",
        )
    )
    answer = signed_in.browser(world.aino).get(f"{KOSKELA}/acts/{removed.act}/receipt.pdf")

    _, text = opened(answer.content)

    assert "Žofia Łukaszová Иван Γιώργος Nguyễn Đức ¤¤ is removed" in text
    assert "¤ stands for a character that this file cannot show. The attached file has it." in text


def test_pdf_of_many_people_has_all_of_them_on_counted_pages(world: World) -> None:
    people = [world.member(world.koskela, f"P{number} Person", "viewer") for number in range(60)]
    people.append(world.member(world.koskela, "x" * 60, "viewer", email="long@koskela.example"))
    removed = members.remove(actor=actor_of(world.aino), memberships=people, reason="left")
    answer = signed_in.browser(world.aino).get(f"{KOSKELA}/acts/{removed.act}/receipt.pdf")

    reader, text = opened(answer.content)

    assert [number for number in range(60) if f"P{number} Person," not in text] == []
    assert f"1 / {len(reader.pages)}" in text
    assert f"{len(reader.pages)} / {len(reader.pages)}" in text
    assert len(reader.pages) > 1


def test_pdf_is_for_readers_of_the_receipt_only(world: World) -> None:
    removed = world.remove(world.mikko)
    path = f"{KOSKELA}/acts/{removed.act}/receipt.pdf"
    for who, status in ((world.paivi, 200), (world.ulla, 404), (world.vilma, 404), (world.tiina, 404)):
        assert signed_in.browser(who).get(path).status_code == status
    unknown = f"{KOSKELA}/acts/{world.somewhere}/receipt.pdf"
    assert signed_in.browser(world.aino).get(unknown).status_code == 404
