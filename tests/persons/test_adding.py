"""A new person comes with a ground for sales and service, in one act (rules 4.8)."""

import pytest

from persons.adding import NOBODY_YET, add
from persons.ledger import Answer, Outcome, Recorder, Refused
from persons.models import Act, Company, Consent, ConsentEvent, Door, Person
from purposes.models import PrivacySettings
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

SAID = "She said so on the phone."


def answer(basis, purpose="STORE", **facts):
    return Answer(person_id=NOBODY_YET, purpose_id=purpose, basis_id=basis, **({"source_id": "CHAT"} | facts))


def stands():
    return list(Consent.objects.order_by("purpose").values_list("purpose", "basis", "source"))


@pytest.mark.parametrize(("door", "source"), [(Door.PAGE, "USER"), (Door.API, "API"), (Door.FORM, "WEBFORM")])
def test_the_default_basis_is_recorded_with_the_source_of_the_door(door, source):
    person = add(Person(last_name="Berg"), by=Recorder(door=door))

    assert stands() == [("STORE", "61F", source)]
    assert person.consents.get().given_at == Act.objects.get().recorded_at


def test_another_default_is_recorded_when_another_is_set():
    PrivacySettings.objects.update(default_basis="61B")

    add(Person(last_name="Berg"), by=Recorder(door=Door.PAGE))

    assert stands() == [("STORE", "61B", "USER")]


def test_without_a_default_nothing_is_recorded():
    PrivacySettings.objects.update(set_default_basis=False)

    add(Person(last_name="Berg"), by=Recorder(door=Door.PAGE))

    assert (stands(), Person.objects.count()) == ([], 1)


def test_an_explicit_answer_wins_over_the_default():
    add(Person(last_name="Berg"), [answer("OBJECTED")], by=Recorder(door=Door.API))

    assert stands() == [("STORE", "OBJECTED", "CHAT")]


def test_an_answer_on_another_purpose_leaves_the_default_and_both_are_one_act_of_one_user():
    user = UserFactory()

    add(Person(last_name="Berg"), [answer("61A", "EMARKETING", comment=SAID)], by=Recorder(door=Door.PAGE, user=user))

    assert stands() == [("EMARKETING", "61A", "CHAT"), ("STORE", "61F", "USER")]
    assert Act.objects.get().user == user


def test_a_refused_answer_adds_nobody_and_is_not_filled_by_the_default():
    person = Person(last_name="Berg", company=Company(name="Acme"))

    with pytest.raises(Refused) as refused:
        add(person, [answer("61A")], by=Recorder(door=Door.PAGE))

    assert refused.value.outcome == Outcome.NO_PROOF
    assert [model.objects.count() for model in (Person, Company, ConsentEvent)] == [0, 0, 0]


def test_a_new_company_is_added_with_its_first_person():
    person = add(Person(last_name="Berg", company=Company(name="Acme")), by=Recorder(door=Door.PAGE))

    person.refresh_from_db()
    assert person.company == Company.objects.get(name="Acme")
