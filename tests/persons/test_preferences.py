"""The person's own page: what it shows to whom, what its buttons stop, and that nothing else changes anything."""

import pytest
from django.urls import reverse
from django.utils import timezone

from persons import leaving, ledger, links
from persons.ledger import Answer, Recorder, record
from persons.models import Act, ConsentEvent, Door, LinkToken, PendingConfirmation, PreferenceRequest, SingleMessage
from purposes.models import AcceptedBasis, Purpose, SubscriptionType, Wording
from tests.factories import CompanyFactory, PersonFactory, UserFactory

pytestmark = pytest.mark.django_db

PROOF = "Said so on the phone."


@pytest.fixture
def person():
    return PersonFactory(first_name="Kari", last_name="Nordmann", email="kari@example.com", language="en")


def answered(person, purpose, basis, comment=PROOF):
    answer = Answer(person_id=person.pk, purpose_id=purpose, basis_id=basis, source_id="WEBFORM", comment=comment)
    return record(answer, by=Recorder(door=Door.PAGE))


def subscribed(person, type_, is_active=True):
    answer = ledger.subscription(
        is_active=is_active, person_id=person.pk, type_id=type_, source_id="WEBFORM", comment=PROOF
    )
    return record(answer, by=Recorder(door=Door.PAGE))


def page_of(person):
    token = links.make()
    LinkToken.objects.create(token_hash=links.hashed(token), person=person, address_hash=person.address_hash)
    return reverse("preferences", args=[token])


def switches(response):
    own = response.context["own"]
    return {row.scope.value: row.is_on for row in own.switches}


def test_the_page_shows_a_masked_address_and_no_value_that_we_hold(client, person):
    person.company, person.phone = CompanyFactory(name="Fjordkraft"), "+47 22 33 44 55"
    person.save()

    text = client.get(page_of(person)).content.decode()

    assert "k•••@example.com" in text
    assert "your name, your e-mail address, the company you work for, your phone number" in text
    assert not [value for value in ("Kari", "Nordmann", "kari@", "Fjordkraft", "22 33") if value in text]


def test_switches_say_whether_that_mail_would_come(client, person):
    answered(person, "EMARKETING", "61A")
    subscribed(person, "NEWS", is_active=False)
    SubscriptionType.objects.filter(pk="URGENT").update(is_public=False)

    shown = switches(client.get(page_of(person)))

    assert shown == {"purpose:EMARKETING": True, "type:INVITATIONS": True, "type:NEWS": False, "type:PROMOTIONS": True}


def test_a_type_that_is_not_public_is_shown_to_whoever_has_it(client, person):
    SubscriptionType.objects.filter(pk__in=["URGENT", "NEWS"]).update(is_public=False)
    subscribed(person, "URGENT")

    shown = switches(client.get(page_of(person)))

    assert ("type:URGENT" in shown, "type:NEWS" in shown) == (True, False)


def test_a_subscription_that_emarketing_holds_back_is_off(client, person):
    subscribed(person, "NEWS")
    answered(person, "EMARKETING", "WITHDRAWN")

    shown = switches(client.get(page_of(person)))

    assert (shown["purpose:EMARKETING"], shown["type:NEWS"]) == (False, False)


@pytest.mark.parametrize(("basis", "is_shown"), [("61A", True), ("61F", True), ("61B", False), (None, False)])
def test_a_purpose_is_a_switch_when_it_rests_on_consent_or_legitimate_interest(client, person, basis, is_shown):
    purpose = Purpose.objects.create(key="SMS", name="Text messages")
    if basis:
        AcceptedBasis.objects.create(purpose=purpose, basis_id=basis)
        answered(person, "SMS", basis)

    assert ("purpose:SMS" in switches(client.get(page_of(person)))) == is_shown


def test_sales_and_service_is_explained_and_not_switched(client, person):
    answered(person, "STORE", "61F")

    response = client.get(page_of(person))

    assert "purpose:STORE" not in switches(response)
    assert [ground.row.purpose.pk for ground in response.context["own"].grounds] == ["STORE"]
    assert "We have good reason to" in response.content.decode()


