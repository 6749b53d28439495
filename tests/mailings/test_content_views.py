"""The step Content: what is saved, where a refusal lands, what is shown to whom."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from mailings.models import HostedImage, Mailing
from tests.factories import PersonFactory, UserFactory
from tests.mailings.making import mailing
from tests.mailings.test_images import picture

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def marketer(client):
    user = UserFactory(role="Marketer", first_name="Anne", last_name="Berg")
    client.force_login(user)
    return user


def page_of(made, route="content"):
    return reverse(f"mailings:{route}", args=[made.pk])


def save(client, made, body, version=0, **more):
    return client.post(page_of(made), {"body": body, "version": version} | more)


def test_the_body_is_saved_and_the_preview_stays_as_it_was(client):
    made = mailing()

    response = save(client, made, "<p>New\r\nline</p>", person=7, **{"as": "text"})

    assert response.url == f"{page_of(made)}?person=7&as=text"
    assert Mailing.objects.values_list("body", "content_version").get() == ("<p>New\nline</p>", 1)


@pytest.mark.parametrize(
    ("kind", "body", "place"),
    [
        ("source", "<p>a</p>\n<p>b {{ frist_name }}</p>", "“frist_name” (line 2, column 6)"),
        ("written", "<h1>a</h1><p>b</p><p>c {{ frist_name }}</p>", "“frist_name” (paragraph 3)"),
        ("written", "<p>a</p><p><a href='https://x.example/{{ city }}'>b</a></p>", "(paragraph 2), where it cannot be"),
    ],
)
def test_an_unknown_field_is_refused_at_the_body_with_its_place(client, kind, body, place):
    made = mailing(body_kind=kind)

    response = save(client, made, body)

    assert response.status_code == 422
    assert place in response.context["form"].errors["body"][0]
    assert "Nothing was found that is wrong" not in response.text
    assert body in response.context["form"]["body"].value()
    assert Mailing.objects.get().content_version == 0


def test_the_second_of_two_is_told_and_may_save_over_the_first(client):
    made = mailing(body="<p>We open</p>")
    save(client, made, "<p>We close</p>")

    told = save(client, made, "<p>We move</p>")
    over = save(client, made, "<p>We move</p>", over=1)

    assert told.status_code == 422
    assert "Anne Berg has saved this content while you had it open." in told.text
    assert told.context["outdated"].changes == [("-", "We open"), ("+", "We close")]
    assert told.context["form"]["body"].value() == "<p>We move</p>"
    assert (over.status_code, Mailing.objects.get().body) == (302, "<p>We move</p>")


def test_what_has_been_started_is_shown_and_not_changed(client):
    made = mailing(state="sending", body="<p>a</p>")

    response = client.post(page_of(made), {"body": "<p>b</p>", "version": 0}, follow=True)

    assert Mailing.objects.get().body == "<p>a</p>"
    assert "content-form" not in response.text.replace('form="content-form"', "")
    assert response.context["preview"].message.text.startswith("a")


def test_the_switch_asks_first(client):
    made = mailing(body="<p>a</p>")

    asked = client.get(page_of(made, "switch"))
    assert ("Use HTML source?" in asked.text, Mailing.objects.get().body_kind) == (True, "written")
    client.post(page_of(made, "switch"))
    assert Mailing.objects.get().body_kind == "source"


def test_the_preview_is_of_a_person_that_is_searched_for(client):
    PersonFactory(first_name="Åse", last_name="Vik", email="ase@example.com")
    made = mailing(body="<p>Hello {{ first_name }}</p>")

    found = client.get(page_of(made), {"q": "ase vik"}).context["preview"]
    [(person, link)] = found.hit_links
    shown = client.get(page_of(made) + link)
    letter = client.get(page_of(made, "letter"), {"person": person.pk})

    assert shown.context["preview"].person == person
    assert "Would receive it: No - Never asked." in shown.text
    assert "Hello Åse" in letter.text
    assert "sandbox" in letter["Content-Security-Policy"]
    assert letter["X-Frame-Options"] == "SAMEORIGIN"


def test_who_may_not_see_persons_sees_somebody_invented(client):
    person = PersonFactory(first_name="Åse")
    client.force_login(UserFactory(rights=["mailings.view_mailing"]))

    preview = client.get(page_of(mailing()), {"person": person.pk, "q": "Åse"}).context["preview"]

    assert (preview.person, preview.hits) == (None, [])


def test_an_image_is_kept_with_what_it_shows(client, marketer):
    made = mailing()
    file = SimpleUploadedFile("door.png", picture())

    response = client.post(page_of(made, "add_image"), {"file": file, "alt": "A door"})

    assert response.url == page_of(made)
    assert HostedImage.objects.values_list("alt", "uploaded_by").get() == ("A door", marketer.pk)


def test_an_attachment_is_refused_with_the_reason(client):
    file = SimpleUploadedFile("terms.pdf", b"%PDF-1.7")

    response = client.post(page_of(mailing(), "add_image"), {"file": file, "alt": "Terms"})

    assert response.status_code == 422
    assert "Other files cannot be attached" in response.context["image_form"].errors["file"][0]
    assert response["HX-Push-Url"] == "false"


@pytest.mark.parametrize("asked", [{"person": "x"}, {"person": "9" * 30}, {"person": "0"}, {"as": "x"}])
def test_what_makes_no_sense_counts_as_not_asked(client, asked):
    preview = client.get(page_of(mailing()), asked).context["preview"]

    assert (preview.person, preview.asked["as"]) == (None, "desktop")


def test_the_page_is_loaded_whole_because_its_policy_is_its_own(client):
    boosted = {"HX-Request": "true", "HX-Boosted": "true", "HX-Target": "page"}
    made = mailing()

    response = client.get(page_of(made), headers=boosted)

    assert response["HX-Redirect"] == page_of(made)
    assert "frame-src 'self'" in client.get(page_of(made))["Content-Security-Policy"]
