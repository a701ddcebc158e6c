"""The mailbox: every mail of the demo is caught, shown, and can do no harm."""

import email.message
import json
import pathlib
import re
import smtplib
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from playwright import sync_api

from demo.mail import box, codes
from tests.fixtures import demo_services


class Mailbox(demo_services.Process):
    def __init__(self, store: pathlib.Path) -> None:
        self.smtp = demo_services.free_port()
        self.people = store / "people.json"
        environment = {
            "SERVICE_STORE": str(store / "mails"),
            "SMTP_PORT": str(self.smtp),
            "SAMPLE_PEOPLE": str(self.people),
        }
        super().__init__("demo.mail", port=demo_services.free_port(), environment=environment)

    def messages(self, **asked: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = requests.get(f"{self.url}/messages", params=asked, timeout=10).json()
        return found

    def send(self, to: str, subject: str, text: str, html: str = "") -> None:
        message = email.message.EmailMessage()
        message["From"], message["To"], message["Subject"] = "Kivisalo <keys@kivisalo.example>", to, subject
        message.set_content(text)
        if html:
            message.add_alternative(html, subtype="html")
        with smtplib.SMTP("127.0.0.1", self.smtp, timeout=10) as smtp:
            smtp.send_message(message)


@pytest.fixture
def mailbox(tmp_path: pathlib.Path) -> Iterator[Mailbox]:
    running = Mailbox(tmp_path)
    yield running
    assert running.stop() == 0


def test_mails_survive_a_restart(mailbox: Mailbox) -> None:
    mailbox.send("first@customer.example", "Tervetuloa, Äijä", "Päivää")
    mailbox.send("second@customer.example", "Second", "Text")
    mailbox.kill()
    mailbox.start()
    newest, oldest = mailbox.messages()
    assert (newest["subject"], newest["to"]) == ("Second", "second@customer.example")
    assert (oldest["subject"], oldest["text"]) == ("Tervetuloa, Äijä", "Päivää\n")
    assert [one["subject"] for one in mailbox.messages(to="FIRST@")] == ["Tervetuloa, Äijä"]


def test_mail_page_links_addresses_and_escapes_markup(mailbox: Mailbox) -> None:
    mailbox.send("a@b.example", "<script>x</script>", "Go to http://localhost:8000/i/abc?x=1&y=2. <b>Now</b>")
    (mail,) = mailbox.messages()
    page = requests.get(f"{mailbox.url}/messages/{mail['id']}", timeout=10).text
    assert '<a href="http://localhost:8000/i/abc?x=1&amp;y=2">' in page
    assert "&lt;b&gt;Now&lt;/b&gt;" in page
    assert "<script>x" not in page + requests.get(mailbox.url, timeout=10).text


def test_malformed_mails_are_shown(mailbox: Mailbox) -> None:
    with smtplib.SMTP("127.0.0.1", mailbox.smtp, timeout=10) as smtp:
        smtp.sendmail("a@b.example", ["c@d.example", "e@f.example"], b"no headers at all")
        smtp.sendmail(
            "a@b.example", ["c@d.example"], b"Content-Type: text/plain; charset=none-such\r\n\r\n\xff\xfe"
        )
        smtp.sendmail("a@b.example", ["c@d.example"], b"Subject: =?utf-8?b?broken\r\nTo: \r\n\r\nx\x00y")
    mails = mailbox.messages()
    assert len(mails) == 3
    assert mails[-1]["to"] == "c@d.example, e@f.example"
    assert requests.get(mailbox.url, timeout=10).status_code == 200
    for one in mails:
        assert requests.get(f"{mailbox.url}/messages/{one['id']}", timeout=10).status_code == 200


def test_mail_page_with_an_invalid_id_is_not_found(mailbox: Mailbox) -> None:
    for path in ("..%2f..%2fetc%2fpasswd", "x", "0", "1" * 19 + "-0"):
        assert requests.get(f"{mailbox.url}/messages/{path}", timeout=10).status_code == 404, path


def test_mail_id_outside_the_folder_is_not_found(tmp_path: pathlib.Path) -> None:
    (tmp_path / "outside.eml").write_bytes(b"Subject: secret\r\n\r\n")
    assert box.Box(tmp_path / "inside").find("../outside") is None


def test_request_with_another_host_is_refused(mailbox: Mailbox) -> None:
    answer = requests.get(mailbox.url, headers={"Host": "evil.example"}, timeout=10)
    assert answer.status_code == 400


def test_html_mail_runs_no_script_and_its_links_open(mailbox: Mailbox, browser: sync_api.Browser) -> None:
    page = browser.new_page()  # one where a breach of the policy is expected
    html = (
        f'<p style="color: green">Hello</p><a href="{mailbox.url}/?to=followed">Accept</a>'
        '<script>parent.document.title = "run"</script><img src="http://evil.example/x.png">'
    )
    mailbox.send("a@b.example", "Invitation", "Text part", html)
    asked: list[str] = []
    page.on("requestfinished", lambda request: asked.append(request.url))
    page.goto(mailbox.url)
    page.get_by_role("link", name="Invitation").click()
    frame = page.frame_locator("iframe")
    frame.get_by_text("Hello").wait_for()
    assert page.title() == "Invitation · Mails of the demo"
    frame.get_by_role("link", name="Accept").click()
    page.wait_for_url("**/?to=followed")
    assert any("/html" in url for url in asked)
    assert not any("evil.example" in url for url in asked)
    page.close()


# RFC 6238, appendix B, the last six of the eight digits.
@pytest.mark.parametrize(("at", "code"), [(59, "287082"), (1111111109, "081804"), (20000000000, "353130")])
def test_one_time_code_equals_the_rfc_6238_value(at: float, code: str) -> None:
    assert codes.code("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", at=at) == code


def test_codes_page_shows_the_codes_of_the_sample_people(mailbox: Mailbox) -> None:
    assert "no sample people yet" in requests.get(mailbox.url + "/codes", timeout=10).text
    one = {
        "name": "Aino",
        "email": "aino@customer.example",
        "who": "admin of Koskela",
        "secret": "GEZDGNBVGY3TQOJQ",
    }
    mailbox.people.write_text(json.dumps({"password": "never-shown", "people": [one]}))
    before = codes.code(one["secret"], at=time.time())
    page = requests.get(mailbox.url + "/codes", timeout=10).text
    assert {before, codes.code(one["secret"], at=time.time())} & set(
        re.findall(r"<code>(\d{6})</code>", page)
    )
    assert "admin of Koskela" in page
    assert "never-shown" not in page


def test_codes_page_shows_the_codes_of_an_added_key(mailbox: Mailbox) -> None:
    form = requests.get(mailbox.url + "/codes/add", timeout=10).text
    token = re.findall(r'name="token" value="([^"]+)"', form)[0]
    key = "gezd gnbv gy3t qojq"
    fields = {"token": token, "name": "Liisa <b>", "key": key}
    added = requests.post(mailbox.url + "/codes/add", data=fields, timeout=10)
    assert (added.history[0].status_code, added.url) == (302, mailbox.url + "/codes")
    now = {codes.code("GEZDGNBVGY3TQOJQ", at=time.time() + seconds) for seconds in (-30, 0)}
    for _ in ("first", "after a restart"):
        page = requests.get(mailbox.url + "/codes", timeout=10).text
        assert now & set(re.findall(r"<code>(\d{6})</code>", page))
        assert "Liisa &lt;b&gt;" in page
        mailbox.kill()
        mailbox.start()
        now = {codes.code("GEZDGNBVGY3TQOJQ", at=time.time() + seconds) for seconds in (-30, 0)}


def test_key_from_another_site_or_of_another_form_is_not_added(mailbox: Mailbox) -> None:
    token = re.findall(
        r'name="token" value="([^"]+)"', requests.get(mailbox.url + "/codes/add", timeout=10).text
    )[0]
    good = {"name": "Liisa", "key": "GEZDGNBVGY3TQOJQ"}
    tries = [good, {**good, "token": "guessed"}] + [
        {"token": token, "name": "Liisa", "key": key}
        for key in ("", "18", "GEZD", "A" * 500, "GEZDGNBVGY3TQOJ\x00")
    ]
    statuses = [requests.post(mailbox.url + "/codes/add", data=one, timeout=10).status_code for one in tries]
    assert statuses == [403, 403, 422, 422, 422, 422, 422]
    assert "Liisa" not in requests.get(mailbox.url + "/codes", timeout=10).text


def test_page_has_the_shared_colours(mailbox: Mailbox, page: sync_api.Page) -> None:
    page.goto(mailbox.url)
    sync_api.expect(page.locator("body")).to_have_css("background-color", "rgb(243, 243, 242)")
