"""Pages of persons, as the browser gets them, beside the one query that reads the rows of such a page."""

from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from benchmarks import verdict
from benchmarks.timing import Work, longer_by
from persons.models import Person

BY_HAND = """
    SELECT p.*, y.name, c.basis_id, c.given_at, c.valid_until
    FROM persons_person p
    LEFT JOIN persons_company y ON y.id = p.company_id
    LEFT JOIN persons_consent c ON c.person_id = p.id AND c.purpose_id = 'EMARKETING'
    WHERE p.erased_at IS NULL AND p.merged_into_id IS NULL AND {narrowed}
    ORDER BY p.last_name, p.first_name, p.id LIMIT 51"""


class Page(Work):
    bar = longer_by(50)
    query = ""
    narrowed = "true"
    rounds = 9

    def prepare(self) -> None:
        self.client = Client(SERVER_NAME="localhost")
        self.client.force_login(get_user_model().objects.get())
        self.address = f"{reverse('persons:list')}?{self.query}"

    def ours(self) -> None:
        answer = self.client.get(self.address)
        if answer.status_code != 200:
            raise AssertionError(f"{self.address}: {answer.status_code}")

    def yardstick(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(BY_HAND.format(narrowed=self.narrowed))
            cursor.fetchall()

    def note(self) -> str:
        with CaptureQueriesContext(connection) as queries:
            self.ours()
        return f"{len(queries)} queries"


class First(Page):
    name = "List of persons: first page"


class Late(Page):
    name = "List of persons: a late page"

    def prepare(self) -> None:
        last = Person.objects.kept().order_by("-last_name", "-first_name", "-id")
        place = last.values_list("pk", "last_name", "first_name")[self.persons // 20]
        self.query = f"after={place[0]}"
        self.narrowed = "(p.last_name, p.first_name, p.id) > ('{1}', '{2}', {0})".format(*place)
        super().prepare()


class Searched(Page):
    name = "List of persons: search for a name"
    query = "q=nordmann+77"
    narrowed = "p.search_key LIKE '%nordmann%' AND p.search_key LIKE '%77%'"


class On(Page):
    name = "List of persons: E-marketing is ON"
    query = "emarketing=on"
    narrowed = "c.basis_id IN ('61A', '61F') AND (c.valid_until <= now()) IS NOT TRUE"


class Receiving(Page):
    name = "List of persons: can receive mailings"
    query = "verdict=yes"
    narrowed = f"p.id IN (SELECT id FROM ({verdict.BY_HAND}) v WHERE code IN ('consent', 'subscription'))"


class HeldBack(Page):
    name = "List of persons: address bounced"
    query = "verdict=bounced"
    narrowed = f"p.id IN (SELECT id FROM ({verdict.BY_HAND}) v WHERE code = 'bounced')"


class OfOne(Page):
    name = "Page of a person"
    narrowed = "p.id = (SELECT max(id) FROM persons_person)"

    def prepare(self) -> None:
        super().prepare()
        self.address = reverse("persons:detail", args=[Person.objects.latest("pk").pk])


WORKS = [First, Late, Searched, On, Receiving, HeldBack, OfOne]