def test_the_latest_wording_in_the_persons_language_is_shown(client, person):
    person.language = "nb"
    person.save()
    for number, language, text in [(1, "nb", "Gammel tekst"), (2, "nb", "Ja takk"), (3, "en", "Yes, please")]:
        Wording.objects.create(
            purpose_id="EMARKETING",
            language=language,
            number=number,
            approval_text=text,
            statement_title="Personvern",
            statement_url="https://example.com/personvern",
        )

    response = client.get(page_of(person), headers={"Accept-Language": "de"})

    text = response.content.decode()
    assert '<html lang="nb">' in text
    assert "Ja takk" in text
    assert "Gammel tekst" not in text
    assert 'href="https://example.com/personvern"' in text


@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_looking_changes_nothing_and_keeps_nothing_in_the_browser(client, person, method):
    answered(person, "EMARKETING", "61A")
    before = ConsentEvent.objects.count()

    response = getattr(client, method)(page_of(person), {"stop": "everything"})

    assert ConsentEvent.objects.count() == before
    assert (response.status_code, len(response.cookies)) == (200, 0)
    assert "no-store" in response.headers["Cache-Control"]


def test_turning_off_acts_at_once_through_an_own_door(client, person):
    answered(person, "EMARKETING", "61A")

    response = client.post(page_of(person), {"stop": "purpose:EMARKETING"})

    consent = person.consents.get(purpose="EMARKETING")
    assert (consent.basis_id, consent.is_own, consent.source_id) == ("WITHDRAWN", True, "EMAIL")
    assert Act.objects.latest("pk").door == Door.LINK
    assert (response.status_code, len(response.cookies)) == (200, 0)
    assert "Stopped: E-marketing. It is in effect from now on." in response.content.decode()


def test_one_type_is_stopped_alone(client, person):
    answered(person, "EMARKETING", "61A")

    shown = switches(client.post(page_of(person), {"stop": "type:NEWS"}))

    assert (shown["type:NEWS"], shown["type:PROMOTIONS"], shown["purpose:EMARKETING"]) == (False, True, True)


def test_stop_everything_is_emarketing_and_every_purpose_shown(client, person):
    sms = Purpose.objects.create(key="SMS", name="Text messages")
    AcceptedBasis.objects.create(purpose=sms, basis_id="61A")
    answered(person, "SMS", "61A")
    answered(person, "STORE", "61F")

    client.post(page_of(person), {"stop": "everything"})

    stands = dict(person.consents.values_list("purpose", "basis"))
    assert stands == {"EMARKETING": "OBJECTED", "SMS": "WITHDRAWN", "STORE": "61F"}


@pytest.mark.parametrize("value", ["", "purpose:STORE", "purpose:NOTHING", "type:", "purpose:EMARKETING\0", "on"])
def test_what_no_button_names_changes_nothing(client, person, value):
    answered(person, "STORE", "61F")
    before = ConsentEvent.objects.count()

    response = client.post(page_of(person), {"stop": value})

    assert "Nothing was changed." in response.content.decode()
    assert ConsentEvent.objects.count() == before


def test_asking_to_stop_sales_and_service_reaches_the_work_list_once(client, person):
    answered(person, "STORE", "61F")
    page = page_of(person)

    shown = [client.post(page, {"ask": "store"}).content.decode() for _ in range(2)]

    assert ["Your request has been passed on." in text for text in shown] == [True, True]
    assert "You have asked us to stop." in client.get(page).content.decode()
    [request] = PreferenceRequest.objects.waiting()
    assert (request.person, request.purpose_id) == (person, "STORE")
    assert person.consents.get().basis_id == "61F"


def test_a_request_that_was_seen_to_no_longer_waits(client, person):
    answered(person, "STORE", "61F")
    client.post(page_of(person), {"ask": "store"})
    user = UserFactory()

    PreferenceRequest.objects.get().handle(by=user)

    assert not PreferenceRequest.objects.waiting().exists()
    assert PreferenceRequest.objects.get().handled_by == user


def test_where_sales_and_service_is_off_or_the_address_is_old_there_is_nothing_to_ask_for(client, person):
    page = page_of(person)
    assert "Nothing was changed." in client.post(page, {"ask": "store"}).content.decode()
    answered(person, "STORE", "61F")
    person.email = "new@example.com"
    person.save()

    client.post(page, {"ask": "store"})

    assert not PreferenceRequest.objects.exists()


