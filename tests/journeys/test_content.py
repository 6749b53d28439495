"""The step Content in the browser: written, looked at, with an image, by two people at once."""

import pytest
from playwright.sync_api import expect

from mailings.models import Mailing
from tests.factories import PersonFactory, UserFactory
from tests.mailings.making import mailing
from tests.mailings.test_images import picture


@pytest.fixture
def marketer(site, settings, signed_in):
    settings.SITE_URL = site
    return signed_in(UserFactory(role="Marketer", first_name="Anne", last_name="Berg"))


def attached(name, content, kind):
    return {"name": name, "mimeType": kind, "buffer": content}


@pytest.mark.slow
def test_a_message_is_written_looked_at_and_given_an_image(site, page, marketer, assert_fit_to_use):
    PersonFactory(first_name="Åse", last_name="Vik", email="ase@example.com")
    made = mailing(body="<p>Hello</p>")
    page.goto(f"{site}/mailings/")
    page.get_by_role("link", name="October news").click()
    page.get_by_role("link", name="2. Content").click()
    editor = page.get_by_role("textbox", name="Message")
    expect(editor).to_have_text("Hello")
    assert_fit_to_use(page)

    editor.click()
    page.keyboard.press("End")
    page.keyboard.type(" {{ nobody }}")
    expect(page.get_by_text("There is no merge field “nobody” (paragraph 1).")).to_be_visible()
    assert_fit_to_use(page)
    for _ in " {{ nobody }}":
        page.keyboard.press("Backspace")
    page.keyboard.type(" ")
    page.get_by_label("Merge field").select_option("First name")
    page.get_by_role("button", name="Insert").click()
    page.keyboard.press("Control+a")
    page.get_by_role("button", name="Bold").click()
    page.get_by_role("button", name="Link", exact=True).click()
    page.get_by_label("Address").fill("http://shop.example")
    assert_fit_to_use(page)
    page.get_by_role("button", name="Set the link").click()
    expect(page.get_by_text("The link http://shop.example is not encrypted.")).to_be_visible()
    letter = page.frame_locator("iframe")
    expect(letter.get_by_role("link", name="Hello Kari")).to_be_visible()

    page.get_by_label("Image", exact=True).set_input_files(attached("terms.pdf", b"%PDF-1.7", "application/pdf"))
    page.get_by_label("What it shows").fill("A red field")
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_text("Other files cannot be attached to a mailing")).to_be_visible()
    page.get_by_label("Image", exact=True).set_input_files(attached("red.png", picture(), "image/png"))
    page.get_by_role("button", name="Upload").click()
    page.locator("#images").get_by_role("button", name="Insert").click()
    expect(letter.get_by_role("img", name="A red field")).to_be_visible()
    assert letter.get_by_role("img").evaluate("image => image.naturalWidth") == 40

    page.get_by_label("As whom").fill("ase vik")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name="Åse Vik").click()
    expect(page.get_by_text("Would receive it: No - Never asked.")).to_be_visible()
    expect(letter.get_by_role("link", name="Hello Åse")).to_be_visible()
    page.get_by_role("link", name="Telephone").click()
    expect(page.locator("iframe")).to_have_css("width", "390px")
    assert_fit_to_use(page)
    page.get_by_role("link", name="As text").click()
    expect(page.locator("pre")).to_contain_text("Hello Åse (http://shop.example)")

    body = Mailing.objects.get(pk=made.pk).body
    assert body.startswith('<p><a href="http://shop.example"><strong>Hello {{ first_name }}</strong></a></p><img src=')


@pytest.mark.slow
def test_the_second_of_two_browsers_is_told_and_loses_nothing(site, page, marketer, assert_fit_to_use):
    made = mailing(body="<p>We open</p>")
    page.goto(f"{site}/mailings/{made.pk}/content/")
    other = page.context.new_page()
    other.goto(page.url)
    for each, word in ((page, " today"), (other, " never")):
        each.get_by_role("textbox", name="Message").click()
        each.keyboard.press("End")
        each.keyboard.type(word)
        expect(each.locator("#saved" if each is page else "#conflict")).to_contain_text(
            "Saved" if each is page else "Anne"
        )
        each.wait_for_function("!document.querySelector('[data-autosave].htmx-request')")

    expect(other.get_by_text("We open today")).to_be_visible()
    expect(other.get_by_role("textbox", name="Message")).to_have_text("We open never")
    assert_fit_to_use(other)
    other.get_by_role("button", name="Save mine in its place").click()
    expect(other.locator("#conflict")).to_be_empty()
    assert Mailing.objects.get().body == "<p>We open never</p>"

    other.get_by_role("link", name="Use HTML source instead").click()
    assert_fit_to_use(other)
    other.get_by_role("button", name="Use HTML source").click()
    expect(other.get_by_label("HTML source")).to_have_value("<p>We open never</p>")
    other.get_by_label("HTML source").fill("<form>x</form>")
    expect(other.get_by_text("Taken out: A form or a part of one (line 1).")).to_be_visible()
    assert_fit_to_use(other)


def test_a_template_is_kept_renamed_begun_with_and_deleted(site, page, marketer, assert_fit_to_use):
    made = mailing()
    page.goto(f"{site}/mailings/templates/")
    assert_fit_to_use(page)
    page.goto(f"{site}/mailings/{made.pk}/setup/")
    page.get_by_role("link", name="Save as template").click()
    assert_fit_to_use(page)
    page.get_by_role("button", name="Save the template").click()
    expect(page.get_by_role("status")).to_contain_text("kept as the template October news")
    assert_fit_to_use(page)

    page.get_by_role("link", name="Rename").click()
    page.get_by_label("Name").fill("Monthly")
    assert_fit_to_use(page)
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Begin a mailing").click()
    expect(page.get_by_role("heading", name="Monthly")).to_be_visible()
    page.get_by_role("button", name="Duplicate").click()
    expect(page.get_by_role("heading", name="Copy of Monthly")).to_be_visible()
    assert_fit_to_use(page)

    page.goto(f"{site}/mailings/templates/")
    page.get_by_role("link", name="Delete").click()
    assert_fit_to_use(page)
    page.get_by_role("button", name="Delete the template").click()
    expect(page.get_by_text("There is no template yet.")).to_be_visible()
