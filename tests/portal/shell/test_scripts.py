"""What scripts shorten, and that everything goes without them."""

import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright import sync_api
from playwright.sync_api import expect

from portal.web.access.preview import Preview
from tests.fixtures import browsing, page_metrics, rendering, screenshots
from tests.fixtures.page_samples import samples

SOON = 5_000


@pytest.fixture
def sample_page(page: sync_api.Page) -> screenshots.SamplePage:
    """Give a browser that knows nothing but the sample pages."""
    return screenshots.SamplePage(page)


@pytest.fixture
def plain(browser: sync_api.Browser) -> Iterator[screenshots.SamplePage]:
    """The same without scripts."""
    context = browser.new_context(java_script_enabled=False)
    yield screenshots.SamplePage(context.new_page())
    context.close()


def _sent(sample_page: screenshots.SamplePage) -> dict[str, list[str]]:
    """The fields of the last form; a part that updates itself may have asked since."""
    *_, last = (request for request in sample_page.asked if request.method == "POST")
    return parse_qs(last.post_data or "", keep_blank_values=True)


def test_list_updates_while_typing_and_preserves_focus(sample_page: screenshots.SamplePage) -> None:
    page = sample_page.page
    sample_page.show("people")
    listing = samples.PAGES["people"][1]()
    fewer = listing | {"people": listing["people"][4:5]}
    sample_page.answers["/people"] = lambda _request: rendering.render("web/people/list.html", fewer)

    page.get_by_role("searchbox").press_sequentially("laine")

    expect(page.locator("tbody tr")).to_have_count(1, timeout=SOON)
    expect(page.get_by_role("searchbox")).to_be_focused()
    asked = parse_qs(urlsplit(sample_page.asked[-1].url).query)
    assert asked == {"q": ["laine"], "site": ["1"]}
    assert len([one for one in sample_page.asked if "/people?" in one.url]) == 1
    assert urlsplit(page.url).query == urlsplit(sample_page.asked[-1].url).query


def test_list_search_without_scripts_is_a_form(plain: screenshots.SamplePage) -> None:
    plain.show("people")
    plain.answers["/people"] = lambda _request: rendering.render(
        "web/people/list.html", samples.PAGES["people"][1]()
    )

    plain.page.get_by_role("searchbox").fill("laine")
    plain.page.get_by_role("searchbox").press("Enter")
    plain.page.wait_for_url("**/people?*")

    assert parse_qs(urlsplit(plain.page.url).query) == {"q": ["laine"], "site": ["1"]}


def test_removal_receipt_polls_until_complete(sample_page: screenshots.SamplePage) -> None:
    page = sample_page.page
    pages = [samples.PAGES["removal"][1](), samples.PAGES["removal"][1](), samples.PAGES["removal-done"][1]()]
    sample_page.show("removal")
    sample_page.answers["/removal"] = lambda _request: rendering.render(
        "web/people/removal_receipt.html", pages.pop(0) if len(pages) > 1 else pages[0]
    )

    expect(page.get_by_text("All systems confirmed within 1 min 42 s.")).to_be_visible(timeout=2 * SOON)
    asked = len(sample_page.asked)
    page.wait_for_timeout(2_500)
    assert len(sample_page.asked) == asked, "asks on although everything is done"
    expect(page.get_by_text("Refresh")).to_be_hidden()
    expect(page.get_by_role("button", name="Print", exact=True)).to_be_visible()


def test_unchanged_removal_receipt_is_not_replaced(sample_page: screenshots.SamplePage) -> None:
    page = sample_page.page
    sample_page.show("removal")
    sample_page.answers["/removal"] = lambda _request: 304
    page.get_by_role("link", name="Back to people").focus()

    page.wait_for_timeout(2_500)

    assert len(sample_page.asked) >= 3
    expect(page.get_by_role("heading", level=1)).to_have_text("Mikko Laine is removed")
    expect(page.get_by_role("link", name="Back to people")).to_be_focused()


def test_menus_of_filters_stay_within_a_phone(sample_page: screenshots.SamplePage) -> None:
    page = sample_page.page
    page.set_viewport_size(browsing.PHONE)
    sample_page.show("people", "fi")
    menus = page.locator("#people-filters summary")
    for place in range(menus.count()):
        menus.nth(place).click()
        expect(page.locator("#people-filters details[open] .kh-pop")).to_be_in_viewport()
        assert page_metrics.horizontal_overflow(page) == 0
    assert menus.count() > 2


