import pytest
from django.utils import timezone

from mailings import writing
from mailings.models import Mailing
from mailings.steering import Refused
from mailings.writing import Outdated
from tests.mailings.making import mailing

pytestmark = pytest.mark.django_db


def save(made, body, *, seen, kind="written"):
    return writing.save(made, body=body, kind=kind, seen=seen)


def test_each_save_is_a_version_and_the_same_once_more_is_none():
    made = mailing(body="")

    versions = [save(made, body, seen=seen).content_version for seen, body in enumerate(["<p>a</p>", "<p>b</p>"])]

    assert versions == [1, 2]
    assert save(made, "<p>b</p>", seen=0).content_version == 2


def test_the_second_of_two_is_told_what_the_first_changed_and_saves_nothing():
    made = mailing(body="<p>Dear all</p><p>We open</p>")
    save(made, "<p>Dear all</p><p>We close</p>", seen=0)

    with pytest.raises(Outdated) as refused:
        save(made, "<p>Dear all</p><p>We move</p>", seen=0)

    assert refused.value.changes == [("-", "We open"), ("+", "We close")]
    assert (timezone.now() - refused.value.at).total_seconds() < 60
    assert (made.bodies.count(), made.events.count()) == (2, 1)
    assert Mailing.objects.get().body == "<p>Dear all</p><p>We close</p>"


def test_what_has_been_started_is_not_changed():
    made = mailing(state="sending", body="<p>a</p>")

    with pytest.raises(Refused):
        save(made, "<p>b</p>", seen=0)
    assert Mailing.objects.get().body == "<p>a</p>"


def test_from_source_to_the_editor_go_the_words_alone():
    made = mailing(
        body='<table><tr><td><h1>News</h1><a href="https://shop.example">Read</a></td></tr></table>', body_kind="source"
    )

    switched = writing.switch(made, seen=0)

    assert (switched.body_kind, switched.content_version) == ("written", 1)
    assert switched.body == "<p>News</p><p>Read (https://shop.example)</p>"


def test_what_was_written_becomes_source_as_it_is():
    switched = writing.switch(mailing(body="<p>a &amp; b</p>"), seen=0)

    assert (switched.body_kind, switched.body) == ("source", "<p>a &amp; b</p>")
