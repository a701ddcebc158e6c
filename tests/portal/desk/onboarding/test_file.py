"""A file of customers is checked line by line, onboarded in parts, and taken up again where it was stopped."""

import pathlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.foundation import clock
from delegation.customer_contacts import queries as contacts_queries
from delegation.invitations.models import Invitation
from identity.organizations.models import Organization
from portal.desk.onboarding import customer_table, file_views
from portal.desk.onboarding.file_context import OnboardFilePage
from portal.front import kinds
from portal.web.invitations import mail as invitations_mail
from provisioning.mail.models import Mail
from tests.fixtures import queued_mails
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.pages import page_model
from tests.fixtures.staff_desk import Desk

pytestmark = pytest.mark.django_db(transaction=True)
URL = "/staff/organizations/onboard-file/"
HEADER = (
    "number;name;unit;register_id;sites;domains;admin_name;admin_email;template;invoice_name;invoice_email"
)


def line(which: int, name: str, **changed: str) -> str:
    cells = {
        "number": str(which),
        "name": name,
        "unit": "kivisalo",
        "register_id": f"R-{which}",
        "sites": "Oulu|Pori",
        "domains": f"d{which}.example",
        "admin_name": "Liisa Rauma",
        "admin_email": f"liisa@d{which}.example",
        "template": "standard",
        "invoice_name": "Maija Salo",
        "invoice_email": f"laskut@d{which}.example",
        **changed,
    }
    return ";".join(f'"{cells[column]}"' for column in HEADER.split(";"))


def send(browser: BrowserClient, text: str, do: str = "check", seen: str = "") -> OnboardFilePage:
    return page_model(browser.post(URL, {"text": text, "do": do, "seen": seen}), OnboardFilePage)


def new_keys() -> list[str]:
    return sorted(Organization.objects.filter(register_id__startswith="R-").values_list("key", flat=True))


GOOD = [line(1, "Rauman Rakennus Oy"), line(2, "Rauman Rakennus Oy"), line(3, "Pori Oy", sites="Oulu\nPori")]


def test_check_names_each_fault_with_its_line_and_what_exists_and_changes_nothing(desk: Desk) -> None:
    browser, koskela = desk.browser("account_manager"), desk.world.koskela
    taken = koskela.customer_numbers.get().number
    other = desk.world.pohjola.customer_numbers.get().number
    text = "\n".join(
        [
            HEADER,
            *GOOD[:2],
            "",
            line(2, "Twice Oy"),
            line(4, "Wrong Oy", admin_email="liisa", unit="eesti", invoice_email=""),
            line(5, "Other Oy", register_id=koskela.register_id, sites="Oulu|Oulu"),
            line(6, "Number Oy", number=other),
            line(7, koskela.name, number=taken, register_id=""),
        ]
    )
    page = send(browser, text)
    faults = {one.line: one.faults for one in page.faults}
    assert sorted(faults) == ["5", "6", "7", "8"]
    assert faults["5"] == ["number: Line 3 has it too.", "register_id: Line 3 has it too."]
    assert [fault.split(":")[0] for fault in faults["6"]] == ["unit", "admin_email", "invoice_email"]
    assert faults["7"] == ["sites: “Oulu” is there twice."]
    assert faults["8"] == [f"number: “{desk.world.pohjola.name}” has this number."]
    assert page.counts == ["2 customers to onboard", "1 onboarded", "4 lines are wrong"]
    assert (new_keys(), Mail.objects.count()) == ([], 0)
    results = browser.post(URL, {"text": text, "do": "results"}).content.decode()
    assert results.count("\r\n") == 8
    assert f'"9","{taken}","{koskela.name}","Onboarded","/o/koskela/",""' in results
    assert send(browser, "number,name\n1,x").form.errors["text"] == [
        "The column “admin_name” is missing.",
        "The column “admin_email” is missing.",
    ]
    assert send(browser, f'{HEADER}\n"1').form.errors["text"] == ["Line 2: a quotation mark is not closed."]
    assert kinds.of_path(URL).body_bytes > kinds.PEOPLE.body_bytes


def test_check_of_500_customers_takes_the_statements_of_five(desk: Desk) -> None:
    browser, counts = desk.browser("account_manager"), []
    for number in (5, 500):
        text = "\n".join([HEADER, *(line(which, f"Rauman Rakennus {which} Oy") for which in range(number))])
        with CaptureQueriesContext(connection) as captured:
            page = send(browser, text)
        assert (page.counts, page.faults) == ([f"{number} customers to onboard"], [])
        counts.append(len(captured))
    assert counts == [9, 9]