def test_actions_of_a_selection_are_in_sight_on_a_phone(sample_page: screenshots.SamplePage) -> None:
    page = sample_page.page
    page.set_viewport_size(browsing.PHONE)
    sample_page.show("people")
    page.locator(".kh-tick").first.check()
    page.evaluate("() => scrollTo(0, 0)")
    bar = page.locator(".kh-bulk").bounding_box()
    navigation = page.locator(".kh-bottom").bounding_box()
    assert bar is not None
    assert navigation is not None
    assert bar["y"] + bar["height"] <= navigation["y"]


UPDATING = {"list_url": "/people", "is_updating": True}


def test_tick_stays_with_its_person_while_rows_come_and_go(sample_page: screenshots.SamplePage) -> None:
    page = sample_page.page
    listing = samples.PAGES["people"][1]() | UPDATING
    leaving, staying, *others = [one for one in listing["people"] if one.is_selectable]
    shown = [leaving, staying, *others]
    sample_page.answers["/people"] = lambda _request: rendering.render(
        "web/people/list.html", listing | {"people": shown}
    )
    page.goto(f"{screenshots.HOST}/people")
    for tick in (leaving, staying):
        page.get_by_label(f"Select {tick.name}").check()

    shown[0] = replace(leaving, id="new", name="Zoë Ahlgren")

    expect(page.get_by_label("Select Zoë Ahlgren")).to_be_visible(timeout=2 * SOON)
    ticked = page.locator(".kh-tick:checked").evaluate_all("ticks => ticks.map(tick => tick.value)")
    assert ticked == [staying.id]
    assert page.get_by_label("Select all on this page").evaluate("all => all.indeterminate")


def test_answer_to_an_older_address_is_left_out(sample_page: screenshots.SamplePage) -> None:
    page = sample_page.page
    page_of_all = rendering.render("web/people/list.html", samples.PAGES["people"][1]() | UPDATING)
    sample_page.answers["/people"] = lambda request: 304 if "?q=" in request.url else page_of_all
    page.goto(f"{screenshots.HOST}/people")
    page.evaluate("""() => document.addEventListener("htmx:before:request", () => {
        history.replaceState(null, "", "/people?q=a");
        document.querySelector("#people").append("what the search found");
    }, { once: true })""")

    with page.expect_request("**/people?q=a"):
        pass
    page.wait_for_timeout(500)

    assert "?q=" not in sample_page.asked[1].url
    expect(page.get_by_text("what the search found")).to_be_visible()


def test_part_stays_as_it_is_where_another_page_answers(sample_page: screenshots.SamplePage) -> None:
    sample_page.show("start")
    sample_page.answers["/start"] = lambda _request: "<main><h1>Another page</h1></main>"

    with sample_page.page.expect_response("**/start"):
        pass
    with sample_page.page.expect_response("**/start"):
        pass

    expect(sample_page.page.get_by_role("heading", name="Needs your attention")).to_be_visible()


def test_removal_receipt_without_scripts_is_reloaded(plain: screenshots.SamplePage) -> None:
    plain.show("removal")
    plain.answers["/removal"] = lambda _request: rendering.render(
        "web/people/removal_receipt.html", samples.PAGES["removal-done"][1]()
    )

    expect(plain.page.get_by_text("Refresh")).to_be_visible()
    expect(plain.page.get_by_text("All systems confirmed within 1 min 42 s.")).to_be_visible(timeout=2 * SOON)


def test_change_form_shows_a_preview_before_sending(sample_page: screenshots.SamplePage) -> None:
    page = sample_page.page
    sample_page.show("access")
    other = samples.PAGES["access"][1]() | {"effect": Preview([], ["order at all"], "")}
    sample_page.answers["/people/5/access"] = lambda _request: rendering.render(
        "web/access/change.html", other
    )

    page.get_by_label("Viewer").check()

    expect(page.get_by_text("order at all")).to_be_visible(timeout=SOON)
    sent = _sent(sample_page)
    assert sent["do"] == ["preview"]
    assert sent["tier"] == ["viewer"]
    assert sent["sites"] == ["1", "3"]
    expect(page.get_by_role("button", name="Preview")).to_be_hidden()


@pytest.mark.parametrize("status", [403, 419, 500])
def test_typed_values_survive_a_failed_preview(sample_page: screenshots.SamplePage, status: int) -> None:
    page = sample_page.page
    sample_page.show("access")
    sample_page.answers["/people/5/access"] = lambda _request: status

    for tier in ("Viewer", "Orderer"):
        with page.expect_response("**/people/5/access"):
            page.get_by_label(tier, exact=False).first.check()

    page.wait_for_timeout(200)
    expect(page.get_by_label("Reason")).to_have_value("Runs Tallinn from December")
    expect(page.get_by_text("What changes for Mikko")).to_be_visible()


