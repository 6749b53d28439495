"""Adding and changing persons and companies: who may, what is recorded, and where a refusal lands."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from persons import ledger, links
from persons.models import Act, Company, Consent, Door, LinkToken, Person, Suppression, keyed_hash
from purposes.models import PrivacySettings
from tests.factories import CompanyFactory, PersonFactory, UserFactory

pytestmark = pytest.mark.django_db

COMPANY = ["persons.view_company", "persons.add_company", "persons.change_company"]
SALES = ["persons.view_person", "persons.add_person", "persons.change_person", "persons.manage_consent", *COMPANY]
PROOF = "Said so on the phone."
OLD, NEW = "kari@old.example.com", "kari@new.example.com"


@pytest.fixture
def sign_in(client):
    def sign_in(rights=SALES):
        user = UserFactory(rights=rights)
        client.force_login(user)
        return user

    return sign_in


def filled_in(**data):
    return {"first_name": "Kari", "last_name": "Nordmann", "email": OLD, "basis": "61F", "source": "USER"} | data


def add(client, **data):
    return client.post(reverse("persons:new"), filled_in(**data))


def errors(response):
    assert response.status_code == 422
    return {name: list(found) for name, found in response.context["form"].errors.items()}


def answer(person, basis, *, purpose="EMARKETING"):
    given = ledger.Answer(
        person_id=person.pk,
        purpose_id=purpose,
        basis_id=basis,
        source_id="EMAIL",
        given_at=timezone.now() - timedelta(days=30),
        comment=PROOF,
    )
    ledger.record(given, by=ledger.Recorder(door=Door.PAGE))


def said(response):
    return [str(message) for message in response.context["messages"]]


# ---- a new person


def test_the_form_opens_with_the_default_basis_and_the_user_as_source(client, sign_in):
    sign_in()
    PrivacySettings.objects.update(default_basis="61B")

    form = client.get(reverse("persons:new")).context["form"]

    assert (form["basis"].value(), form["source"].value()) == ("61B", "USER")
    assert "" not in [value for value, _label in form["basis"].field.choices]


def test_without_a_default_no_basis_is_an_answer(client, sign_in):
    sign_in()
    PrivacySettings.objects.update(set_default_basis=False)

    form = client.get(reverse("persons:new")).context["form"]
    add(client, basis="")

    assert (form["basis"].value(), form["basis"].field.required) == (None, False)
    assert (Person.objects.count(), Consent.objects.count()) == (1, 0)


def test_a_new_person_is_recorded_with_the_basis_by_the_user(client, sign_in):
    user = sign_in()

    response = add(client, basis="61A", source="EMAIL", comment=PROOF, phone="91234567", company_name="Acme")

    person = Person.objects.get()
    act, consent = Act.objects.get(), Consent.objects.get()
    assert response.url == person.get_absolute_url()
    assert (str(person), person.address, person.phone, person.company.name) == (
        "Kari Nordmann",
        OLD,
        "91234567",
        "Acme",
    )
    assert (act.user, act.door, act.is_own_door) == (user, Door.PAGE, False)
    assert (consent.purpose_id, consent.basis_id, consent.source_id) == ("STORE", "61A", "EMAIL")
    assert consent.event.evidence.comment == PROOF


def test_missing_proof_lands_at_the_comment_and_nobody_is_added(client, sign_in):
    sign_in()

    response = add(client, basis="61A", company_name="Acme")

    assert errors(response) == {
        "comment": ["This needs proof: a wording, a file, or a comment of at least ten characters."]
    }
    assert [Person.objects.count(), Company.objects.count()] == [0, 0]


def test_a_basis_that_the_purpose_does_not_accept_is_not_offered(client, sign_in):
    sign_in()

    assert list(errors(add(client, basis="WITHDRAWN"))) == ["basis"]


def test_who_may_not_record_answers_adds_persons_with_the_default(client, sign_in):
    sign_in(["persons.view_person", "persons.add_person"])

    add(client, basis="61B")

    assert Consent.objects.get().basis_id == "61F"


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"first_name": "", "last_name": "", "email": ""}, "last_name"),
        ({"first_name": "", "last_name": "", "email": "not an address"}, "email"),
        ({"last_name": "x" * 201}, "last_name"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(client, sign_in, data, field):
    sign_in()

    assert list(errors(add(client, **data))) == [field]


def test_the_same_name_and_address_are_one_person(client, sign_in):
    sign_in()
    PersonFactory(first_name="kari", last_name="NORDMANN", email=OLD)

    assert errors(add(client)) == {"email": ["There is already a person with this name and this address."]}
    assert add(client, first_name="Ola").status_code == 302


def test_a_company_is_found_by_its_name_whatever_the_case(client, sign_in):
    sign_in()
    company = CompanyFactory(name="Fjordkraft AS")

    add(client, company_name="fjordkraft  as")

    assert (Person.objects.get().company, Company.objects.count()) == (company, 1)


def test_of_two_companies_with_one_name_the_one_that_the_page_came_from_is_meant(client, sign_in):
    sign_in()
    _first, second = CompanyFactory(name="Acme"), CompanyFactory(name="Acme")

    refused = add(client, company_name="Acme")
    client.post(f"{reverse('persons:new')}?company={second.pk}", filled_in(company_name="Acme"))

    assert list(errors(refused)) == ["company_name"]
    assert Person.objects.get().company == second


def test_who_may_not_add_companies_is_told_so_at_the_field(client, sign_in):
    sign_in(["persons.add_person", "persons.view_company"])

    assert errors(add(client, company_name="Acme")) == {
        "company_name": ["There is no such company, and you may not add one."]
    }


def test_a_blocked_address_is_told(client, sign_in):
    sign_in()
    Suppression.objects.create(address_hash=keyed_hash(OLD), reason=Suppression.Reason.COMPLAINT)

    response = client.post(reverse("persons:new"), filled_in(), follow=True)

    assert said(response) == ["Kari Nordmann was added.", "This e-mail address is blocked: no mail is sent to it."]


def test_companies_are_suggested_by_part_of_their_name(client, sign_in):
    sign_in()
    CompanyFactory(name="Blåbær AS")
    CompanyFactory(name="Other")

    text = client.get(reverse("persons:company_names"), {"company_name": "blab"}).text

    assert text.split() == ["<option", 'value="Blåbær', 'AS"></option>']
    assert client.get(reverse("persons:company_names"), {"company_name": " "}).text == ""


# ---- a person changed


@pytest.fixture
def person():
    return PersonFactory(first_name="Kari", last_name="Nordmann", email=OLD, company=CompanyFactory(name="Acme"))


def edit(client, person, follow=False, **data):
    as_it_was = {"first_name": "Kari", "last_name": "Nordmann", "email": person.email, "company_name": "Acme"}
    return client.post(reverse("persons:edit", args=[person.pk]), as_it_was | data, follow=follow)


def test_a_changed_person_is_saved_and_the_answers_stay(client, person, sign_in):
    sign_in()
    answer(person, "61A")

    response = edit(client, person, last_name="Berg", mobile="912 34 567", company_name="")

    person.refresh_from_db()
    assert response.url == person.get_absolute_url()
    assert (str(person), person.mobile, person.company, person.address) == ("Kari Berg", "912 34 567", None, OLD)
    assert Consent.objects.get().basis_id == "61A"


def test_the_language_is_ours_or_the_one_that_came_with_the_person(client, person, sign_in):
    sign_in()

    edit(client, person, language="nb")
    person.refresh_from_db()
    assert person.language == "nb"

    Person.objects.filter(pk=person.pk).update(language="fi")
    page = client.get(reverse("persons:edit", args=[person.pk]))
    choices = [value for value, _label in page.context["form"].fields["language"].choices]
    assert (choices[0], choices[-1], "nb" in choices) == ("", "fi", True)
    assert edit(client, person, language="xx").status_code == 422
    edit(client, person, language="")
    person.refresh_from_db()
    assert person.language == ""


def test_editing_writes_no_flags_for_others_switch_them_meanwhile(client, person, sign_in):
    sign_in()

    with CaptureQueriesContext(connection) as queries:
        edit(client, person, last_name="Berg")

    (update,) = [query["sql"] for query in queries if 'UPDATE "persons_person"' in query["sql"]]
    assert "Berg" in update
    assert not any(flag in update for flag in ("no_mailings", "former_employee", "merged_into"))


def test_an_imported_address_that_is_none_may_stay_but_no_new_one_comes(client, sign_in):
    sign_in()
    person = PersonFactory(email="kari at example", company=CompanyFactory(name="Acme"))

    kept, changed = edit(client, person), edit(client, person, email="kari@")

    assert kept.status_code == 302
    assert errors(changed) == {"email": ["This is not a valid e-mail address. Write one like name@example.com."]}


def test_after_a_changed_address_the_page_says_which_answers_were_given_for_another(client, person, sign_in):
    sign_in()
    answer(person, "61A")

    response = edit(client, person, follow=True, email=NEW)
    answer(person, "61F", purpose="STORE")
    page, history = client.get(person.get_absolute_url()), client.get(reverse("persons:history", args=[person.pk]))

    assert said(response) == [
        "Kari Nordmann was saved.",
        "The answers were given for the old address. They stay, and are marked so.",
    ]
    assert page.context["for_another_address"] == {"purpose-EMARKETING"}
    assert page.text.count("Given for another address") == history.text.count("Given for another address") == 1


def test_an_address_that_comes_back_takes_its_answers_back(client, person, sign_in):
    sign_in()
    answer(person, "61A")
    edit(client, person, email=NEW)
    answer(person, "61F", purpose="STORE")

    edit(client, person, email=OLD)

    assert client.get(person.get_absolute_url()).context["for_another_address"] == {"purpose-STORE"}


def test_a_first_address_is_no_other_one(client, sign_in):
    sign_in()
    person = PersonFactory(email="", company=CompanyFactory(name="Acme"))
    answer(person, "61A")

    edit(client, person, email=NEW)

    assert client.get(person.get_absolute_url()).context["for_another_address"] == set()


def test_while_a_stop_stands_it_is_said_that_the_old_address_is_blocked(client, person, sign_in):
    sign_in()
    answer(person, "WITHDRAWN")

    response = edit(client, person, follow=True, email=NEW)

    assert said(response)[-1] == "The old address is blocked: nothing is sent to it any more."


def test_a_link_to_the_old_address_can_only_stop_shows_nothing_and_blocks_that_address(client, person, sign_in):
    token = links.make()
    LinkToken.objects.create(
        token_hash=links.hashed(token), person=person, address_hash=person.address_hash, purpose_id="EMARKETING"
    )
    answer(person, "61A")
    before = client.get(reverse("unsubscribe", args=[token])).text
    sign_in()
    edit(client, person, email=NEW)
    client.logout()

    shown = client.get(reverse("unsubscribe", args=[token]))
    stopped = client.post(reverse("unsubscribe", args=[token]), {"List-Unsubscribe": "One-Click"})

    assert "k•••@old.example.com" in before
    for page in (shown.text, stopped.text):
        assert not any(word in page for word in ("example.com", "•••", "Kari", "Nordmann"))
    assert person.consents.get().basis_id == "WITHDRAWN"
    assert [bytes(row.address_hash) for row in Suppression.objects.standing()] == [keyed_hash(OLD)]


def test_a_link_to_the_present_address_blocks_nothing(client, person):
    token = links.make()
    LinkToken.objects.create(token_hash=links.hashed(token), person=person, address_hash=person.address_hash)

    client.post(reverse("unsubscribe", args=[token]), {"scope": "purpose:EMARKETING"})

    assert (person.consents.get().basis_id, Suppression.objects.count()) == ("OBJECTED", 0)


def test_a_person_erased_while_the_form_was_open_is_not_there_any_more(client, person, sign_in):
    sign_in()
    Person.objects.filter(pk=person.pk).update(erased_at=timezone.now(), email="", address=None, address_hash=None)

    assert edit(client, person).status_code == 410


def test_only_who_may_change_persons_sees_the_way_there(client, person, sign_in):
    sign_in(["persons.view_person"])

    assert reverse("persons:edit", args=[person.pk]) not in client.get(person.get_absolute_url()).text


# ---- companies


def test_a_new_company_leads_to_its_page(client, sign_in):
    sign_in()

    response = client.post(reverse("persons:new_company"), {"name": "Acme", "city": "Bergen"})

    assert response.url == reverse("persons:company", args=[Company.objects.get(name="Acme", city="Bergen").pk])


def test_a_company_without_a_name_is_refused_at_the_name(client, sign_in):
    sign_in()

    assert list(errors(client.post(reverse("persons:new_company"), {"name": " "}))) == ["name"]


def test_a_changed_company_is_saved(client, sign_in):
    sign_in()
    company = CompanyFactory(no_mailings=True)

    client.post(reverse("persons:edit_company", args=[company.pk]), {"name": "Acme", "country": "Norway"})

    company.refresh_from_db()
    assert (company.name, company.country, company.no_mailings) == ("Acme", "Norway", True)


def test_who_saves_a_company_second_is_told_and_takes_nothing_back(client, sign_in):
    sign_in()
    company = CompanyFactory(name="Acme", street="")
    url = reverse("persons:edit_company", args=[company.pk])
    opened = client.get(url).context["form"]["opened_with"].value()
    client.post(url, {"name": "Acme", "street": "Storgata 1", "opened_with": opened})

    refused = client.post(url, {"name": "Acme", "city": "Bergen", "opened_with": opened})
    form = refused.context["form"]
    client.post(url, {name: form[name].value() or "" for name in form.fields})

    assert "Street is now “Storgata 1”" in errors(refused)["__all__"][0]
    company.refresh_from_db()
    assert (company.street, company.city) == ("Storgata 1", "Bergen")


def test_a_company_shows_its_persons_and_nobody_else(client, sign_in):
    sign_in()
    company = CompanyFactory()
    kari, _other = PersonFactory(company=company), PersonFactory()
    PersonFactory(company=company, email="", merged_into=kari)

    response = client.get(company.get_absolute_url())

    assert [person for person, _emarketing in response.context["rows"]] == [kari]


def test_a_company_s_page_costs_the_same_for_one_person_and_for_three(client, sign_in, django_assert_num_queries):
    sign_in()
    company = CompanyFactory()
    PersonFactory(company=company)
    with django_assert_num_queries(11):
        client.get(company.get_absolute_url())
    PersonFactory.create_batch(2, company=company)

    with django_assert_num_queries(11):
        client.get(company.get_absolute_url())


def test_no_mailings_of_a_company_is_switched_and_said(client, sign_in):
    sign_in()
    company = CompanyFactory(name="Acme")

    response = client.post(reverse("persons:company_no_mailings", args=[company.pk]), {"on": "1"}, follow=True)

    company.refresh_from_db()
    assert company.no_mailings
    assert said(response) == ["No mailings is now ON for everybody at Acme."]


def test_who_may_only_see_companies_cannot_switch_them(client, sign_in):
    sign_in(["persons.view_company"])
    company = CompanyFactory()

    text = client.get(company.get_absolute_url()).text
    refused = client.post(reverse("persons:company_no_mailings", args=[company.pk]), {"on": "1"})

    assert ("disabled" in text, reverse("persons:edit_company", args=[company.pk]) in text) == (True, False)
    assert refused.status_code == 403
