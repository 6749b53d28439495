"""Two browsers on one person: the second is told what changed, and loses nothing typed."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from persons import ledger
from persons.models import Consent, Door, Subscription
from persons.person_forms import NewPersonForm
from tests.factories import CompanyFactory, PersonFactory, UserFactory

pytestmark = pytest.mark.django_db

PROOF = "Said so on the phone."


@pytest.fixture
def person():
    return PersonFactory(
        first_name="Kari", last_name="Nordmann", phone="11", email="kari@example.com", company=CompanyFactory()
    )


@pytest.fixture(autouse=True)
def sales(client):
    client.force_login(UserFactory(role="Sales"))


def recorded_by_another(person, basis="61F", **about):
    about = about or {"purpose_id": "EMARKETING"}
    answer = ledger.Answer(
        person_id=person.pk, basis_id=basis, source_id="CHAT", comment=PROOF, given_at=timezone.now(), **about
    )
    user = UserFactory(first_name="Ola", last_name="Hansen")
    return ledger.record(answer, by=ledger.Recorder(door=Door.PAGE, user=user))


# ---- answers


def opened(client, person, **asked):
    """What the form that a browser opened sends back besides what is typed."""
    form = client.get(person.get_absolute_url(), asked).context["form"]
    return {name: form[name].value() for name in ("seen", "source", "expressed_by") if name in form.fields}


def save(client, person, sent, route="persons:record_consent", key="EMARKETING", **typed):
    return client.post(reverse(route, args=[person.pk, key]), sent | typed)


def refusal(response):
    return response.context["form"].non_field_errors()


def test_an_answer_recorded_meanwhile_is_told_and_nothing_typed_is_lost(client, person):
    sent = opened(client, person, edit="EMARKETING", on="1")
    recorded_by_another(person)

    response = save(client, person, sent, basis="61A", comment="She told me at the fair.")

    assert (response.status_code, Consent.objects.get().basis_id) == (422, "61F")
    assert refusal(response) == [
        "While this was open, something else was recorded: Legitimate interest (Chat), by Ola Hansen. "
        "What you filled in is still here. Save again to record it after all."
    ]
    assert "She told me at the fair." in response.text

    again = response.context["form"]
    save(client, person, {name: again[name].value() or "" for name in again.fields})

    assert Consent.objects.get().basis_id == "61A"


def test_an_answer_taken_back_meanwhile_is_told(client, person):
    recorded_by_another(person)
    sent = opened(client, person, edit="EMARKETING")
    event = person.consents.get().event
    client.force_login(UserFactory(role="Privacy admin"))
    client.post(reverse("persons:undo", args=[person.pk, event.pk]), {"reason": "It was somebody else."})

    response = save(client, person, sent, basis="61A", comment=PROOF)

    assert refusal(response)[0].startswith("While this was open, somebody took the answer back.")


def test_an_answer_on_another_matter_is_in_nobody_s_way(client, person):
    sent = opened(client, person, edit="EMARKETING")
    recorded_by_another(person, purpose_id="STORE")

    assert save(client, person, sent, basis="61A", comment=PROOF).status_code == 302


def test_the_same_holds_for_a_subscription(client, person):
    sent = opened(client, person, subscribe="NEWS")
    recorded_by_another(person, "WITHDRAWN", type_id="NEWS")

    response = save(client, person, sent, "persons:record_subscription", "NEWS", comment=PROOF)

    assert "While this was open, something else was recorded: Ended (" in refusal(response)[0]
    assert not Subscription.objects.get().is_active


def test_the_same_holds_for_who_may_only_switch(client, person):
    client.force_login(UserFactory(rights=["persons.view_person", "persons.change_person"]))
    sent = opened(client, person, edit="EMARKETING")
    recorded_by_another(person)

    assert "While this was open" in refusal(save(client, person, sent, comment=PROOF))[0]


def test_a_file_has_to_be_chosen_again(client, person):
    sent = opened(client, person, edit="EMARKETING")
    recorded_by_another(person)

    letter = SimpleUploadedFile("letter.pdf", b"%PDF-1.4 Yes. %%EOF")
    response = save(client, person, sent, basis="61A", comment=PROOF, file=letter)

    assert response.context["form"].errors["file"] == ["Please choose the file again: the browser does not keep it."]


# ---- the person's own fields


def opened_edit(client, person):
    """What a browser sends that opened the page and typed nothing yet."""
    form = client.get(reverse("persons:edit", args=[person.pk])).context["form"]
    return sent_by(form)


def sent_by(form):
    fields = {name: form[name].value() or "" for name in form.fields}
    return fields | {form[name].html_initial_name: form.data[form[name].html_initial_name] for name in form.fields}


def edit(client, person, sent, **typed):
    return client.post(reverse("persons:edit", args=[person.pk]), sent | typed)


def test_a_field_changed_by_both_says_what_the_other_wrote_and_keeps_what_was_typed(client, person):
    first = opened_edit(client, person)
    second = dict(first)
    edit(client, person, first, phone="22")

    response = edit(client, person, second, phone="33", city="Bergen")

    form = response.context["form"]
    assert response.status_code == 422
    assert form.errors["phone"] == ["Somebody changed this to “22” while the form was open."]
    assert (form["phone"].value(), form["city"].value()) == ("33", "Bergen")

    edit(client, person, sent_by(form))

    person.refresh_from_db()
    assert (person.phone, person.city) == ("33", "Bergen")


def test_a_field_changed_by_the_other_alone_is_taken_over_and_told(client, person):
    first = opened_edit(client, person)
    second = dict(first)
    edit(client, person, first, phone="", last_name="Berg")

    form = edit(client, person, second, city="Bergen").context["form"]

    assert form.errors["phone"] == ["Somebody emptied this while the form was open."]
    assert (form["last_name"].value(), form["phone"].value(), form["city"].value()) == ("Berg", "", "Bergen")


def test_what_nobody_changed_meanwhile_is_saved_at_once(client, person):
    sent = opened_edit(client, person)
    client.post(reverse("persons:no_mailings", args=[person.pk]), {"on": "1"})

    assert edit(client, person, sent, phone="44").status_code == 302
    person.refresh_from_db()
    assert (person.phone, person.no_mailings) == ("44", True)


# ---- addresses that are none

WRONG_ADDRESSES = [
    "kari",
    "kari@",
    "@example.com",
    "kari@example",
    "kari@@example.com",
    "kari@example..com",
    "kari@.example.com",
    "kari@example.com.",
    "kari@-example.com",
    ".kari@example.com",
    "kari.@example.com",
    "ka..ri@example.com",
    "kari nordmann@example.com",
    "kari@exam ple.com",
    "kari@example.com, ola@example.com",
    "kari@example.com;ola@example.com",
    "Kari <kari@example.com>",
    "mailto:kari@example.com",
    "kari@example.com\nBcc: ola@example.com",
    "kåri@example.com",
    "kari@[192.0.2.1]",
    '"kari"@example.com',
    "kari@example.local",
    "kari\u200b@example.com",
    f"{'k' * 65}@example.com",
    f"kari@{'e' * 250}.com",
]


@pytest.mark.parametrize("email", WRONG_ADDRESSES)
def test_an_address_that_is_none_is_refused_at_its_field(email):
    form = NewPersonForm({"last_name": "Nordmann", "email": email}, may_add_company=True, may_choose_basis=False)

    assert form.errors == {"email": ["This is not a valid e-mail address. Write one like name@example.com."]}
