import pytest

from mailings import audience, steering
from mailings.models import Recipient
from mailings.steering import Refused
from persons.models import Person, Selection
from persons.verdict import Question, counts
from purposes.models import PrivacySettings
from tests.factories import CompanyFactory, PersonFactory
from tests.mailings.making import agree, mailing, persons, subscribe, withdraw

pytestmark = pytest.mark.django_db


def rows(made):
    return {row.person_id: (row.state, row.code) for row in made.recipients.all()}


def test_everybody_kept_gets_a_row_with_the_reason():
    yes, no, never, reader = persons(4)
    agree(yes)
    withdraw(no)
    subscribe(reader)
    nowhere = PersonFactory(email="nobody at example")
    merged = PersonFactory(email="", merged_into=yes)
    made = mailing()

    assert audience.build(made) == 5

    assert rows(made) == {
        yes.pk: ("waiting", "consent"),
        no.pk: ("held_back", "withdrawn"),
        never.pk: ("held_back", "no_consent"),
        reader.pk: ("waiting", "subscription"),
        nowhere.pk: ("held_back", "no_address"),
    }
    assert merged.pk not in rows(made)


def test_a_row_remembers_the_event_its_verdict_rests_on():
    (person,) = persons(1)
    agree(person)
    made = mailing()

    audience.build(made)

    assert made.recipients.get().event == person.consents.get().event


def test_the_counts_are_those_of_the_verdict():
    many = persons(30)
    agree(*many[:10])
    withdraw(*many[5:8])
    CompanyFactory(no_mailings=True).persons.set(many[:2])
    made = mailing()

    audience.build(made)

    assert audience.numbers(made)["codes"] == counts(Question(type="NEWS"))
    assert audience.numbers(made) == {
        "total": 30,
        "states": {"waiting": 5, "held_back": 25},
        "codes": {"no_mailings": 2, "withdrawn": 3, "consent": 5, "no_consent": 20},
    }


def test_with_the_filter_off_only_a_stop_keeps_out():
    never, no = persons(2)
    withdraw(no)
    PrivacySettings.objects.update(filter_recipients=False)
    made = mailing()

    audience.build(made)

    assert rows(made) == {never.pk: ("waiting", "not_filtered"), no.pk: ("held_back", "withdrawn")}


def test_members_of_selections_are_counted_once():
    one, two, three = persons(3)
    agree(one, two, three)
    made = mailing(to_everybody=False)
    for name, members in [("A", [one, two]), ("B", [two])]:
        selection = Selection.objects.create(name=name)
        selection.members.set(members)
        made.selections.add(selection)

    audience.build(made)

    assert set(rows(made)) == {one.pk, two.pk}
    assert three.pk not in rows(made)


def test_one_message_per_address_goes_to_the_lowest_id_that_is_let_in():
    never = PersonFactory(email="home@example.com")
    first = PersonFactory(email="home@example.com")
    second = PersonFactory(email="home@example.com")
    agree(second, first)
    made = mailing()

    audience.build(made)

    assert rows(made) == {
        never.pk: ("held_back", "no_consent"),
        first.pk: ("waiting", "consent"),
        second.pk: ("held_back", "duplicate"),
    }


def test_one_message_per_address_can_be_off():
    both = [PersonFactory(email="home@example.com") for _ in range(2)]
    agree(*both)
    made = mailing(one_per_address=False)

    audience.build(made)

    assert set(rows(made).values()) == {("waiting", "consent")}


def test_building_again_replaces_the_list():
    one, two = persons(2)
    agree(one)
    made = mailing()
    audience.build(made)
    withdraw(one)
    agree(two)
    new = PersonFactory()

    audience.build(made)

    assert rows(made) == {
        one.pk: ("held_back", "withdrawn"),
        two.pk: ("waiting", "consent"),
        new.pk: ("held_back", "no_consent"),
    }


def test_a_started_mailing_keeps_its_list():
    agree(*persons(2))
    made = mailing()
    audience.build(made)
    steering.start(made)

    with pytest.raises(Refused, match="has been started"):
        audience.build(made)

    assert made.recipients.count() == 2


def test_a_mailing_without_a_source_says_so():
    with pytest.raises(Refused, match="no source"):
        audience.build(mailing(to_everybody=False))


def test_a_dynamic_selection_gives_whoever_is_in_it_when_the_list_is_built():
    before, member, elsewhere = persons(3)
    Person.objects.filter(pk=before.pk).update(country="Norway")
    static = Selection.objects.create(name="Chosen")
    static.members.add(member)
    made = mailing(to_everybody=False)
    dynamic = Selection.objects.create(name="Norway", kind="dynamic", filter={"country": "Norway"})
    made.selections.add(dynamic, static)
    [after] = persons(1)
    Person.objects.filter(pk=after.pk).update(country="Norway")

    audience.build(made)

    assert set(rows(made)) == {before.pk, member.pk, after.pk}
    assert elsewhere.pk not in rows(made)


def test_the_number_of_statements_does_not_grow_with_the_persons(django_assert_num_queries):
    made = mailing()
    for number in (1, 40):
        persons(number)
        with django_assert_num_queries(9):
            audience.build(made)

    assert Recipient.objects.count() == 41