def test_change_without_javascript_is_an_ordinary_form(sample_page: screenshots.SamplePage) -> None:
    page = sample_page.page
    sample_page.show("access")
    sample_page.answers["/people/5/access"] = lambda _request: rendering.render(
        "web/people/detail.html", samples.PAGES["person"][1]()
    )

    page.get_by_role("button", name="Change Mikko’s access").click()
    page.wait_for_url("**/people/5/access")

    sent = _sent(sample_page)
    assert "do" not in sent
    assert sent["limit_approver"] == ["5 000"]


def test_preview_without_scripts_is_a_second_button(plain: screenshots.SamplePage) -> None:
    plain.show("access")
    plain.answers["/people/5/access"] = lambda _request: rendering.render(
        "web/access/change.html", samples.PAGES["access"][1]()
    )

    plain.page.get_by_role("button", name="Preview").click()
    plain.page.wait_for_url("**/people/5/access#effect")
    expect(plain.page.get_by_role("heading", name="What changes")).to_be_in_viewport()

    assert _sent(plain)["do"] == ["preview"]


def test_invitation_form_shows_a_preview_before_sending(sample_page: screenshots.SamplePage) -> None:
    page = sample_page.page
    sample_page.show("invite")
    answer = samples.PAGES["invite"][1]() | {"effect": Preview(["see orders only"], [], "")}
    sample_page.answers["/people/invite"] = lambda _request: rendering.render(
        "web/invitations/send.html", answer
    )

    page.get_by_label("E-mail address").fill("new@koskela.example")
    page.get_by_label("Viewer").check()

    expect(page.get_by_text("see orders only")).to_be_visible(timeout=SOON)
    sent = _sent(sample_page)
    assert (sent["do"], sent["email"], sent["tier"]) == (["preview"], ["new@koskela.example"], ["viewer"])
    assert page.get_by_label("E-mail address").input_value() == "new@koskela.example"


def test_key_of_an_authenticator_app_can_be_copied(browser: sync_api.Browser) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    sample_page = screenshots.SamplePage(context.new_page())
    sample_page.show("totp")
    sample_page.page.get_by_text("Enter the key instead").click()

    sample_page.page.get_by_role("button", name="Copy key").click()

    expect(sample_page.page.get_by_role("button", name="Copied")).to_be_visible()
    assert (
        sample_page.page.evaluate("navigator.clipboard.readText()")
        == sample_page.page.locator("#secret").text_content()
    )
    context.close()


def test_limit_field_appears_for_a_tier_with_a_limit(sample_page: screenshots.SamplePage) -> None:
    page = sample_page.page
    sample_page.show("invite")
    limits = page.locator("input[name^=limit_]:visible")

    expect(limits).to_have_count(1)
    page.get_by_label("Viewer").check()
    expect(limits).to_have_count(0)
    page.get_by_label("Only some sites").check()
    expect(page.get_by_label("Tampere")).to_be_visible()


def test_site_filter_preserves_chosen_sites(sample_page: screenshots.SamplePage) -> None:
    page = sample_page.page
    sample_page.show("invite-wrong")

    page.get_by_label("Tampere").check()
    page.get_by_placeholder("Find a site").fill("hame")

    expect(page.locator(".kh-pick:visible")).to_have_text(["Tampere", "Hämeenlinna"])


def test_error_summary_takes_focus_and_links_to_the_field(sample_page: screenshots.SamplePage) -> None:
    page = sample_page.page
    sample_page.show("invite-wrong")

    expect(page.locator(".kh-errors")).to_be_focused()
    assert page.title().startswith("Error: Invite people")
    page.get_by_role("link", name="The limit must be 20 000 € or less").click()
    assert page.evaluate("document.activeElement.id || location.hash") in {
        "id_limit_orderer",
        "#id_limit_orderer",
    }
    described = page.get_by_label("E-mail address").get_attribute("aria-describedby") or ""
    assert "id_email_error" in described.split()


def test_selected_people_show_the_action_bar_and_select_all_works(
    sample_page: screenshots.SamplePage,
) -> None:
    page = sample_page.page
    sample_page.show("people")
    bar = page.get_by_role("group", name="Actions for the selected people")

    expect(bar).to_be_hidden()
    page.get_by_label("Select Jüri Tamm").check()
    expect(bar).to_be_visible()
    page.get_by_label("Select all on this page").check()
    expect(page.locator(".kh-tick:checked")).to_have_count(11)
    page.get_by_label("Select Jüri Tamm").uncheck()
    expect(page.get_by_label("Select all on this page")).not_to_be_checked()


def test_selected_people_without_scripts_show_the_action_bar(plain: screenshots.SamplePage) -> None:
    plain.show("people")

    plain.page.get_by_label("Select Jüri Tamm").check()

    expect(plain.page.get_by_role("group", name="Actions for the selected people")).to_be_visible()


