from playwright.sync_api import expect

from persons import links
from persons.models import LinkToken, Subscription
from tests.factories import PersonFactory


def link_about_news(person):
    token = links.make()
    LinkToken.objects.create(
        token_hash=links.hashed(token), person=person, address_hash=person.address_hash, subscription_type_id="NEWS"
    )
    return f"u/{token}"


def test_a_person_leaves_by_the_link_without_javascript(site, browser):
    person = PersonFactory(email="kari@example.com")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()

    page.goto(f"{site}/{link_about_news(person)}")
    expect(page.get_by_text("What should no longer come to k•••@example.com?")).to_be_visible()
    assert not Subscription.objects.exists()
    page.get_by_role("button", name="Only News").click()
    expect(page.get_by_role("heading", name="You are unsubscribed")).to_be_visible()
    page.get_by_role("button", name="All e-marketing").click()

    expect(page.get_by_text("Stopped: All e-marketing.")).to_be_visible()
    assert Subscription.objects.values_list("type", "is_active").get() == ("NEWS", False)
    assert person.consents.values_list("basis", flat=True).get() == "OBJECTED"
    assert context.cookies() == []
    context.close()


def test_the_pages_for_leaving_are_fit_to_use(site, page, assert_fit_to_use):
    page.goto(f"{site}/{link_about_news(PersonFactory())}")
    assert_fit_to_use(page)
    page.get_by_role("button", name="Only News").click()
    expect(page.get_by_role("heading", name="You are unsubscribed")).to_be_visible()
    assert_fit_to_use(page)
    page.goto(f"{site}/u/unknown")
    expect(page.get_by_role("heading", name="This link is not in use")).to_be_visible()
    assert_fit_to_use(page)


def test_the_page_that_asks_again_is_fit_to_use(site, page, assert_fit_to_use):
    page.goto(f"{site}/{link_about_news(PersonFactory())}".replace("/u/", "/a/") + "/")
    assert_fit_to_use(page)
    page.get_by_role("button", name="No, stop").click()

    expect(page.get_by_role("heading", name="You are unsubscribed")).to_be_visible()
