"""Persons and companies for the tests."""

import factory

from persons.models import Company, Person


class CompanyFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Company

    name = factory.Sequence(lambda number: f"Company {number}")


class PersonFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Person

    first_name = "Kari"
    last_name = factory.Sequence(lambda number: f"Nordmann {number}")
    email = factory.Sequence(lambda number: f"kari{number}@example.com")