def test_menu_closes_by_escape_and_by_a_click_outside(sample_page: screenshots.SamplePage) -> None:
    page = sample_page.page
    sample_page.show("people")
    menu = page.get_by_text("Sign out")

    page.get_by_text("Aino Virtanen").first.click()
    expect(menu).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    page.get_by_text("Aino Virtanen").first.click()
    page.get_by_role("heading", name="People").click()
    expect(menu).to_be_hidden()


def test_panel_closes_by_escape_unless_a_field_changed(sample_page: screenshots.SamplePage) -> None:
    page = sample_page.page
    sample_page.answers["/people"] = lambda _request: rendering.render(
        "web/people/list.html", samples.PAGES["people"][1]()
    )
    sample_page.show("invite")
    page.get_by_label("E-mail address").fill("somebody")
    page.keyboard.press("Escape")
    page.wait_for_timeout(300)
    assert page.url.endswith("/invite")

    sample_page.show("invite")
    page.keyboard.press("Escape")
    page.wait_for_url("**/people")


def test_content_below_a_panel_is_inert(sample_page: screenshots.SamplePage) -> None:
    sample_page.show("invite")

    reached = []
    for _ in range(14):
        sample_page.page.keyboard.press("Tab")
        reached.append(
            sample_page.page.evaluate("!!document.activeElement.closest('.kh-panel, .kh-skip, body:focus')")
        )

    assert sum(reached) >= 12


def test_list_sorted_by_its_header_gives_no_link_the_focus(sample_page: screenshots.SamplePage) -> None:
    sample_page.show("people")
    page = sample_page.page

    page.locator("a[href='/people?sort=access']").click()
    page.wait_for_url("**/people?sort=access")

    assert page.evaluate("document.activeElement.tagName") == "BODY"


def test_form_submitted_twice_is_sent_once(sample_page: screenshots.SamplePage) -> None:
    page = sample_page.page
    sample_page.show("remove")
    sample_page.answers["/people/5/remove"] = lambda _request: rendering.render(
        "web/people/removal_receipt.html", samples.PAGES["removal-done"][1]()
    )

    page.evaluate("""() => {
        const button = document.querySelector('.btn-danger');
        button.click();
        button.click();
    }""")
    page.wait_for_url("**/people/5/remove")

    assert len([one for one in sample_page.asked if one.method == "POST"]) == 1


def test_continue_page_submits_its_form_without_a_click(sample_page: screenshots.SamplePage) -> None:
    sample_page.show("oidc-continue")

    sample_page.page.wait_for_url("**#on")


@pytest.mark.parametrize(
    "name", ["login", "password-change", "reauthenticate", "accept", "password-from-key"]
)
def test_password_is_shown_by_its_button_and_hidden_before_it_is_sent(
    sample_page: screenshots.SamplePage, name: str
) -> None:
    page = sample_page.page
    sample_page.show(name)
    field = page.locator("input[type=password]").last
    identifier = field.get_attribute("id")
    control, button = page.locator(f"#{identifier}"), page.locator(f"[aria-controls={identifier}]")
    expect(button).to_have_accessible_name("Show password")
    expect(button).to_have_attribute("aria-pressed", "false")
    control.fill("violet lamps")

    control.press("Tab")
    expect(button).to_be_focused()
    page.keyboard.press("Space")

    expect(control).to_have_attribute("type", "text")
    expect(control).to_have_attribute("spellcheck", "false")
    expect(button).to_have_attribute("aria-pressed", "true")
    button.click()
    expect(control).to_have_attribute("type", "password")
    button.click()
    page.evaluate("document.addEventListener('submit', (event) => event.preventDefault())")
    control.press("Enter")
    expect(control).to_have_attribute("type", "password")
    expect(button).to_have_attribute("aria-pressed", "false")


def test_button_that_shows_a_password_is_hidden_without_scripts(plain: screenshots.SamplePage) -> None:
    plain.show("login")
    expect(plain.page.locator("[data-kh-show]")).to_have_count(1)
    expect(plain.page.locator("[data-kh-show]")).to_be_hidden()


@pytest.mark.parametrize("name", ["login", "password-change", "password-set", "reauthenticate", "accept"])
def test_every_password_field_has_the_attributes_of_a_password_manager(name: str) -> None:
    source, make = samples.PAGES[name]
    fields = re.findall(r'<input[^>]*type="password"[^>]*>', rendering.render(source, make()))
    assert fields
    for field in fields:
        is_new = 'name="oldpassword"' not in field and name in {"password-change", "password-set", "accept"}
        expected = "new-password" if is_new else "current-password"
        assert f'autocomplete="{expected}"' in field
        assert 'autocapitalize="none"' in field
