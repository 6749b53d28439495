import pytest
from django.urls import reverse
from playwright.sync_api import expect

from consent_crm import demo
from mailings.models import Mailing
from tests.factories import UserFactory


@pytest.mark.slow
def test_a_marketer_reads_what_became_of_a_mailing_and_takes_the_proof(site, page, signed_in, assert_fit_to_use):
    signed_in(UserFactory(role="Marketer"))
    demo.load(300)
    mailing = Mailing.objects.get(name="News of the month")

    page.goto(f"{site}{reverse('mailings:send', args=[mailing.pk])}")
    page.get_by_role("link", name="Report").click()
    expect(page.get_by_role("heading", name="In numbers")).to_be_visible()
    assert_fit_to_use(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the proof pack").click()

    assert download.value.suggested_filename == f"proof-{mailing.pk}-news-of-the-month.zip"
