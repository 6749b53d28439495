"""Making the public subscribe forms."""

import pytest
from django.urls import reverse

from persons.models import SubscribeForm
from purposes.models import SubscriptionType
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

FORM = {"name": "Newsletter", "key": "news", "language": "nb", "types": ["NEWS"], "is_active": "on"}


@pytest.fixture
def admin(client):
    user = UserFactory(role="Privacy admin")
    client.force_login(user)
    return user


def test_a_form_is_made_and_found_where_it_says(client, admin):
    response = client.post(reverse("persons:new_subscribe_form"), FORM, follow=True)

    made = SubscribeForm.objects.get()
    assert (made.key, made.language, made.updated_by, list(made.types.values_list("pk", flat=True))) == (
        "news",
        "nb",
        admin,
        ["NEWS"],
    )
    assert "/subscribe/news/" in response.content.decode()
    assert client.get("/subscribe/news/").status_code == 200


def test_the_address_of_a_form_stays_because_it_stands_in_pages_of_others(client, admin):
    client.post(reverse("persons:new_subscribe_form"), FORM)
    made = SubscribeForm.objects.get()

    client.post(reverse("persons:subscribe_form", args=[made.pk]), FORM | {"key": "other", "name": "Letters"})

    assert SubscribeForm.objects.values_list("key", "name").get() == ("news", "Letters")


def test_the_history_of_a_form_has_the_types_it_offered(client, admin):
    client.post(reverse("persons:new_subscribe_form"), FORM)
    made = SubscribeForm.objects.get()
    client.post(reverse("persons:subscribe_form", args=[made.pk]), FORM | {"name": "Letters", "types": []})

    url = reverse("persons:subscribe_form_history", args=[made.pk])
    news = SubscriptionType.objects.get(pk="NEWS")
    told = [(save.by, *one) for save in client.get(url).context["saves"] for one in save.differences]
    assert url in client.get(reverse("persons:subscribe_form", args=[made.pk])).text
    assert {(admin, "Name", "Newsletter", "Letters"), (admin, f"Offers {news}", "yes", "")} <= set(told)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"key": "News & more"}, "Enter a valid"),
        ({"embedded_on": "www.example.com"}, "is not the address of a site"),
    ],
)
def test_what_is_wrong_is_said_at_the_field(client, admin, wrong, words):
    response = client.post(reverse("persons:new_subscribe_form"), FORM | wrong)

    assert response.status_code == 422
    assert words in response.content.decode()


def test_the_list_takes_the_same_statements_for_one_and_for_three(client, admin, django_assert_num_queries):
    def form(number):
        made = SubscribeForm.objects.create(key=f"form-{number}", name=f"Form {number}")
        made.types.set(SubscriptionType.objects.all())

    url = reverse("persons:subscribe_forms")
    assert "There is no subscribe form yet" in client.get(url).content.decode()
    form(1)
    client.get(url)
    with django_assert_num_queries(6):
        client.get(url)
    form(2)
    form(3)
    with django_assert_num_queries(6):
        client.get(url)
