"""Who may (rules 6): the groups as the migration leaves them."""

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.db import IntegrityError

from consent_crm.models import User
from consent_crm.roles import ROLES

pytestmark = pytest.mark.django_db


def _user(role):
    user = User.objects.create_user(f"{role.split()[0].lower()}@example.com", "secret-enough-1")
    user.groups.add(Group.objects.get(name=role))
    return user


@pytest.mark.parametrize("role", ROLES)
def test_a_role_has_exactly_what_the_table_gives_it(role):
    assert _user(role).get_all_permissions() == set(ROLES[role])


MAY = {
    "persons.view_person": {"Privacy admin", "Sales", "Marketer", "Reader"},
    "persons.record_stop": {"Privacy admin", "Sales", "Marketer"},
    "persons.manage_consent": {"Privacy admin", "Sales"},
    "persons.import_persons": {"Privacy admin", "Sales"},
    "persons.lift_stop": {"Privacy admin"},
    "persons.erase_person": {"Privacy admin"},
    "purposes.change_privacysettings": {"Privacy admin"},
    "consent_crm.add_user": {"Privacy admin"},
    "mailings.send_mailing": {"Marketer"},
    "mailings.override_consent": set(),
    "mailings.send_service": set(),
}


@pytest.mark.parametrize("right", MAY)
def test_a_right_belongs_to_the_roles_of_rules_6(right):
    assert {role for role in ROLES if _user(role).has_perm(right)} == MAY[right]


def test_sign_ins_are_made_in_the_trial_only():
    with pytest.raises(CommandError, match="trial only"):
        call_command("trial_users")


def test_two_users_cannot_share_an_address_in_other_letters():
    User.objects.create_user("kari@example.com", "secret-enough-1")

    with pytest.raises(IntegrityError, match="one_user_per_address"):
        User.objects.create_user("Kari@example.com", "secret-enough-1")
