"""A file of new persons with the columns of SuperOffice, answers among them."""

import csv
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import connection, transaction

from benchmarks import people
from benchmarks.meanwhile import Meanwhile
from benchmarks.timing import Work, at_most, timed
from persons.importing import applying
from persons.importing.staging import Options
from persons.models import Person
from purposes.models import PrivacySettings

HEAD = {
    "first_name": "Fornavn",
    "last_name": "Etternavn",
    "company": "Firma",
    "title": "Stilling",
    "email": "E-post",
    "phone": "Telefon",
    "street": "Adresse",
    "postcode": "Postnr.",
    "city": "Poststed",
    "country": "Land",
}
ANSWERS = ["Hjemmel", "E-markedsføring - Hjemmel", "E-markedsføring - Oppdatert", "Abonnement"]
OPTIONS = Options(comment="Ticked the box in our old register.")

STAGED = f"CREATE TEMPORARY TABLE staged ({', '.join(f'{name} text' for name in [*HEAD, 'a', 'b', 'c', 'd'])})"
COMPANIES = """
    INSERT INTO persons_company (name, country, no_mailings, updated_at)
    SELECT DISTINCT company, '', false, now() FROM staged s
    WHERE NOT EXISTS (SELECT FROM persons_company c WHERE c.name = s.company)"""
PERSONS = """
    INSERT INTO persons_person (first_name, last_name, company_id, title, email, address, address_hash, phone, mobile,
                                street, postcode, city, country, language, no_mailings, former_employee, updated_at)
    SELECT s.first_name, s.last_name, c.id, coalesce(title, ''), coalesce(email, ''), email, sha256(email::bytea),
           phone, '', s.street, s.postcode, s.city, s.country, '', false, false, now()
    FROM staged s JOIN persons_company c ON c.name = s.company"""


class WithFile(Work):
    """Has the file to import in a folder of its own."""

    series: str

    def __init__(self, persons: int):
        super().__init__(persons)
        self.folder = TemporaryDirectory(prefix="consent-crm-")
        self.path = Path(self.folder.name) / "persons.csv"
        write(self.path, persons, self.series)

    def clear_up(self) -> None:
        self.folder.cleanup()


class New(WithFile):
    name = "Import of new persons with answers"
    bar = at_most(1.5)
    rounds = 3
    writes = True
    series = "new"

    def __init__(self, persons: int):
        super().__init__(persons)
        self.number = persons
        self.copied: list[float] = []

    def prepare(self) -> None:
        """The yardstick knows nothing of a default basis."""
        PrivacySettings.objects.update(set_default_basis=False)
        self.before = Person.objects.count()

    def ours(self) -> int:
        applying.apply(self.path, OPTIONS)
        return Person.objects.count() - self.before

    def yardstick(self) -> int:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(STAGED)
            self.copied.append(timed(self.copy)[0])
            cursor.execute("SELECT max(id) FROM persons_person")
            (above,) = cursor.fetchone()
            for statement in (COMPANIES, PERSONS, "ANALYZE persons_person"):
                cursor.execute(statement)
            cursor.execute(people.ANSWERED, {"above": above, "persons": self.persons})
        return Person.objects.count() - self.before

    def copy(self) -> None:
        with connection.cursor() as cursor, cursor.copy("COPY staged FROM STDIN (FORMAT csv, HEADER)") as copy:
            copy.write(self.path.read_bytes())

    def note(self) -> str:
        return f"bare COPY {min(self.copied):.2f} s"


class KnownWithWithdrawals(WithFile, Meanwhile):
    name = "Withdrawals during an import of known persons"
    series = people.KNOWN

    def undertake(self) -> None:
        applying.apply(self.path, OPTIONS)


def write(path: Path, persons: int, series: str) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow([*HEAD.values(), *ANSWERS])
        for number, row in enumerate(people.invented(persons, series)):
            lines.writerow([*row.values(), *answers((number + 1) * 7919 % 100)])


def answers(luck: int) -> list[str]:
    """As many as `people.ANSWERED` gives."""
    store = "Berettiget interesse" if luck < 70 else "Avtale" if luck < 95 else ""
    emarketing = "Samtykke" if luck < 50 else "Berettiget interesse" if luck < 70 else "Trukket tilbake"
    told = [emarketing, "12.11.2025"] if luck < 82 else ["", ""]
    return [store, *told, "Nyheter" if luck > 82 or luck < 12 else ""]


WORKS = [New, KnownWithWithdrawals]
