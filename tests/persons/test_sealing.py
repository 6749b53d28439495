"""The seals show every change that somebody with SQL rights makes behind them (rules 4.2)."""

import hashlib
from contextlib import contextmanager

import pytest
from django.db import connection

from persons.ledger import Answer, Recorder, record, subscription
from persons.merkle import leaf_hash, merkle_root, paths, root_by_path
from persons.models import Consent, ConsentEvent, Door, Evidence, SealedAct, UnsealedAct
from persons.sealing import seal, verify
from tests.factories import PersonFactory

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def withdrawal(person, **facts):
    answer = Answer(person_id=person.pk, purpose_id="EMARKETING", basis_id="WITHDRAWN", source_id="EMAIL", **facts)
    return record(answer, by=Recorder(door=Door.PAGE))


def _ledger(persons=3):
    """Withdrawals of so many persons, an act each."""
    return [withdrawal(PersonFactory(), comment="Said so on the phone.") for _ in range(persons)]


@contextmanager
def without_guards():
    """As somebody who owns the database can."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET session_replication_role = replica")
        yield cursor
        cursor.execute("SET session_replication_role = DEFAULT")


def _root_by_the_book(leaves):
    """RFC 9162 section 2.1.1, as it is written there."""
    if len(leaves) < 2:
        return hashlib.sha256(b"\x00" + leaves[0] if leaves else b"").digest()
    split = 1 << (len(leaves) - 1).bit_length() - 1
    left, right = _root_by_the_book(leaves[:split]), _root_by_the_book(leaves[split:])
    return hashlib.sha256(b"\x01" + left + right).digest()


def test_an_untouched_ledger_is_whole():
    _ledger()
    sealed = seal()
    _ledger()

    found = verify()

    assert (sealed, found.ok, found.seals, found.events) == (3, True, 1, 3)


def test_an_empty_ledger_is_whole():
    assert (seal(), verify().ok, verify().head) == (0, True, "")


def test_what_was_sealed_is_not_sealed_again():
    _ledger()

    assert (seal(), seal(), SealedAct.objects.count(), UnsealedAct.objects.count()) == (3, 0, 3, 0)


def test_each_seal_continues_the_chain():
    for _ in range(3):
        _ledger(1)
        seal()

    assert (verify().seals, verify().first_problem) == (3, "")


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 5, 7, 8, 9, 31])
def test_the_root_is_that_of_the_standard(size):
    leaves = [bytes([number]) for number in range(size)]

    assert merkle_root(leaves) == _root_by_the_book(leaves)


CHANGES = {
    "changed": "UPDATE persons_consentevent SET basis_after_id = '61A' WHERE force = 1",
    "deleted": "DELETE FROM persons_consentevent WHERE id = (SELECT max(id) FROM persons_consentevent)",
    "reordered": """UPDATE persons_consentevent SET act_id = CASE act_id WHEN (SELECT max(id) FROM persons_act)
                    THEN (SELECT min(id) FROM persons_act) ELSE (SELECT max(id) FROM persons_act) END""",
    "inserted": """INSERT INTO persons_consentevent
                       (act_id, person_id, purpose_id, basis_after_id, force, is_own, is_late)
                   SELECT max(act_id), max(person_id), 'STORE', '61B', 0, false, true FROM persons_consentevent""",
    "an act changed": "UPDATE persons_act SET door = 'link' WHERE id = (SELECT max(id) FROM persons_act)",
    "an act moved to another place": "UPDATE persons_sealedact SET position = 10 - position",
    "the date of a seal changed": "UPDATE persons_seal SET sealed_at = sealed_at - interval '1 day'",
    "an act not sealed": "DELETE FROM persons_sealedact WHERE position = 1",
    "an act put back to wait": "INSERT INTO persons_unsealedact SELECT max(id) FROM persons_act",
    "a comment changed": "UPDATE persons_evidence SET comment = 'She said yes, of course.'",
    "a standing answer changed": "UPDATE persons_consent SET basis_id = '61A'",
    "a standing answer deleted": "DELETE FROM persons_consent",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_change_is_found(change):
    _ledger()
    seal()
    assert verify().ok

    with without_guards() as cursor:
        cursor.execute(change)

    assert verify().first_problem


def test_a_cut_tail_is_found_by_its_anchor():
    _ledger(1)
    seal()
    _ledger(1)
    seal()
    anchor = verify().head

    with without_guards() as cursor:
        for table in ("persons_consent", "persons_evidence"):
            cursor.execute(f"DELETE FROM {table} WHERE event_id = (SELECT max(id) FROM persons_consentevent)")
        cursor.execute("DELETE FROM persons_sealedact WHERE seal_id = 2")
        cursor.execute("DELETE FROM persons_seal WHERE number = 2")
        cursor.execute("DELETE FROM persons_consentevent WHERE id = (SELECT max(id) FROM persons_consentevent)")
        cursor.execute("DELETE FROM persons_act WHERE id = (SELECT max(id) FROM persons_act)")

    assert verify().ok, "a clean cut shows only against a head that was kept elsewhere"
    assert anchor in verify(anchor).first_problem


def test_a_missing_seal_in_the_middle_is_found():
    for _ in range(3):
        _ledger(1)
        seal()

    with without_guards() as cursor:
        cursor.execute("DELETE FROM persons_seal WHERE number = 2")

    assert verify().first_problem == "Seal 2 is missing."


def test_subscriptions_and_late_events_are_sealed_and_followed_too():
    person = PersonFactory()
    withdrawal(person)
    by = Recorder(door=Door.PAGE)
    facts = {"person_id": person.pk, "type_id": "NEWS", "source_id": "USER"}
    record(subscription(is_active=True, comment="Wrote so by e-mail.", **facts), by=by)
    record(subscription(is_active=False, **facts), by=by)
    withdrawal(person, given_at=Consent.objects.get().given_at.replace(year=2020))

    seal()

    assert (verify().events, verify().first_problem) == (4, "")
    assert ConsentEvent.objects.filter(is_late=True).count() == 1


def test_an_erased_comment_leaves_the_ledger_whole():
    _ledger()
    seal()

    Evidence.objects.all().delete()

    assert verify().ok


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 8, 9, 31])
def test_every_leaf_comes_to_the_root_by_its_path_and_by_no_other(size):
    leaves = [bytes([number]) for number in range(size)]
    root, found = merkle_root(leaves), paths([leaf_hash(leaf) for leaf in leaves], range(size))

    for index, path in found.items():
        assert root_by_path(leaves[index], index, size, path) == root
        assert root_by_path(b"another", index, size, path) != root
        assert root_by_path(leaves[index], index, size, [*path, root]) is None
