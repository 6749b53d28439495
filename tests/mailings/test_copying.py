import pytest

from mailings import copying
from mailings.models import Mailing, MailingTemplate
from persons.models import Selection
from tests.factories import UserFactory
from tests.mailings.making import agree, mailing, persons, started

pytestmark = pytest.mark.django_db


def test_a_copy_is_a_draft_with_settings_content_and_sources_and_no_override():
    user = UserFactory()
    agree(*persons(1))
    made = started(reply_to="help@shop.example", body_kind="source")
    Mailing.objects.update(override_reason="The board has decided.", override_by=user, override_at=made.created_at)
    made.refresh_from_db()

    copy = copying.duplicate(made, by=user)

    copy.refresh_from_db()
    assert (copy.name, copy.state, copy.created_by) == ("Copy of October news", "draft", user)
    for name in ("subject", "body", "body_kind", "type", "from_email", "to_everybody", "one_per_address"):
        assert getattr(copy, name) == getattr(made, name)
    assert (copy.override_reason, copy.override_by, copy.started_at, copy.built_at) == ("", None, None, None)
    assert not copy.recipients.exists()


def test_a_copy_has_the_same_sources():
    made = mailing()
    made.selections.add(Selection.objects.create(name="Visitors"))
    made.persons.add(*persons(2))

    copy = copying.duplicate(made, by=None)

    assert (copy.selections.count(), copy.persons.count()) == (1, 2)


def test_a_mailing_begins_with_the_content_of_a_template():
    content = copying.content_of(mailing(preheader="For you", language="nb", body_kind="source"))
    template = MailingTemplate.objects.create(name="Monthly", **content)

    begun = copying.from_template(template, by=None)

    assert (begun.name, begun.state) == ("Monthly", "draft")
    assert copying.content_of(begun) == content
