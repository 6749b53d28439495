"""Whatever stands in an address or a body: every route answers, and never with a fault of ours."""

import logging

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse
from django.utils.http import urlencode

from mailings.models import Mailing
from persons.models import Operation, Selection
from tests.factories import CompanyFactory, PersonFactory, UserFactory

pytestmark = pytest.mark.django_db

HUGE = 10**30
FIELDS = """after before q ids outcome on by_wording standing selection verdict work basis source company country whom
    checked mistake as_of person as reason given_at comment matter mode cursor page_size edit subscribe bases of with
    validity_months company_name next seen name email key to scope answer start stop shown filter sort code state page
    columns address first_name last_name body subject language type purpose scheduled_at version"""
ODD = "1:b,c;%s{{ x }}\u202e\ud800"
FORM = "application/x-www-form-urlencoded"


def routes(patterns=None, before=""):
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(entry, URLPattern):
            yield f"{before}{entry.name}", entry.pattern.converters
        elif entry.namespace != "admin":
            yield from routes(entry.url_patterns, f"{before}{entry.namespace}:" if entry.namespace else before)


def requests(known):
    """Each route about what is there, asked oddly, and about what never can be there."""
    for route, converters in routes():
        for number, text in ((known, "STORE"), (HUGE, "x" * 300)):
            names = {name: number if "Int" in type(of).__name__ else text for name, of in converters.items()}
            yield "post", reverse(route, kwargs=names), {"data": "\xff", "content_type": "multipart/form-data"}
            if number == known:
                url = reverse(route, kwargs=names)
                yield "get", f"{url}?{encoded(ODD)}", {}
                yield "get", f"{url}?{encoded(str(HUGE))}", {}
                yield "post", url, {"data": encoded("a\0b"), "content_type": FORM}
                yield "post", url, {"data": encoded(ODD), "content_type": FORM}


def encoded(value):
    return urlencode(dict.fromkeys(FIELDS.split(), value.encode("utf-8", "surrogatepass")))


def asked(client, method, url, **facts):
    """The status of one request, of which nothing stays: it would be in the way of the next."""
    with transaction.atomic():
        response = getattr(client, method)(url, **facts)
        b"".join(response)
        transaction.set_rollback(True)
    return response.status_code


@pytest.mark.parametrize("who", ["superuser", "stranger"])
def test_every_route_answers_whatever_it_is_asked(who, settings, monkeypatch):
    monkeypatch.setattr(logging.root.manager, "disable", logging.CRITICAL)
    user = UserFactory(is_superuser=True, is_staff=True)
    known = 4711
    PersonFactory(pk=known), CompanyFactory(pk=known)
    Selection.objects.create(pk=known, name="Oslo")
    Operation.objects.create(pk=known, kind=Operation.Kind.IMPORT, state=Operation.State.DONE, created_by=user)
    Mailing.objects.create(pk=known, name="News", subject="News", created_by=user)
    client = Client()
    if who == "superuser":
        client.force_login(user)
    cookies = dict(client.cookies)
    faults = set()

    for method, url, facts in requests(known):
        client.cookies.update(cookies)
        try:
            status = asked(client, method, url, **facts)
        except Exception as error:
            faults.add((method, url.partition("?")[0], repr(error)))
        else:
            if status >= 500:
                faults.add((method, url.partition("?")[0], status))

    assert not faults
