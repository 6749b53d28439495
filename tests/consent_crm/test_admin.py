"""The superusers' back office: everything can be looked at, the ledger cannot be written."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from consent_crm.models import User
from persons.ledger import Answer, Recorder, record
from persons.models import (
    Act,
    ActNote,
    Consent,
    ConsentEvent,
    Door,
    Evidence,
    Seal,
    SealedAct,
    Subscription,
    UnsealedAct,
)
from purposes.models import Source, Wording
from tests.factories import CompanyFactory, PersonFactory

pytestmark = pytest.mark.django_db

# The models that are not there, and why.
NOT_THERE = {
    "persons.OperationPerson": "has a key of two columns, which the admin cannot show; its rows go with the operation",
    "auth.Permission": "given through users and groups",
    "contenttypes.ContentType": "Django's list of models, which nobody keeps",
    "sessions.Session": "who is signed in, in a form that nobody can read",
    "pghistory.Context": "stands beside each state in the history tables",
    "pghistory.Events": "a view over the history tables, each of which is there",
    "procrastinate.ProcrastinateEvent": "what became of a job stands at the job",
    "procrastinate.ProcrastinatePeriodicDefer": "the worker's notes on what runs by the clock",
    "procrastinate.ProcrastinateWorker": "signs of life, seconds old; Home shows them",
}
LEDGER = [Act, ActNote, ConsentEvent, Evidence, Seal, SealedAct, UnsealedAct, Consent, Subscription]
DELETE = {"action": "delete_selected", "post": "yes"}
HISTORY = [model for model in apps.get_models() if hasattr(model, "pgh_tracked_model")]


@pytest.fixture
def office(client):
    client.force_login(User.objects.create_superuser("root@example.com", "secret-enough-1"))
    return client


def test_every_model_is_there_or_says_why_not():
    missing = {
        model._meta.label for model in apps.get_models() if model not in admin.site._registry and not model._meta.proxy
    }

    assert missing == set(NOT_THERE)


@pytest.mark.parametrize("model", list(admin.site._registry), ids=lambda model: model._meta.label)
def test_every_list_and_every_form_opens(model, office):
    person = PersonFactory(company=CompanyFactory())
    answer = Answer(person_id=person.pk, purpose_id="STORE", basis_id="61B", source_id="USER", comment="By contract.")
    record(answer, by=Recorder(door=Door.PAGE))
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    shown = model._default_manager.order_by("pk").first()

    assert office.get(reverse(f"{name}_changelist")).status_code == 200
    if shown:
        assert office.get(reverse(f"{name}_change", args=[shown.pk])).status_code == 200


@pytest.mark.parametrize("model", LEDGER + HISTORY, ids=lambda model: model._meta.label)
def test_ledger_and_history_are_read_only(model, rf):
    request = rf.get("/")
    request.user = User(is_superuser=True, is_active=True)
    office = admin.site._registry[model]

    assert office.has_view_permission(request)
    assert not office.has_add_permission(request)
    assert not office.has_change_permission(request)
    assert not office.has_delete_permission(request)


def test_what_the_ledger_wrote_cannot_be_sent_in_changed(office):
    answer = Answer(person_id=PersonFactory().pk, purpose_id="STORE", basis_id="61B", source_id="USER", comment="Sale.")
    record(answer, by=Recorder(door=Door.PAGE))
    event = ConsentEvent.objects.get()

    for deed in ("change", "delete"):
        url = reverse(f"admin:persons_consentevent_{deed}", args=[event.pk])
        assert office.post(url, {"basis_after": "61F", "post": "yes"}).status_code == 403
    assert ConsentEvent.objects.get().basis_after_id == "61B"


def test_what_the_database_refuses_is_said_and_nothing_is_lost(office):
    wording = Wording.objects.create(purpose_id="STORE", language="en", number=1, approval_text="May we?")
    answer = Answer(person_id=PersonFactory().pk, purpose_id="STORE", basis_id="61A", source_id="USER", wording=wording)
    record(answer, by=Recorder(door=Door.PAGE))
    before = list(Wording.objects.values()), list(Source.objects.values())
    page = reverse("admin:purposes_wording_change", args=[wording.pk])
    form = office.get(page).context["adminform"].form
    stands = {name: value for name in form.fields if (value := form[name].value()) not in (None, False)}

    for url, sent in (
        (page, stands | {"approval_text": "Must we?"}),
        (reverse("admin:purposes_source_delete", args=["API"]), {"post": "yes"}),
        (reverse("admin:purposes_source_changelist"), DELETE | {"_selected_action": ["API"]}),
    ):
        assert "Nothing was changed: the database refuses it (" in office.post(url, sent, follow=True).text
    assert (list(Wording.objects.values()), list(Source.objects.values())) == before
    assert not LogEntry.objects.exists()
