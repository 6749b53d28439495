from playwright.sync_api import expect

from persons import ledger
from persons.models import Door
from purposes.models import Purpose, Wording
from tests.factories import PersonFactory, UserFactory


def test_the_consent_tab_shows_what_the_settings_mean(site, page, signed_in, assert_fit_to_use):
    signed_in(UserFactory(role="Privacy admin"))
    PersonFactory()

    page.goto(f"{site}/privacy/")
    expect(page.get_by_text("ON: 0 of 1 persons with an address can be mailed. OFF: 1.")).to_be_visible()
    expect(page.locator("#persons-on-EMARKETING")).to_have_text("0")
    assert_fit_to_use(page)
    page.get_by_label("Set default legal basis").uncheck()
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.get_by_role("link", name="Sources").click()
    expect(page.get_by_label("Set default legal basis")).not_to_be_checked()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Set default legal basis is now OFF")
    page.get_by_role("link", name="1 person", exact=True).first.click()

    expect(page).to_have_url(f"{site}/persons/?missing=STORE")
    expect(page.get_by_role("heading", name="Persons")).to_be_visible()


def test_a_purpose_is_added_changed_and_deactivated(site, page, signed_in, assert_fit_to_use):
    signed_in(UserFactory(role="Privacy admin"))

    page.goto(f"{site}/privacy/")
    page.get_by_role("link", name="Add purpose").click()
    assert_fit_to_use(page)
    page.get_by_label("Name", exact=True).fill("Text messages")
    page.get_by_label("Consent", exact=True).check()
    page.get_by_label("Contract").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Text messages is added.")

    page.get_by_role("link", name="Text messages").click()
    page.get_by_label("Contract").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Contract would be taken off.")).to_be_visible()
    expect(page.get_by_text("0 persons have Text messages ON today.")).to_be_visible()
    assert_fit_to_use(page)
    page.get_by_label("Take them off all the same").check()
    page.get_by_role("button", name="Save").click()

    page.get_by_role("switch", name="Text messages is active").click()
    expect(page.get_by_role("heading", name="Deactivate Text messages?")).to_be_visible()
    assert_fit_to_use(page)
    page.get_by_role("button", name="Deactivate").click()
    expect(page.get_by_role("status")).to_contain_text("Text messages is now inactive.")
    page.get_by_role("link", name="Show inactive (1)").click()
    page.get_by_role("switch", name="Text messages is active").click()
    expect(page.get_by_role("status")).to_contain_text("Text messages is now active.")
    purpose = Purpose.objects.get(pk="TEXT_MESSAGES")
    assert list(purpose.accepted_bases.values_list("pk", flat=True)) == ["61A"]


def test_a_built_in_purpose_says_why_it_stays(site, page, signed_in, assert_fit_to_use):
    signed_in(UserFactory(role="Privacy admin"))

    page.goto(f"{site}/privacy/")
    page.get_by_role("switch", name="E-marketing is active").click()

    expect(page.get_by_text("This purpose is built in and cannot be deactivated.")).to_be_visible()
    assert_fit_to_use(page)


def test_a_list_is_put_in_order_by_buttons_keys_and_dragging(site, page, signed_in, assert_fit_to_use):
    signed_in(UserFactory(role="Privacy admin"))
    names = page.locator("tbody th a")
    status = page.get_by_role("status")

    page.goto(f"{site}/privacy/types/")
    assert_fit_to_use(page)
    page.get_by_role("button", name="Move News up").press("Enter")
    expect(status).to_contain_text("News is now number 1 of 4.")
    expect(page.locator("#up-NEWS")).to_be_focused()
    page.keyboard.press("Alt+ArrowDown")
    expect(status).to_contain_text("News is now number 2 of 4.")
    grip, target = page.locator("tr[data-key=URGENT] .grip"), page.locator("tr[data-key=INVITATIONS]")
    grip.hover()
    page.mouse.down()
    target.hover(position={"x": 5, "y": 2})
    page.mouse.up()
    expect(status).to_contain_text("Urgent messages is now number 1 of 4.")
    expect(names).to_have_text(["Urgent messages", "Invitations", "News", "Promotions"])


