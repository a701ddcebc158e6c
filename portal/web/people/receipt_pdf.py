"""The receipt of a removal is a PDF, too: for the personnel file, with the signed receipt attached.

A PDF that the portal wrote proves nothing by itself. The JSON file inside it does (`audit.verify_receipt`).
"""

import datetime as dt
import itertools
from pathlib import Path

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from fpdf import FPDF
from fpdf.enums import TableBordersLayout, XPos, YPos
from fpdf.fonts import FontFace, TTFFont

from portal.templatetags import kh
from portal.web.people.receipt import ReceiptPage
from portal.wording import dates, time_zones

_FONTS = Path(settings.BASE_DIR) / "portal/static/vendor/inter/5.3.0"
_SCRIPTS = ("latin", "latin-ext", "cyrillic", "greek", "vietnamese")
"""The portal's own font, by the scripts that its files have."""
_MISSING = "¤"
_MARGIN = 18
_INK, _QUIET = (27, 36, 48), (90, 102, 117)
_COLUMNS = (24, 44, 18, 14)
"""Shares of the table's width: system, what happened, confirmed, took."""


class _Document(FPDF):
    """Writes A4 pages whose foot names the receipt and counts the pages."""

    def __init__(self, foot: str) -> None:
        super().__init__(format="A4")
        self._foot = foot
        for script in _SCRIPTS:
            self.add_font(script, fname=_FONTS / f"inter-{script}-wght-normal.woff2")
        self.set_fallback_fonts(list(_SCRIPTS[1:]), exact_match=False)
        self._known = frozenset(
            itertools.chain.from_iterable(
                font.cmap for font in self.fonts.values() if isinstance(font, TTFFont)
            )
        )
        self.set_margin(_MARGIN)
        self.set_auto_page_break(auto=True, margin=_MARGIN + 6)
        self.is_incomplete = False

    def footer(self) -> None:
        """Write the foot of a page (called by the library)."""
        self.set_y(-_MARGIN)
        self.write_in(_QUIET, 8)
        self.cell(0, 4, self.known(self._foot))
        self.set_x(_MARGIN)
        self.cell(0, 4, f"{self.page_no()} / {{nb}}", align="R")

    def known(self, text: str) -> str:
        """Return the text with a mark for each character that the font has not."""
        found = "".join(one if ord(one) in self._known or one == "\n" else _MISSING for one in text)
        self.is_incomplete |= found != text
        return found

    def write_in(self, colour: tuple[int, int, int], size: float) -> None:
        """Write in this colour and size (points) from here."""
        self.set_text_color(*colour)
        self.set_font(_SCRIPTS[0], size=size)

    def paragraph(self, text: str, *, colour: tuple[int, int, int] = _INK, size: float = 10) -> None:
        """Write a text over the whole width."""
        self.write_in(colour, size)
        self.multi_cell(0, size * 0.53, self.known(text), new_x=XPos.LMARGIN, new_y=YPos.NEXT, align="L")

    def heading(self, text: str) -> None:
        """Write the title of a section."""
        self.ln(6)
        self.paragraph(text, size=13)
        self.ln(2)


def receipt_pdf(
    model: ReceiptPage, *, organization: str, signed: bytes, at: dt.datetime, clock: dates.Clock
) -> bytes:
    """Return the file. `signed` is the signed receipt, which becomes an attachment."""
    title = f"{_('Receipt')} {model.receipt.number}"
    pdf = _Document(f"{settings.SUPPLIER_NAME} · {title}")
    pdf.set_title(title)
    pdf.set_author(settings.SUPPLIER_NAME)
    pdf.set_lang(get_language())
    pdf.set_creation_date(at)
    pdf.add_page()
    pdf.paragraph(f"{settings.SUPPLIER_NAME} · {organization}", colour=_QUIET, size=9)
    pdf.ln(2)
    pdf.paragraph(model.title, size=18)
    pdf.ln(2)
    pdf.paragraph(model.lead)
    _systems(pdf, model)
    _facts(pdf, model)
    name = f"receipt-{model.receipt.number}.json"
    _notes(pdf, model, made=time_zones.with_zone(clock.date_time(at), clock.zone), file=name)
    pdf.embed_file(
        bytes=signed, basename=name, mime_type="application/json", creation_date=at, modification_date=at
    )
    return bytes(pdf.output())


def _systems(pdf: _Document, model: ReceiptPage) -> None:
    """List the systems that are waited for, and then the others, as on the page."""
    pdf.heading(_("Systems"))
    waiting = [
        (one.name, f"{kh.WORDS[one.state]}. {one.text} {one.note}".strip(), "", "") for one in model.waiting
    ]
    others = [
        (one.name, str(kh.WORDS[one.state]) if one.state == "closing" else one.what, one.confirmed, one.took)
        for one in model.rows
    ]
    pdf.write_in(_INK, 9)
    pdf.set_draw_color(214, 220, 228)
    with pdf.table(
        col_widths=_COLUMNS,
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        headings_style=FontFace(color=_QUIET, emphasis=""),
        line_height=5,
        padding=(1.2, 1.2, 1.2, 0),
        v_align="TOP",
        text_align=("LEFT", "LEFT", "RIGHT", "RIGHT"),
    ) as table:
        heads = (_("System"), _("What happened"), _("Confirmed"), _("Took"))
        for line in (heads, *waiting, *others):
            row = table.row()
            for text in line:
                row.cell(pdf.known(text))


def _facts(pdf: _Document, model: ReceiptPage) -> None:
    receipt = model.receipt
    pdf.heading(_("Receipt"))
    people = [", ".join(filter(None, (one.name, one.email))) for one in receipt.people]
    events = [f"{one.event_number} · {one.hash}" for one in receipt.people if one.event_number]
    facts = (
        (_("Number"), receipt.number),
        (_("Removed"), *people),
        (_("Removed by"), receipt.by),
        (_("When"), receipt.when),
        (_("Reason"), receipt.reason),
        (_("Log"), *events),
    )
    pdf.write_in(_INK, 9)
    with pdf.table(
        col_widths=(22, 78),
        borders_layout=TableBordersLayout.NONE,
        first_row_as_headings=False,
        line_height=5,
        padding=(0.6, 0.6, 0.6, 0),
        v_align="TOP",
        align="LEFT",
        text_align="LEFT",
    ) as table:
        for label, *texts in facts:
            # A row each: no row may be higher than a page.
            for head, text in zip([label, *[""] * len(texts)], texts, strict=False):
                row = table.row()
                row.cell(pdf.known(head), style=FontFace(color=_QUIET))
                row.cell(pdf.known(text))


def _notes(pdf: _Document, model: ReceiptPage, *, made: str, file: str) -> None:
    """Say when the file was made, what proves it, and what is not in it."""
    pdf.ln(6)
    if model.open:
        text = _("Not every system had confirmed. The present state is at %(url)s.")
        pdf.paragraph(text % {"url": f"{settings.ISSUER}{model.here_url}"}, size=9)
    text = _("Made on %(when)s. The attached file %(file)s is signed and proves the receipt.")
    pdf.paragraph(text % {"when": made, "file": file}, colour=_QUIET, size=9)
    if pdf.is_incomplete:
        text = _("%(mark)s stands for a character that this file cannot show. The attached file has it.")
        pdf.paragraph(text % {"mark": _MISSING}, colour=_QUIET, size=9)
