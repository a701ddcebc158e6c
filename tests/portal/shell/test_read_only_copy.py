"""A copy of a page has nothing to press, send, follow or run, and hides what it is asked to hide."""

import re

from portal.shell import masking, read_only_copy

PAGE = """<html><body><nav>outside</nav><main id="main"><h1 id="t" onclick="x()">Mikko &lt;b&gt;</h1>
<form action="/o/x/people/remove" method="post"><input type="hidden" name="csrf" value="SECRET">
<input type="password" value="SECRET"><input type="text" value="typed &quot;text&quot;" aria-labelledby="t">
<select name="s"><option value="1" selected>One</option></select><textarea>notes</textarea>
<button type="submit" name="do" value="resend:1">Send</button></form>
<a class="btn" href="javascript:x()" hx-get="/x" style="color:red">Go</a><script>SECRET</script>
<svg><use href="/static/i.svg#x"></use></svg><iframe src="/x">SECRET</iframe><template><p>SECRET</p></template>
<p>a.b<wbr>@koskela.example, +358 40 123 4567, 5 000 € and 10 people</p></main><footer>outside</footer></body></html>"""


def test_copy_keeps_what_is_read_and_nothing_that_acts() -> None:
    copied = read_only_copy.copy(PAGE, mask=lambda text: text)
    for part in (
        "SECRET",
        "outside",
        "onclick",
        "action",
        "javascript",
        "hx-",
        "style=",
        "name=",
        "<a",
        "<button",
    ):
        assert part not in copied
    assert "Mikko &lt;b&gt;</h1>" in copied
    assert '<h1 id="seen-t">' in copied
    assert 'disabled="disabled" type="text" value="typed &quot;text&quot;"' in copied
    assert 'aria-labelledby="seen-t"' in copied
    assert '<use href="/static/i.svg#x">' in copied
    assert '<span class="btn">Go</span>' in copied


def test_panel_is_copied_without_the_page_below_it() -> None:
    page = f'{PAGE}<section class="kh-panel" id="panel"><h1>Invite</h1><p>x</p></section>'
    assert read_only_copy.copy(page, mask=lambda text: text) == "<h1>Invite</h1><p>x</p>"


def test_what_is_marked_as_the_reader_s_own_is_not_copied() -> None:
    page = '<main id="main"><p>a<b data-kh-own>SECRET<i>SECRET</i></b><input data-kh-own value="SECRET">b</p></main>'
    assert read_only_copy.copy(page, mask=lambda text: text) == "<p>ab</p>"


def test_copy_again_drops_what_a_copy_has_not_and_keeps_the_rest() -> None:
    body = read_only_copy.copy(PAGE, mask=lambda text: text)
    assert read_only_copy.copy_again(body) == body
    bad = '</main><main id="main"></main><p hx-post="/x" onclick="x()">a</p><form action="/x"><a href="/x">b</a></form>'
    assert not re.search("hx-|onclick|action|<a |<form", read_only_copy.copy_again(bad + body))


def test_page_without_a_main_part_gives_nothing() -> None:
    assert read_only_copy.copy("<p>x</p>", mask=lambda text: text) == ""


def test_masked_copy_hides_addresses_phones_amounts_and_typed_texts() -> None:
    name_mask = masking.name_mask(masking.hide_values, kept=set())
    copied = read_only_copy.copy(PAGE, mask=masking.hide_values, mask_name=name_mask)
    for part in ("a.b", "358", "5 000", "typed", "notes"):
        assert part not in copied
    assert "••••••<wbr>@koskela.example, ••••••, •••• € and 10 people" in copied


def test_amounts_are_hidden_in_every_spelling_of_a_currency() -> None:
    for text in ("5\u00a0000 €", "€5,000.00", "5 000,50 €", "5000 EUR", "1\u202f000 kr"):
        assert not any(char.isdigit() for char in masking.hide_values(text)), text


def test_names_that_the_masking_does_not_know_are_shortened_where_they_are_marked() -> None:
    page = '<main id="main"><p><bdi>Uuno Uusi</bdi> and <bdi>Aino Virtanen</bdi> of Uuno Uusi</p></main>'
    kept = masking.name_mask(masking.hide_values, kept={"Aino Virtanen"})
    copied = read_only_copy.copy(page, mask=masking.hide_values, mask_name=kept)
    assert copied == "<p><bdi>Uuno U.</bdi> and <bdi>Aino Virtanen</bdi> of Uuno Uusi</p>"


def test_names_are_shortened_to_first_name_and_initial() -> None:
    assert [masking.shortened(name) for name in ("Mikko Laine", "Karl-Gustaf von Schantz", "Cher", "Jüri Tamm")] == [
        "Mikko L.", "Karl-Gustaf S.", "C.", "Jüri T."
    ]  # fmt: skip