def test_an_entry_is_added_and_deleted_with_the_keyboard_alone(site, page, signed_in, assert_fit_to_use):
    signed_in(UserFactory(role="Privacy admin"))

    page.goto(f"{site}/privacy/bases/")
    assert_fit_to_use(page)
    page.get_by_role("link", name="Add legal basis").press("Enter")
    page.get_by_label("Name", exact=True).press_sequentially("Soft opt-in")
    assert_fit_to_use(page)
    page.get_by_role("button", name="Save").press("Enter")
    page.get_by_role("link", name="Soft opt-in").press("Enter")
    page.get_by_role("link", name="Delete…").press("Enter")
    expect(page.get_by_role("heading", name="Delete Soft opt-in?")).to_be_visible()
    assert_fit_to_use(page)
    page.get_by_role("button", name="Delete").press("Enter")

    expect(page.get_by_role("status")).to_contain_text("Soft opt-in is deleted.")


def test_turning_a_switch_and_leaving_at_once_loses_nothing(site, page, signed_in):
    signed_in(UserFactory(role="Privacy admin"))
    Purpose.objects.create(key="SMS", name="Text messages", position=9, is_active=False)

    page.goto(f"{site}/privacy/?inactive=1")
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("switch", name="Text messages is active").click(no_wait_after=True)
    page.goto(f"{site}/privacy/types/")
    page.goto(f"{site}/privacy/")

    expect(page.get_by_role("switch", name="Text messages is active")).to_be_checked()


def test_the_register_of_processing_is_made_to_be_printed(site, page, signed_in, assert_fit_to_use):
    signed_in(UserFactory(role="Privacy admin"))

    page.goto(f"{site}/privacy/")
    page.get_by_role("link", name="Register of processing").click()
    expect(page.get_by_role("button", name="Print")).to_be_visible()
    assert_fit_to_use(page)
    page.emulate_media(media="print", color_scheme="light")

    expect(page.get_by_role("heading", name="Sales and service")).to_be_visible()
    expect(page.get_by_role("navigation").first).to_be_hidden()


def test_a_text_that_somebody_said_yes_to_is_followed_by_the_next_version(site, page, signed_in, assert_fit_to_use):
    signed_in(UserFactory(role="Privacy admin"))
    wording = Wording.objects.create(purpose_id="EMARKETING", language="en", number=1, approval_text="May we write?")
    answer = ledger.Answer(
        person_id=PersonFactory().pk, purpose_id="EMARKETING", basis_id="61A", source_id="WEBFORM", wording=wording
    )
    ledger.record(answer, by=ledger.Recorder(door=Door.FORM))

    page.goto(f"{site}/privacy/purposes/EMARKETING/")
    expect(page.locator(f"#wording-count-{wording.pk}")).to_have_text("1")
    assert_fit_to_use(page)
    page.get_by_role("link", name="English").click()
    expect(page.get_by_text("1 person has E-marketing ON today by this text.")).to_be_visible()
    page.get_by_label("Approval text").fill("May we call?")
    page.get_by_label("People must be asked again").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Say from which day on.")).to_be_visible()
    assert_fit_to_use(page)
    page.get_by_label("To be asked again by").fill("2100-01-01")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Version 2 of the wording in English is shown from now on.")
    page.get_by_role("link", name="English").click()
    page.get_by_role("link", name="Version 1").click()

    expect(page.get_by_role("deletion")).to_have_text("write")
    expect(page.get_by_role("insertion")).to_have_text("call")
    expect(page.get_by_label("To be asked again by")).to_have_value("2100-01-01")
    assert_fit_to_use(page)
