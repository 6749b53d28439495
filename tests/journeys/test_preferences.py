from playwright.sync_api import expect

from persons import ledger, links
from persons.models import Door, LinkToken
from purposes.models import Wording
from tests.factories import PersonFactory

PROOF = "Said so on the phone."


def link_of(person):
    token = links.make()
    LinkToken.objects.create(token_hash=links.hashed(token), person=person, address_hash=person.address_hash)
    return f"p/{token}/"


def agreed(person):
    Wording.objects.create(
        purpose_id="EMARKETING",
        language="en",
        number=1,
        approval_text="Yes, send me news and offers by e-mail.",
        statement_title="How we handle your data",
        statement_url="https://example.com/privacy",
    )
    facts = {"person_id": person.pk, "source_id": "WEBFORM"}
    by = ledger.Recorder(door=Door.PAGE)
    ledger.record(ledger.Answer(**facts, purpose_id="STORE", basis_id="61F"), by=by)
    ledger.record(ledger.Answer(**facts, purpose_id="EMARKETING", basis_id="61A", comment=PROOF), by=by)


def test_a_person_turns_off_one_kind_and_then_everything_without_javascript(site, browser):
    person = PersonFactory(email="kari@example.com", language="en")
    agreed(person)
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()

    page.goto(f"{site}/{link_of(person)}")
    expect(page.get_by_text("At k•••@example.com")).to_be_visible()
    page.get_by_role("switch", name="News").click()
    expect(page.get_by_role("status")).to_contain_text("Stopped: News.")
    expect(page.get_by_role("switch", name="News")).to_have_attribute("aria-checked", "false")
    expect(page.get_by_role("switch", name="Promotions")).to_be_visible()
    page.get_by_role("button", name="Stop everything").click()

    expect(page.get_by_role("status")).to_contain_text("Stopped: Everything.")
    expect(page.locator("[role=switch][aria-checked=true]")).to_have_count(0)
    assert person.consents.get(purpose="EMARKETING").basis_id == "WITHDRAWN"
    assert context.cookies() == []
    context.close()


def test_the_preferences_are_fit_to_use(site, page, assert_fit_to_use):
    person = PersonFactory(email="kari@example.com", language="en")
    agreed(person)
    link = link_of(person)

    page.goto(f"{site}/{link}")
    expect(page.get_by_text("Yes, send me news and offers by e-mail.")).to_be_visible()
    assert_fit_to_use(page)
    page.get_by_role("switch", name="News").click()
    expect(page.get_by_role("status")).to_contain_text("Stopped: News.")
    assert_fit_to_use(page)
    page.goto(f"{site}/{link.replace('p/', 'u/', 1)}")
    page.get_by_role("link", name="See everything you receive").click()
    expect(page.get_by_role("heading", name="What you receive from us")).to_be_visible()
    person.email = "new@example.com"
    person.save()
    page.goto(f"{site}/{link}")
    expect(page.get_by_text("With this link everything can be stopped, and nothing else.")).to_be_visible()
    assert_fit_to_use(page)
