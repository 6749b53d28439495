from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError

from consent_crm.surroundings import sign_ins

# user name of the address -> first name, last name, role
WHO = {
    "admin": ("Pia", "Privacy", "Privacy admin"),
    "sales": ("Sindre", "Sales", "Sales"),
    "marketer": ("Maja", "Marketer", "Marketer"),
}


class Command(BaseCommand):
    help = "Makes the three sign-ins of the trial; ./crm run does so by itself."

    def handle(self, **options):
        if not settings.TRIAL:
            raise CommandError("Sign-ins are made for the trial only: add users with createsuperuser and in the admin.")
        for email, password in sign_ins().items():
            _make(email, password)


def _make(email, password):
    first_name, last_name, role = WHO[email.partition("@")[0]]
    users = get_user_model().objects
    user = users.filter(email=email).first() or users.create_user(email, first_name=first_name, last_name=last_name)
    if not user.check_password(password):
        user.set_password(password)
        user.save()
    user.groups.add(Group.objects.get(name=role))
