import time
from datetime import timedelta

import pytest
from django.db.models import F
from procrastinate.contrib.django.models import ProcrastinateJob

from mailings import pacing
from mailings.delivery import deliver
from mailings.models import Pace, SendingSettings
from mailings.steering import LANES, SLOW
from tests.mailings.making import agree, mailing, persons, started

pytestmark = pytest.mark.django_db


def limit(**rates):
    SendingSettings.objects.update(**rates)


def at_domains(*domains):
    """One person for each, at that domain, who agreed."""
    many = persons(len(domains))
    for person, domain in zip(many, domains, strict=True):
        person.email = f"kari{person.pk}@{domain}"
        person.save()
    agree(*many)


def test_half_a_second_is_granted_at_once():
    assert pacing.of_mailing(mailing(), 20, 10) == 5


def test_a_slow_rate_grants_one_and_then_one_again_when_its_time_has_come():
    made = mailing()

    assert [pacing.of_mailing(made, 20, 1) for _ in range(2)] == [1, 0]
    Pace.objects.update(free_at=F("free_at") - timedelta(seconds=1))
    assert pacing.of_mailing(made, 20, 1) == 1


def test_each_domain_has_a_rate_of_its_own():
    addresses = ["a@one.example", "b@one.example", "c@two.example"]

    assert pacing.of_domains(addresses, 1) == [True, False, True]
    assert pacing.used_up(1).keys() == {"one.example", "two.example"}
    assert all(0.5 < seconds <= 1 for seconds in pacing.used_up(1).values())


def test_what_says_nothing_any_more_is_dropped():
    pacing.of_domains(["a@one.example"], 1)
    Pace.objects.update(free_at="2020-01-01T00:00Z")

    pacing.forget()

    assert not Pace.objects.exists()


def test_a_slow_mailing_takes_one_lane(mail_server):
    agree(*persons(1))
    for rate, lanes in [(SLOW, 1), (SLOW + 1, LANES), (None, LANES)]:
        limit(per_second=rate)
        made = started()
        assert ProcrastinateJob.objects.filter(args__mailing=made.pk).count() == lanes


def test_a_mailing_keeps_to_its_rate(mail_server):
    server = mail_server()
    agree(*persons(14))
    limit(per_second=20)
    made = started()
    began = time.monotonic()

    assert deliver(made, seconds=20).wait is None

    assert len(server.accepted) == 14
    assert time.monotonic() - began >= 4 / 20  # ten at once


def test_a_crowded_domain_does_not_hold_up_the_others(mail_server):
    server = mail_server()
    at_domains(*["big.example"] * 13, *["small.example"] * 3)
    limit(per_second_and_domain=20)
    made = started()

    assert deliver(made, seconds=20).wait is None

    order = [address.partition("@")[2] for address in server.recipients]
    assert sorted(order) == ["big.example"] * 13 + ["small.example"] * 3
    assert order[-1] == "big.example"
