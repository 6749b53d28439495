import pytest
from playwright.sync_api import expect

from persons.models import ConsentEvent, Subscription
from tests.caught import NAME, catch
from tests.factories import PersonFactory, UserFactory


@pytest.fixture
def person(site, settings, signed_in, tmp_path):
    """Somebody with a message in caught mail, on a site in its trial."""
    settings.TRIAL, settings.SITE_URL = True, site
    signed_in(UserFactory(role="Marketer"))
    person = PersonFactory.create(first_name="Kari", email="kari@example.com")
    catch(settings, tmp_path / "mail", person)
    return person


def test_a_newcomer_reads_a_caught_message_and_leaves_by_its_link(site, page, person, assert_fit_to_use):
    page.goto(f"{site}/")
    page.get_by_role("link", name="Caught mail").first.click()
    expect(page.get_by_text("kari@example.com")).to_be_visible()
    assert_fit_to_use(page)
    page.get_by_role("link", name="News for Kari").click()
    letter = page.frame_locator("iframe")
    expect(letter.get_by_text("Hello Kari,")).to_be_visible()
    assert_fit_to_use(page)
    with page.expect_popup() as opened:
        letter.get_by_role("link", name="Unsubscribe").click()
    leaving = opened.value
    leaving.get_by_role("button", name="Only News").click()

    expect(leaving.get_by_role("heading", name="You are unsubscribed")).to_be_visible()
    assert not Subscription.objects.get(person=person, type="NEWS").is_active


def test_the_text_and_the_headers_of_a_message_are_fit_to_use(site, page, person, assert_fit_to_use):
    page.goto(f"{site}/caught/{NAME}/")
    page.get_by_role("link", name="As text").click()
    expect(page.get_by_text("Hello Kari,")).to_be_visible()
    assert_fit_to_use(page)
    page.get_by_role("link", name="Headers").click()
    expect(page.get_by_text("List-Unsubscribe-Post", exact=True)).to_be_visible()
    assert_fit_to_use(page)


def test_the_button_does_what_one_of_a_mail_program_does(site, page, person):
    page.goto(f"{site}/caught/{NAME}/")
    page.get_by_role("button", name="Unsubscribe with one click").click()

    expect(page.get_by_role("status")).to_contain_text("The answer: 200.")
    expect(page.frame_locator("iframe").get_by_text("Hello Kari,")).to_be_visible()
    assert ConsentEvent.objects.get(person=person).act.door == "one_click"