def test_uploaded_file_is_checked_in_place_of_what_was_pasted(desk: Desk) -> None:
    browser, text = desk.browser("account_manager"), "\r\n".join([HEADER, *GOOD])

    def upload(content: bytes, do: str = "check", seen: str = "") -> OnboardFilePage:
        file = SimpleUploadedFile("customers.csv", content)
        sent = {"file": file, "text": "what was pasted before", "do": do, "seen": seen}
        return page_model(browser.post(URL, sent), OnboardFilePage)

    checked = upload(text.encode("utf-8-sig"))
    assert checked.counts == ["3 customers to onboard"]
    shown = str(checked.form["text"].value())
    assert upload(f"{text}\r\n{line(4, 'Other Oy')}".encode(), "apply", checked.seen).progress == ""
    assert new_keys() == [], "another file than the checked one"
    assert send(browser, shown.replace("\n", "\r\n"), "apply", checked.seen).counts == ["3 onboarded"]
    wrong = "This is not a CSV file in UTF-8. In Excel, save it as “CSV UTF-8”."
    for content, sentence in (
        (text.encode("utf-16"), wrong),
        ("Töölö".encode("latin-1"), wrong),
        (b"", "The file is empty."),
    ):
        page = upload(content)
        assert (list(page.form.errors["file"]), page.checked) == ([sentence], False)
    assert kinds.UPLOAD in kinds.of_path(URL).content_types


def test_parts_are_onboarded_once_and_a_stopped_process_leaves_nothing_undone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, text = desk.browser("account_manager"), "\n".join([HEADER, *GOOD])
    checked = send(browser, text)
    assert send(browser, text, "apply", seen="other").progress == ""
    assert new_keys() == []
    monkeypatch.setattr(file_views, "SECONDS", 1e-9)
    first = send(browser, text, "apply", checked.seen)
    assert (first.progress, first.button, first.continues) == (
        "1 customer was onboarded. Continue with the others.",
        "Continue with 2 customers",
        True,
    )

    def killed(*_links: object, **_at: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(invitations_mail, "queue_each", killed)
        with pytest.raises(KeyboardInterrupt):
            send(browser, text, "apply", checked.seen)
    assert (len(new_keys()), Mail.objects.count()) == (2, 1)
    monkeypatch.setattr(file_views, "SECONDS", 60)
    for _ in range(2):
        last = send(browser, text, "apply", checked.seen)
    assert (last.counts, last.button, last.continues) == (["3 onboarded"], "", False)
    assert new_keys() == ["pori-oy", "rauman-rakennus-oy", "rauman-rakennus-oy-2"]
    assert sorted(map(queued_mails.recipient_of, Mail.objects.all())) == [
        "liisa@d1.example",
        "liisa@d2.example",
        "liisa@d3.example",
    ]
    assert Invitation.objects.filter(organization__register_id="R-2", cancelled_at=None).count() == 1
    made = Organization.objects.get(register_id="R-1")
    (contact,) = contacts_queries.in_force(organization=made.id, at=clock.now())
    assert (contact.kind, contact.email) == ("invoice", "laskut@d1.example")
    assert (made.mail_domains, made.sites.count()) == (["d1.example"], 2)


def test_command_onboards_a_file_and_names_its_wrong_lines(
    desk: Desk, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, results = tmp_path / "customers.csv", tmp_path / "results.csv"
    file.write_text("\n".join([HEADER, *GOOD[:2], line(9, "Wrong Oy", admin_email="liisa")]))
    with pytest.raises(CommandError):
        call_command("customers", str(file))
    assert new_keys() == []
    assert "line 4: Wrong Oy: admin_email" in capsys.readouterr().err
    with pytest.raises(CommandError):
        call_command("customers", str(file), "--others", "--results", str(results))
    assert len(new_keys()) == 2
    assert "Onboarded" in results.read_text()
    file.write_text("\n".join([HEADER, *GOOD]))
    call_command("customers", str(file))
    assert (len(new_keys()), Mail.objects.count()) == (3, 3)
    assert desk.world.koskela.key == "koskela"


def test_table_is_read_with_each_separator_and_a_byte_order_mark() -> None:
    for separator in ";,\t":
        text = "\ufeff" + "\r\n".join(
            [separator.join(customer_table.REQUIRED), separator.join(["A Oy", "1", "B", "c@d.example"])]
        )
        table = customer_table.parse(text)
        assert [(row.line, row.cells["name"]) for row in table.rows] == [(2, "A Oy")]
