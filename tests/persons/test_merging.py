"""Two rows that are one person (rules 4.12)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse

from persons import ledger, links, merging, sealing, undoing, verdict
from persons.ledger import Answer, Outcome, Recorder
from persons.models import (
    Act,
    Consent,
    ConsentEvent,
    Door,
    ExternalId,
    LinkToken,
    Person,
    PreferenceRequest,
    Selection,
    Subscription,
    Suppression,
    keyed_hash,
)
from purposes.models import Wording
from tests.factories import CompanyFactory, PersonFactory, UserFactory

pytestmark = pytest.mark.django_db

TODAY = datetime.now(UTC)
BY_STAFF = Recorder(door=Door.MERGE)
PROOF = "Said so at the fair."


@pytest.fixture
def kept():
    return PersonFactory(first_name="Kari", last_name="Nordmann", email="kari@example.com")


@pytest.fixture
def other():
    return PersonFactory(first_name="Kari", last_name="Nordman", email="kari@old.example.com")


def on_day(day):
    return TODAY + timedelta(days=day - 100) if day is not None else None


def say(person, basis, day, door=Door.PAGE, **about):
    about = about or {"purpose_id": "EMARKETING"}
    facts = {"basis_id": basis, "source_id": "CHAT", "comment": PROOF, "given_at": on_day(day)} | about
    recorder = Recorder(door=door, may_lift=True)
    return ledger.record_many([Answer(person_id=person.pk, **facts)], by=recorder)[0].outcome


def merge(kept, other):
    return merging.merge(kept.pk, other.pk, by=BY_STAFF)


def stands(person, purpose="EMARKETING"):
    found = Consent.objects.filter(person=person, purpose=purpose).first()
    return found and (found.basis_id, found.given_at)


# ---- the answers

CASES = [
    # what the kept one said, what the other said, whose stands
    (("61A", 10), None, "kept"),
    (None, ("61A", 10), "other"),
    (("61A", 10), ("61F", 20), "other"),
    (("61A", 20), ("61F", 10), "kept"),
    (("61A", None), ("61F", 10), "other"),
    (("61A", 20), ("WITHDRAWN", 10), "other"),
    (("WITHDRAWN", 10), ("61A", 20), "kept"),
    (("WITHDRAWN", 10), ("REFUSED", 20), "other"),
    (("OBJECTED", 10), ("WITHDRAWN", 20), "kept"),
    (("WITHDRAWN", 20), ("OBJECTED", 10), "other"),
]


@pytest.mark.parametrize(("of_kept", "of_other", "whose"), CASES)
def test_a_stop_of_either_stands_else_the_answer_given_last(kept, other, of_kept, of_other, whose):
    for person, said in ((kept, of_kept), (other, of_other)):
        if said:
            say(person, *said)

    (planned,) = merging.plan(kept, other).answers
    merge(kept, other)

    basis, day = of_kept if whose == "kept" else of_other
    assert planned.comes_over == (whose == "other")
    assert stands(kept) == (basis, on_day(day))
    assert stands(other) is None
    assert sealing.verify().first_problem == ""


def test_an_answer_that_ran_out_gives_way_to_one_that_is_valid(kept, other):
    Wording.objects.create(purpose_id="EMARKETING", language="en", number=1, approval_text="Yes?")
    old = Wording.objects.create(
        purpose_id="EMARKETING", language="en", number=2, approval_text="Yes?", ask_again_by=on_day(90)
    )
    say(kept, "61F", 10)
    say(other, "61A", 20, purpose_id="EMARKETING", wording=old)

    merge(kept, other)

    assert stands(kept) == ("61F", on_day(10))


def test_subscriptions_are_settled_one_by_one(kept, other):
    for type_, of_kept, of_other in (("NEWS", True, False), ("PROMOTIONS", None, True), ("URGENT", False, True)):
        for person, is_active in ((kept, of_kept), (other, of_other)):
            if is_active is not None:
                say(person, "61A" if is_active else "WITHDRAWN", 10, type_id=type_)

    merge(kept, other)

    found = dict(Subscription.objects.values_list("type", "is_active"))
    assert found == {"NEWS": False, "PROMOTIONS": True, "URGENT": False}
    assert set(Subscription.objects.values_list("person", flat=True)) == {kept.pk}
    assert sealing.verify().first_problem == ""


def test_it_is_one_act_and_brings_the_proof_along(kept, other):
    letter = ContentFile(b"She signed.", "letter.pdf")
    say(other, "61A", 10, purpose_id="EMARKETING", file=letter)
    say(other, "61F", 10, purpose_id="STORE")
    before = Act.objects.count()

    merge(kept, other)

    act = Act.objects.latest("pk")
    event = ConsentEvent.objects.get(act=act, person=kept, purpose="EMARKETING")
    assert (Act.objects.count() - before, act.door, act.is_own_door, act.expressed_by) == (1, "merge", False, "company")
    with event.evidence.file.open() as file:
        assert (event.evidence.comment, file.read()) == (PROOF, b"She signed.")
    assert list(act.events.filter(person=other).values_list("basis_after", flat=True)) == [None, None]


def test_a_stop_that_gave_way_still_has_to_be_lifted(kept, other):
    """Objected stood since day 10; the stop of day 30 gives way to it, and a yes of day 20 lifts only one of them."""
    say(kept, "OBJECTED", 10)
    say(other, "WITHDRAWN", 30)

    merge(kept, other)

    assert say(kept, "61A", 20, Door.FORM) == Outcome.LATE
    assert say(kept, "61A", 40, Door.FORM) == Outcome.RECORDED


def test_a_late_stop_of_the_other_still_has_to_be_lifted(kept, other):
    say(other, "WITHDRAWN", 30)
    assert say(other, "OBJECTED", 10) == Outcome.LATE

    merge(kept, other)
    letter = ContentFile(b"Yes", "letter.pdf")

    assert say(kept, "61A", 40, purpose_id="EMARKETING", file=letter) == Outcome.STOP_STANDS


def test_merging_lifts_no_stop_and_cannot_be_taken_back(kept, other):
    user = UserFactory()
    say(kept, "61A", 10)
    say(other, "WITHDRAWN", 5)
    merging.merge(kept.pk, other.pk, by=Recorder(door=Door.MERGE, user=user))

    events = ConsentEvent.objects.filter(act=Act.objects.latest("pk"))
    undone = undoing.undo(events, by=Recorder(door=Door.PAGE, user=user, may_lift=True), reason="By mistake.")

    assert (undone.put_back, stands(kept)) == (0, ("WITHDRAWN", on_day(5)))


# ---- everything else


def test_what_the_kept_one_lacks_comes_over_and_the_rest_goes(kept, other):
    company = CompanyFactory()
    Person.objects.filter(pk=kept.pk).update(phone="11", city="Oslo")
    Person.objects.filter(pk=other.pk).update(
        phone="22", mobile="33", street="Gate 1", city="Bergen", company=company, no_mailings=True
    )
    kept.refresh_from_db(), other.refresh_from_db()

    merge(kept, other)

    kept.refresh_from_db(), other.refresh_from_db()
    assert (kept.phone, kept.mobile, kept.city, kept.street) == ("11", "33", "Oslo", "")
    assert (kept.company, kept.no_mailings, kept.email) == (company, True, "kari@example.com")
    assert (other.merged_into, other.email, other.address, other.phone, other.company) == (kept, "", None, "", None)
    assert verdict.explain(other).code == "retired"


def test_an_address_comes_over_where_the_kept_one_has_none(other):
    kept = PersonFactory(email="")

    merge(kept, other)

    kept.refresh_from_db()
    assert (kept.address, bytes(kept.address_hash)) == (other.address, keyed_hash(other.address))


@pytest.mark.parametrize(("basis", "is_blocked"), [("WITHDRAWN", True), ("61A", False)])
def test_an_address_that_a_stop_was_given_for_is_blocked(kept, other, basis, is_blocked):
    say(other, basis, 10)

    assert merge(kept, other).blocks_address == is_blocked
    assert Suppression.objects.filter(address_hash=keyed_hash("kari@old.example.com")).exists() == is_blocked


def test_links_numbers_selections_and_requests_lead_to_the_kept_one(kept, other):
    token = links.make()
    LinkToken.objects.create(token_hash=links.hashed(token), person=other, address_hash=other.address_hash)
    ExternalId.objects.create(person=other, system="HubSpot", value="7")
    selection = Selection.objects.create(name="Customers")
    selection.members.add(other)
    PreferenceRequest.objects.create(person=other, purpose_id="STORE")

    merge(kept, other)

    assert links.read(token).person == kept
    assert ExternalId.objects.get().person == kept
    assert list(selection.members.all()) == [kept]
    assert PreferenceRequest.objects.waiting().get().person == kept


def test_nobody_is_merged_twice_or_into_themselves(kept, other):
    merge(kept, other)

    with pytest.raises(Person.DoesNotExist):
        merge(kept, other)
    with pytest.raises(ValueError, match="itself"):
        merge(kept, kept)


# ---- the pages


@pytest.fixture
def sales(client):
    user = UserFactory(role="Sales")
    client.force_login(user)
    return user


def address(person, other=None):
    return reverse("persons:merge", args=[person.pk]) + (f"?other={other.pk}" if other else "")


def test_the_same_name_or_address_is_offered_and_anybody_is_found(client, sales, kept, other):
    same_name, same_address = (
        PersonFactory(first_name="KARI", last_name="nordmann"),
        PersonFactory(email="kari@example.com"),
    )

    offered, found = (client.get(address(kept), query).context["found"] for query in ({}, {"q": "nordman"}))

    assert set(offered) == {same_name, same_address}
    assert other in found
    assert kept not in found


def test_the_preview_shows_and_the_button_does(client, sales, kept, other):
    say(other, "61A", 10)

    shown = client.get(address(kept, other))
    response = client.post(address(kept, other), {"seen": shown.context["plan"].seen}, follow=True)

    assert (stands(kept)[0], Act.objects.latest("pk").user) == ("61A", sales)
    assert "was merged into Kari Nordmann (kari@example.com)." in response.text
    assert client.get(other.get_absolute_url()).url == kept.get_absolute_url()
    assert client.get(f"/api/persons/{other.pk}/").status_code == 404
    assert [row["id"] for row in client.get("/api/persons/").json()["results"]] == [kept.pk]


def test_what_changed_since_the_preview_is_shown_before_anything_is_done(client, sales, kept, other):
    seen = client.get(address(kept, other)).context["plan"].seen
    say(other, "WITHDRAWN", 10)

    response = client.post(address(kept, other), {"seen": seen})

    assert (response.status_code, stands(kept)) == (422, None)
    assert "Nothing was merged" in response.text
    assert client.post(address(kept, other), {"seen": response.context["plan"].seen}).status_code == 302


def test_nobody_is_merged_with_themselves_or_with_who_is_gone(client, sales, kept):
    gone = PersonFactory(email="", merged_into=kept)

    assert [client.get(address(kept, one)).status_code for one in (kept, gone)] == [404, 404]
