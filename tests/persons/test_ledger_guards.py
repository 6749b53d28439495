"""What the database itself refuses, whoever writes (rules 4.2): all in SQL."""

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from persons.ledger import Answer, Recorder, record
from persons.models import Act, ConsentEvent, Door, Person, UnsealedAct
from purposes.models import LegalBasis, Purpose, Source, Wording
from tests.factories import PersonFactory

pytestmark = pytest.mark.database

LEDGER = ["persons_act", "persons_consentevent", "persons_seal", "persons_sealedact"]


@pytest.fixture
def event(db):
    """An event of an act, with all that hangs on it, and a seal."""
    wording = Wording.objects.create(purpose_id="EMARKETING", language="en", number=1, approval_text="May we?")
    written = record(
        Answer(
            person_id=PersonFactory().pk, purpose_id="EMARKETING", basis_id="61A", source_id="USER", wording=wording
        ),
        by=Recorder(door=Door.PAGE),
    )
    run("INSERT INTO persons_seal (number, previous, format, acts, events, root, hash) VALUES (1, '', 1, 1, 1, '', '')")
    run("INSERT INTO persons_sealedact (act_id, seal_id, position) SELECT id, 1, 0 FROM persons_act")
    run("SET CONSTRAINTS ALL IMMEDIATE")
    return ConsentEvent.objects.get(pk=written.event_id)


def run(sql: str, *parameters) -> list[tuple]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, parameters or None)
        return cursor.fetchall() if cursor.description else []


def refuses(sql: str, *parameters, because: str):
    with pytest.raises(DatabaseError, match=because):
        run(sql, *parameters)


COLUMN = {
    "persons_act": "reason",
    "persons_consentevent": "is_late",
    "persons_seal": "hash",
    "persons_sealedact": "position",
}


@pytest.mark.parametrize("table", LEDGER)
def test_the_ledger_takes_no_update_no_delete_and_no_truncate(event, table):
    because = "The ledger is append-only: {} on " + table + " is refused"

    refuses(f"UPDATE {table} SET {COLUMN[table]} = {COLUMN[table]}", because=because.format("update"))
    refuses(f"UPDATE {table} SET {COLUMN[table]} = NULL WHERE false", because=because.format("update"))
    refuses(f"DELETE FROM {table}", because=because.format("delete"))
    refuses(f"TRUNCATE {table} CASCADE", because="The ledger is append-only: truncate on .* is refused")


def test_the_ledger_takes_no_update_by_way_of_an_insert(event):
    columns = ", ".join(field.column for field in ConsentEvent._meta.concrete_fields)

    refuses(
        f"INSERT INTO persons_consentevent ({columns}) SELECT {columns} FROM persons_consentevent"
        " ON CONFLICT (id) DO UPDATE SET is_late = true",
        because="append-only: update on persons_consentevent",
    )


def test_what_names_an_act_cannot_be_emptied_around_it(event):
    refuses("TRUNCATE persons_person CASCADE", because="append-only: truncate")
    refuses("TRUNCATE purposes_purpose CASCADE", because="append-only: truncate")


EVENT = (
    "INSERT INTO persons_consentevent (act_id, person_id, purpose_id, basis_after_id, force, is_own, is_late)"
    " VALUES (%s, %s, 'STORE', '61F', 0, false, false)"
)
ACT = (
    "INSERT INTO persons_act (door, is_own_door, expressed_by, token, reason, request_id{})"
    " VALUES ('api', false, 'person', '', '', ''{}) RETURNING id"
)


def test_an_event_added_to_an_act_of_another_transaction_is_refused(own_database):
    person = PersonFactory()
    with transaction.atomic():
        ((act,),) = run(ACT.format("", ""))
        run(EVENT, act, person.pk)

    refuses(EVENT, act, person.pk, because="An event is written in the transaction of its act")
    assert ConsentEvent.objects.count() == 1


def test_nobody_chooses_the_transaction_of_an_act(own_database):
    person = PersonFactory()
    ((own,),) = run("SELECT (pg_current_xact_id()::text::bigint + 1)::text")
    with transaction.atomic():
        ((act,),) = run(ACT.format(", written_in", f", '{own}'"))

    refuses(EVENT, act, person.pk, because="An event is written in the transaction of its act")


@pytest.mark.django_db
def test_nobody_chooses_when_an_act_was_recorded():
    ((before,),) = run("SELECT clock_timestamp()")

    run(ACT.format(", recorded_at", ", '2020-01-01'"))

    ((after,),) = run("SELECT clock_timestamp()")
    assert before < Act.objects.get().recorded_at < after


@pytest.mark.django_db
def test_every_act_waits_for_its_seal():
    acts = {run(ACT.format("", ""))[0][0] for _ in range(3)}

    assert set(UnsealedAct.objects.values_list("act", flat=True)) == acts


TEXTS = ["approval_text", "description", "statement_title", "statement_url", "language"]


@pytest.mark.parametrize("column", TEXTS)
def test_a_wording_that_an_answer_rests_on_is_frozen(event, column):
    refuses(f"UPDATE purposes_wording SET {column} = 'nb'", because="Answers rest on this wording: it is frozen")


def test_a_frozen_wording_keeps_its_number_and_purpose_and_stays(event):
    because = "Answers rest on this wording: it is frozen"

    refuses("UPDATE purposes_wording SET number = 2", because=because)
    refuses("UPDATE purposes_wording SET purpose_id = 'STORE'", because=because)
    refuses("DELETE FROM purposes_wording", because=because)