@pytest.mark.parametrize("value", ["purpose:EMARKETING", "type:NEWS"])
def test_turning_on_asks_the_address_first(client, person, value):
    answered(person, "EMARKETING", "WITHDRAWN")
    before = ConsentEvent.objects.count()

    text = client.post(page_of(person), {"start": value}).content.decode()

    assert "We send a message to k•••@example.com. Press the link in it to turn on:" in text
    pending = PendingConfirmation.objects.get()
    assert (pending.person, pending.language) == (person, "en")
    assert [one["purpose"] or one["type"] for one in pending.asked] == [value.partition(":")[2]]
    assert SingleMessage.objects.get().state == "waiting"
    assert ConsentEvent.objects.count() == before


def test_a_text_that_changed_while_it_was_read_is_shown_again_and_nobody_asked(client, person):
    answered(person, "EMARKETING", "WITHDRAWN")
    seen = client.get(page_of(person)).context["own"].seen
    Wording.objects.create(purpose_id="EMARKETING", language="en", number=9, approval_text="May we call too?")

    again = client.post(page_of(person), {"start": "purpose:EMARKETING", "seen": seen})

    assert "The text has changed meanwhile; please read it again." in again.text
    assert "May we call too?" in again.text
    assert not PendingConfirmation.objects.exists()


def test_a_second_wish_of_the_day_goes_with_the_first_and_none_behind_a_confirmation(client, person):
    page = page_of(person)

    texts = [client.post(page, {"start": value}).content.decode() for value in ("type:NEWS", "type:PROMOTIONS")]
    PendingConfirmation.objects.update(confirmed_at=timezone.now())
    texts.append(client.post(page, {"start": "type:URGENT"}).content.decode())

    assert "We send a message" in texts[0]
    assert "The link in it now confirms this as well: Promotions." in texts[1]
    assert "Please try again tomorrow." in texts[2]


def test_an_address_that_complained_is_not_written_to_and_told_so(client, person):
    leaving.complain(person)

    text = client.post(page_of(person), {"start": "purpose:EMARKETING"}).content.decode()

    assert "We cannot send a message to your address at present" in text
    assert SingleMessage.objects.get().state == "held_back"


@pytest.mark.parametrize("value", ["", "purpose:STORE", "type:NOTHING", "purpose:EMARKETING", "type:NEWS\0"])
def test_what_is_on_or_not_there_cannot_be_turned_on(client, person, value):
    answered(person, "EMARKETING", "61A")

    text = client.post(page_of(person), {"start": value}).content.decode()

    assert "Nothing was changed." in text
    assert not PendingConfirmation.objects.exists()


def test_a_purpose_that_does_not_accept_consent_cannot_be_turned_on(client, person):
    AcceptedBasis.objects.filter(purpose="EMARKETING", basis="61A").delete()

    response = client.post(page_of(person), {"start": "purpose:EMARKETING"})

    assert "Nothing was changed." in response.content.decode()
    assert 'value="purpose:EMARKETING"' not in response.content.decode()


def test_a_link_to_an_older_address_can_only_stop_and_shows_nothing(client, person):
    answered(person, "EMARKETING", "61A")
    page = page_of(person)
    person.email, person.language = "new@example.com", "nb"
    person.save()

    shown = client.get(page)
    assert "own" not in shown.context
    assert '<html lang="en">' in shown.content.decode()
    assert "example.com" not in shown.content.decode()
    client.post(page, {"stop": "type:NEWS"})
    assert not person.subscriptions.exists()
    client.post(page, {"stop": "everything"})

    assert person.consents.get(purpose="EMARKETING").basis_id == "WITHDRAWN"


def test_an_unknown_link_answers_kindly(client):
    response = client.post(reverse("preferences", args=["unknown"]), {"stop": "everything"})

    assert "This link is not in use" in response.content.decode()


def test_the_unsubscribe_page_leads_here(client, person):
    page = page_of(person)

    text = client.get(page.replace("/p/", "/u/")).content.decode()

    assert f'href="{page}"' in text
