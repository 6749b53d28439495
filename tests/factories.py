"""Persons, companies and users for the tests."""

import factory
from django.contrib.auth.models import Group, Permission

from consent_crm.models import User
from persons.models import Company, Person


class CompanyFactory(factory.django.DjangoModelFactory[Company]):
    class Meta:
        model = Company

    name = factory.Sequence(lambda number: f"Company {number}")


class PersonFactory(factory.django.DjangoModelFactory[Person]):
    class Meta:
        model = Person

    first_name = "Kari"
    last_name = factory.Sequence(lambda number: f"Nordmann {number}")
    email = factory.Sequence(lambda number: f"kari{number}@example.com")


class UserFactory(factory.django.DjangoModelFactory[User]):
    """A user; `role="Sales"` puts into a group, `rights=["persons.view_person"]` gives permissions."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda number: f"user{number}@example.com")
    first_name = "Anne"
    last_name = "Berg"

    @factory.post_generation
    def rights(self, create, names):
        for name in names or []:
            app, codename = name.split(".")
            self.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))

    @factory.post_generation
    def role(self, create, name):
        if name:
            self.groups.add(Group.objects.get(name=name))
