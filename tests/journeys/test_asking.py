"""From asking on a public form to the person's own page, by the link in a message."""

import re

import pytest
from playwright.sync_api import expect

from mailings import singles
from persons import singles as outbox
from persons.ledger import Answer, Recorder, record
from persons.models import Door, Person, SubscribeForm
from purposes.models import SubscriptionType, Wording
from tests.factories import PersonFactory, UserFactory
from tests.mailings.mail_server import MailServer


@pytest.fixture
def link_in_mail(settings, site):
    """Hands over what waits, as the worker does; the link to a page in the last message."""
    settings.SITE_URL = site
    with MailServer() as server:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port

        def found(page_name):
            singles.deliver(seconds=5)
            text = server.messages()[-1].get_body(["plain"]).get_content()
            return re.search(rf"{site}/{page_name}/[\w-]+/", text)[0]

        yield found


@pytest.fixture
def newsletter():
    Wording.objects.create(
        purpose_id="EMARKETING",
        language="en",
        number=1,
        approval_text="Yes, send me letters.",
        statement_title="How we handle your data",
        statement_url="https://example.com/privacy",
    )
    newsletter = SubscribeForm.objects.create(key="news", name="Newsletter", heading="Letters", intro="Once a month.")
    newsletter.types.set(SubscriptionType.objects.filter(pk__in=["NEWS", "PROMOTIONS"]))
    return newsletter


def test_a_stranger_subscribes_and_confirms_without_javascript(site, newsletter, browser, link_in_mail):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()

    page.goto(f"{site}/subscribe/news/")
    page.get_by_label("Your e-mail address").fill("kari@example.com")
    page.get_by_label("News").check()
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_text("We send a message to kari@example.com.")).to_be_visible()
    page.goto(link_in_mail("c"))
    assert not Person.objects.exists()
    page.get_by_role("button", name="Yes, I want to receive it").click()
    expect(page.get_by_text("Confirmed. From now on this comes to k•••@example.com:")).to_be_visible()
    page.get_by_role("link", name="See everything you receive").click()

    expect(page.get_by_role("switch", name="News")).to_have_attribute("aria-checked", "true")
    assert Person.objects.get().subscriptions.get().type_id == "NEWS"
    assert context.cookies() == []
    context.close()


def test_after_a_stop_a_person_turns_one_kind_on_again(site, newsletter, page, link_in_mail, assert_fit_to_use):
    person = PersonFactory(email="kari@example.com", language="en")
    stop = Answer(person_id=person.pk, purpose_id="EMARKETING", basis_id="WITHDRAWN", source_id="EMAIL")
    record(stop, by=Recorder(door=Door.LINK))
    outbox.send("PREFERENCE_LINK", person)

    page.goto(link_in_mail("p"))
    page.get_by_role("switch", name="News").click()
    expect(page.get_by_role("status")).to_contain_text("Press the link in it to turn on: News.")
    assert_fit_to_use(page)
    page.goto(link_in_mail("c"))
    assert_fit_to_use(page)
    page.get_by_role("button", name="Yes, I want to receive it").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert_fit_to_use(page)

    assert dict(person.subscriptions.filter(is_active=True).values_list("type", "is_active")) == {"NEWS": True}
    assert person.consents.get().basis_id == "61A"


def test_the_subscribe_form_is_fit_to_use(site, newsletter, page, assert_fit_to_use):
    page.goto(f"{site}/subscribe/news/")
    assert_fit_to_use(page)
    page.get_by_label("Your e-mail address").fill("kari@")
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_text("This is not a valid e-mail address.")).to_be_visible()
    expect(page.get_by_text("Choose at least one.")).to_be_visible()
    assert_fit_to_use(page)
    page.get_by_label("Your e-mail address").fill("kari@example.com")
    page.get_by_label("Promotions").check()
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_role("heading", name="Look into your mailbox")).to_be_visible()
    assert_fit_to_use(page)


def test_a_privacy_admin_makes_a_form(site, page, signed_in, assert_fit_to_use):
    signed_in(UserFactory(role="Privacy admin"))
    page.goto(f"{site}/persons/forms/")
    page.get_by_role("link", name="New subscribe form").click()
    page.get_by_label("Name").fill("Newsletter")
    page.get_by_label("Address").fill("news")
    page.get_by_label("News", exact=True).check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Newsletter is saved.")).to_be_visible()
    assert_fit_to_use(page)
    page.get_by_role("link", name="Subscribe forms").first.click()
    expect(page.get_by_role("link", name="/subscribe/news/")).to_be_visible()
    assert_fit_to_use(page)
