"""`Consent.standing` is rules 2 once more, for pages that show many answers: here it is tied to the verdict."""

from datetime import timedelta
from itertools import product

import pytest
from django.utils import timezone

from persons.models import Consent
from persons.verdict import Code, Question, explain
from purposes.models import AcceptedBasis, Wording
from tests.factories import PersonFactory
from tests.mailings.making import answer

pytestmark = pytest.mark.django_db

CODES = {
    Consent.Standing.ON: Code.CONSENT,
    Consent.Standing.STOPPED: Code.WITHDRAWN,
    Consent.Standing.EXPIRED: Code.EXPIRED,
    Consent.Standing.NOT_ACCEPTED: Code.NOT_ACCEPTED,
}
DAYS = [None, -1, 1]  # no end; yesterday; tomorrow


def in_days(days):
    return None if days is None else timezone.now() + timedelta(days=days)


@pytest.fixture
def wordings():
    """By the day by which people have to be asked again."""
    made = [
        Wording(
            purpose_id="EMARKETING", language="en", number=number, approval_text="May we?", ask_again_by=in_days(day)
        )
        for number, day in enumerate(DAYS, 1)
    ]
    return dict(zip(DAYS, Wording.objects.bulk_create(made), strict=True))


def test_what_an_answer_amounts_to_is_what_the_verdict_says_of_it(wordings):
    for basis, ends, asked_again in product(["61A", "61F", "WITHDRAWN"], DAYS, DAYS):
        person = PersonFactory()
        answer(person, purpose_id="EMARKETING", basis_id=basis)
        person.consents.update(valid_until=in_days(ends), wording=wordings[asked_again])
    AcceptedBasis.objects.filter(purpose="EMARKETING", basis="61F").delete()

    consents = Consent.objects.with_standing().filter(purpose="EMARKETING").select_related("person")

    found = {consent: CODES[consent.standing] for consent in consents}
    assert found == {consent: explain(consent.person, Question()).code for consent in consents}
    assert set(found.values()) == set(CODES.values())
    assert set(Consent.objects.on()) == {consent for consent, code in found.items() if code == Code.CONSENT}
