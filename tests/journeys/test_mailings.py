import pytest
from playwright.sync_api import expect

from mailings.models import Mailing, SendingSettings
from persons.models import Selection
from tests.factories import CompanyFactory, PersonFactory, UserFactory
from tests.mailings.mail_server import MailServer
from tests.mailings.making import agree, mailing, persons, started, withdraw

MARKETER = "Marketer"


@pytest.fixture
def server(settings):
    with MailServer() as running:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", running.port
        yield running


@pytest.mark.slow
def test_a_mailing_from_its_first_word_to_the_last_message(
    site, page, signed_in, server, start_worker, assert_fit_to_use
):
    SendingSettings.objects.update(postal_address="Storgata 1, 0155 Oslo")
    on, also_on, said_no = persons(3)
    agree(on, also_on)
    withdraw(said_no)
    Selection.objects.create(name="Customers").members.set([on, said_no])
    user = signed_in(UserFactory(role=MARKETER))

    page.goto(f"{site}/mailings/")
    assert_fit_to_use(page)
    page.get_by_role("link", name="Make the first one").click()
    page.get_by_label("Name").fill("October news")
    page.get_by_label("Subscription type").select_option("News")
    assert_fit_to_use(page)
    page.get_by_role("button", name="Make the mailing").click()

    page.get_by_label("Subject").fill("News for {{ frist_name }}")
    page.get_by_label("Preheader").focus()
    expect(page.get_by_text("There is no merge field “frist_name”")).to_be_visible()
    expect(page.get_by_text("Not saved: see what is marked.")).to_be_visible()
    assert_fit_to_use(page)
    page.get_by_label("Subject").fill("News for {{ first_name }}")
    page.get_by_label("Preheader").focus()
    expect(page.get_by_text("There is no merge field")).to_be_hidden()
    assert Mailing.objects.get().subject == "News for {{ first_name }}"
    page.get_by_role("button", name="Continue to Content").click()

    expect(page.get_by_role("link", name="2. Content")).to_have_attribute("aria-current", "page")
    Mailing.objects.update(body="<p>Hello {{ first_name }}, it is October.</p>")
    page.get_by_role("link", name="3. Recipients").click()

    expect(page.get_by_text("The mailing has no source")).to_be_visible()
    page.get_by_label("Customers").check()
    expect(page.get_by_role("link", name="Will receive 1")).to_be_visible()
    page.get_by_role("link", name="Add by e-mail address").click()
    page.get_by_label("E-mail addresses").fill(f"{also_on.email}, nobody@example.com")
    assert_fit_to_use(page)
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_text("nobody@example.com")).to_be_visible()
    assert_fit_to_use(page)
    page.get_by_role("link", name="Back to the recipients").click()
    expect(page.get_by_role("link", name="Will receive 2")).to_be_visible()
    assert_fit_to_use(page)

    page.get_by_role("button", name="OFF").click()
    expect(page.get_by_text("Only a look: the filter stays as it is set")).to_be_visible()
    page.get_by_role("link", name="Held back 1").click()
    assert_fit_to_use(page)
    page.get_by_role("link", name=f"Why {said_no}?").click()
    expect(page.locator("tr:target")).to_contain_text("Withdrawn")
    page.goto(f"{site}/mailings/{Mailing.objects.get().pk}/recipients/")
    page.get_by_role("link", name="Continue to Test").click()

    expect(page.get_by_role("button", name="Send the test")).to_be_visible()
    assert_fit_to_use(page)
    page.get_by_role("button", name="Send the test").click()
    expect(page.get_by_role("status")).to_contain_text(f"The test is on its way to {user.email}.")
    assert server.recipients == [user.email]
    page.get_by_role("link", name="Continue to Send").click()

    expect(page.get_by_text("No worker is running")).to_be_visible()
    page.get_by_label("At a time").check()
    expect(page.get_by_label("Date and time")).to_be_visible()
    assert_fit_to_use(page)
    page.get_by_label("Now").check()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Send it to 2 persons now?")).to_be_visible()
    assert_fit_to_use(page)
    page.get_by_role("button", name="Send to 2 persons").click()

    expect(page.get_by_role("progressbar", name="Making the list of recipients")).to_be_visible()
    assert_fit_to_use(page)
    start_worker(EMAIL_URL=f"smtp://127.0.0.1:{server.port}")
    expect(page.get_by_text("Ended")).to_be_visible(timeout=30_000)
    expect(page.locator("#mailing-state")).to_have_text("Sent")
    assert_fit_to_use(page)
    assert sorted(server.recipients[1:]) == [on.email, also_on.email]
    assert Mailing.objects.get().state == "sent"


def test_a_mailing_is_paused_resumed_and_cancelled(site, page, signed_in, assert_fit_to_use):
    agree(*persons(3))
    made = started()
    signed_in(UserFactory(role=MARKETER))

    page.goto(f"{site}{made.get_absolute_url()}")
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("It was paused by hand.")).to_be_visible()
    assert_fit_to_use(page)
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_role("progressbar", name="Sending")).to_be_visible()
    page.get_by_role("link", name="Cancel the mailing").click()
    assert_fit_to_use(page)
    page.get_by_role("button", name="Cancel the mailing for good").click()

    expect(page.get_by_role("status")).to_contain_text("was cancelled. Nobody else receives it.")
    assert made.recipients.filter(state="cancelled").count() == 3


def test_the_other_sources_the_override_and_a_service_mailing(site, page, signed_in, assert_fit_to_use):
    rights = ["mailings.override_consent", "mailings.send_service"]
    signed_in(UserFactory(role=MARKETER, rights=rights))
    acme = CompanyFactory(name="Acme")
    PersonFactory(company=acme)
    PersonFactory(country="Norway")
    made = mailing(to_everybody=False)

    page.goto(f"{site}{made.get_absolute_url()}")
    page.get_by_role("radio", name="Service").check()
    expect(page.get_by_text("Choose the purpose that the mailing serves.")).to_be_visible()
    assert_fit_to_use(page)
    page.get_by_role("radio", name="Marketing").check()
    expect(page.get_by_label("Purpose", exact=True)).to_be_hidden()
    page.get_by_role("link", name="3. Recipients").click()
    page.get_by_label("Name of a company").fill("Acme")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("button", name="Remove Acme")).to_be_visible()
    page.get_by_role("link", name="Choose by filter").click()
    assert_fit_to_use(page)
    page.get_by_label("Country").select_option("Norway")
    page.get_by_role("button", name="Use this filter").click()
    expect(page.get_by_role("link", name="Held back 2")).to_be_visible()
    page.get_by_label("Why they may be written to all the same").fill("A recall of a product.")
    assert_fit_to_use(page)
    page.get_by_role("button", name="Let them in").click()

    expect(page.get_by_role("link", name="Will receive 2")).to_be_visible()
    expect(page.get_by_text("Let in by override")).to_be_visible()
    assert_fit_to_use(page)
