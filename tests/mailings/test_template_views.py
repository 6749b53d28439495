"""Mailing templates, and copies: kept, renamed, deleted, begun with."""

import pytest
from django.urls import reverse

from mailings.models import Mailing, MailingTemplate
from tests.factories import UserFactory
from tests.mailings.making import mailing

pytestmark = pytest.mark.django_db

LIST = reverse("mailings:templates")


@pytest.fixture(autouse=True)
def marketer(client):
    user = UserFactory(role="Marketer")
    client.force_login(user)
    return user


def template(name="Monthly"):
    return MailingTemplate.objects.create(name=name, subject="News", body="<p>a</p>")


def test_content_is_kept_and_a_mailing_begun_with_it(client, marketer):
    made = mailing(body="<p>a</p>")

    client.post(reverse("mailings:keep_as_template", args=[made.pk]), {"name": "Monthly"})
    kept = MailingTemplate.objects.get()
    client.post(reverse("mailings:begin_with_template", args=[kept.pk]))

    assert (kept.name, kept.body, kept.created_by) == ("Monthly", "<p>a</p>", marketer)
    begun = Mailing.objects.latest("id")
    assert (begun.name, begun.body, begun.created_by) == ("Monthly", "<p>a</p>", marketer)


@pytest.mark.parametrize("name", ["", "Monthly", "x" * 121])
def test_a_template_has_a_name_of_its_own(client, name):
    template()
    other = template("Weekly")

    response = client.post(reverse("mailings:rename_template", args=[other.pk]), {"name": name})

    assert (response.status_code, list(response.context["form"].errors)) == (422, ["name"])
    assert MailingTemplate.objects.filter(name="Weekly").exists()


def test_it_is_renamed(client):
    client.post(reverse("mailings:rename_template", args=[template().pk]), {"name": "Weekly"})

    assert MailingTemplate.objects.get().name == "Weekly"


def test_deleting_asks_first(client):
    url = reverse("mailings:delete_template", args=[template().pk])

    assert "Delete Monthly?" in client.get(url).text
    assert MailingTemplate.objects.exists()
    client.post(url)
    assert not MailingTemplate.objects.exists()


def test_a_copy_opens_at_its_setup(client, marketer):
    made = mailing()

    response = client.post(reverse("mailings:duplicate", args=[made.pk]), follow=True)

    copy = Mailing.objects.latest("id")
    assert (copy.name, copy.created_by) == ("Copy of October news", marketer)
    assert response.redirect_chain[-1][0] == reverse("mailings:setup", args=[copy.pk])


def test_the_list_takes_the_same_number_of_queries_however_long_it_is(client, django_assert_num_queries):
    for names in (["a"], ["b", "c"]):
        for name in names:
            template(name)
        with django_assert_num_queries(5):
            assert client.get(LIST).status_code == 200
