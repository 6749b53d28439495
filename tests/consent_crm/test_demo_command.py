"""The command that loads the demo: only in the trial, only into an empty database."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from persons.models import Person
from tests.factories import PersonFactory

pytestmark = pytest.mark.django_db


def test_the_demo_does_not_mix_with_persons_of_somebody_s_own(settings):
    settings.TRIAL = True
    PersonFactory()

    with pytest.raises(CommandError, match="needs an empty one"):
        call_command("demo")
    call_command("demo", "--if-empty", stdout=(output := StringIO()))

    assert (Person.objects.count(), output.getvalue()) == (1, "")


def test_there_is_no_demo_outside_the_trial(settings):
    settings.TRIAL = False

    with pytest.raises(CommandError, match="for the trial only"):
        call_command("demo")


def test_the_command_says_how_many_there_are(settings):
    settings.TRIAL = True

    call_command("demo", "--persons", "40", stdout=(output := StringIO()))

    assert output.getvalue() == "40 persons in 6 companies, and 10 mailings.\n"