def test_of_a_frozen_wording_people_may_be_asked_again(event):
    run("UPDATE purposes_wording SET ask_again_by = '2026-01-01'")

    assert Wording.objects.get().ask_again_by.year == 2026


@pytest.mark.django_db
def test_a_wording_that_no_answer_rests_on_may_change_and_go():
    Wording.objects.create(purpose_id="EMARKETING", language="en", number=1, approval_text="May we?")

    run("UPDATE purposes_wording SET approval_text = 'Might we?'")
    assert Wording.objects.get().approval_text == "Might we?"
    run("DELETE FROM purposes_wording")


@pytest.mark.django_db
@pytest.mark.parametrize("column", ["key = 'NEW'", "article = '6(1)(b)'", "allows = NOT allows"])
def test_key_article_and_effect_of_a_legal_basis_stay(column):
    refuses(
        f"UPDATE purposes_legalbasis SET {column} WHERE key = 'REFUSED'",
        because="key_article_and_effect_stay|Cannot update",
    )


@pytest.mark.django_db
def test_the_name_of_a_legal_basis_may_change():
    run(
        "UPDATE purposes_legalbasis SET name = 'Yes', help_text = '', position = 9, is_active = false WHERE key = '61A'"
    )


@pytest.mark.django_db
@pytest.mark.parametrize("table", ["legalbasis", "source", "subscriptiontype", "purpose"])
def test_what_is_built_in_cannot_be_deleted(table):
    refuses(f"DELETE FROM purposes_{table}", because="Cannot delete rows from purposes_")


@pytest.mark.parametrize("statement", [
    "DELETE FROM purposes_source WHERE key = 'OURS'",
    "DELETE FROM purposes_purpose WHERE key = 'OURS'",
    "DELETE FROM purposes_legalbasis WHERE key = 'OURS'",
    "DELETE FROM persons_person",
])  # fmt: skip
def test_what_an_answer_names_cannot_be_deleted(db, statement):
    for entry in (Source, Purpose, LegalBasis):
        entry.objects.create(key="OURS", **({"allows": False} if entry is LegalBasis else {}))
    stop = Answer(person_id=PersonFactory().pk, purpose_id="OURS", basis_id="OURS", source_id="OURS")
    record(stop, by=Recorder(door=Door.PAGE))

    refuses(f"{statement}; SET CONSTRAINTS ALL IMMEDIATE", because="violates foreign key constraint")


@pytest.mark.parametrize(("name", "statement"), {
    "one_consent_per_person_and_purpose": "UPDATE persons_consent SET purpose_id = 'STORE'",
    "one_subscription_per_person_and_type": "UPDATE persons_subscription SET type_id = 'NEWS'",
    "an_address_and_its_hash_go_together": "UPDATE persons_person SET address_hash = NULL",
    "erased_and_merged_persons_have_no_address": "UPDATE persons_person SET merged_into_id = id",
    "one_standing_suppression_per_address":
        "INSERT INTO persons_suppression (address_hash, reason, lifted_because)"
        " SELECT 'x', 'admin', '' FROM generate_series(1, 2)",
    "one_person_per_external_id":
        "INSERT INTO persons_externalid (person_id, system, value)"
        " SELECT id, 'HubSpot', '1' FROM persons_person, generate_series(1, 2)",
    "positions_in_a_seal_are_unique": "INSERT INTO persons_sealedact (act_id, seal_id, position) VALUES (-1, 1, 0)",
    "only_a_dynamic_selection_has_a_filter":
        "INSERT INTO persons_selection (name, kind, filter) VALUES ('All', 'static', '{\"on\": 1}')",
    "one_click_ends_one_thing":
        "INSERT INTO persons_linktoken (token_hash, person_id, purpose_id, subscription_type_id)"
        " SELECT 'x', id, 'STORE', 'NEWS' FROM persons_person",
}.items())  # fmt: skip
def test_constraints_are_named_as_the_sentences_they_guard(event, name, statement):
    facts = {"person_id": event.person_id, "basis_id": "WITHDRAWN", "source_id": "USER"}
    for about in ({"purpose_id": "STORE"}, {"type_id": "NEWS"}, {"type_id": "URGENT"}):
        record(Answer(**facts, **about), by=Recorder(door=Door.PAGE))
    run("SET CONSTRAINTS ALL IMMEDIATE")

    with pytest.raises(IntegrityError, match=f'"{name}"'):
        run(statement)


@pytest.mark.django_db
@pytest.mark.parametrize(("purpose", "type_"), [("'STORE'", "'NEWS'"), ("NULL", "NULL")])
def test_an_event_is_about_a_purpose_or_a_subscription(purpose, type_):
    person = PersonFactory()
    ((act,),) = run(ACT.format("", ""))

    refuses(
        "INSERT INTO persons_consentevent (act_id, person_id, force, is_own, is_late, purpose_id, subscription_type_id)"
        f" VALUES ({act}, {person.pk}, 0, false, false, {purpose}, {type_})",
        because="an_event_is_about_a_purpose_or_a_subscription",
    )


def test_the_history_of_persons_keeps_flags_and_no_names(event):
    Person.objects.update(first_name="Ola", phone="12345678", no_mailings=True)
    Person.objects.update(first_name="Kari")

    history = Person.pgh_event_model.objects.all()
    assert [each.no_mailings for each in history] == [True]
    columns = {field.name for field in history.model._meta.fields}
    assert columns.isdisjoint({"first_name", "last_name", "email", "address", "address_hash", "name_key", "phone"})
