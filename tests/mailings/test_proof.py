"""The proof pack: what it holds, and that nothing in it can be changed unnoticed."""

import base64
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import CommandError, call_command
from django.db.models.functions import Now

from mailings import proof, proof_check
from mailings.models import Mailing, Recipient
from mailings.proof_check import MANIFEST, SIGNATURE, check
from mailings.steering import Refused
from persons import ledger
from persons.ledger import Answer
from persons.models import Seal
from purposes.models import Purpose, Wording
from tests.mailings.making import BY_STAFF, agree, mailing, persons, started, subscribe, withdraw

pytestmark = pytest.mark.django_db

TEXTS = {"approval_text": "Yes, write to me.", "description": "", "statement_title": "", "statement_url": ""}


@pytest.fixture
def sent():
    """A mailing that went to three: by consent with a comment, by consent with a wording, by subscription."""
    on, shown, subscribed, off, _nobody = persons(5)
    agree(on)
    wording = Wording.objects.create(purpose=Purpose.objects.get(pk="EMARKETING"), language="en", number=1, **TEXTS)
    yes = Answer(person_id=shown.pk, purpose_id="EMARKETING", basis_id="61A", source_id="WEBFORM", wording=wording)
    ledger.record(yes, by=BY_STAFF)
    subscribe(subscribed)
    withdraw(off)
    made = started()
    made.recipients.waiting().update(state=Recipient.State.SENT, claimed_at=Now(), claim=1, answered_at=Now())
    return made


def packed(mailing):
    return io.BytesIO(b"".join(proof.pack(mailing)))


def lines(pack, name):
    with zipfile.ZipFile(pack) as archive:
        return [json.loads(line) for line in archive.read(name).splitlines()]


def signed_anew(pack, **changed):
    """The pack with other contents, its digests and signature made to fit by somebody with another key."""
    with zipfile.ZipFile(pack) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()} | changed
    manifest, key = json.loads(contents[MANIFEST]), Ed25519PrivateKey.generate()
    manifest["files"] = {name: proof_check.digest(contents[name]).hex() for name in manifest["files"]}
    manifest["public_key"] = proof.public_key(key)
    contents[MANIFEST] = json.dumps(manifest).encode()
    return zipped(contents | {SIGNATURE: base64.b64encode(key.sign(contents[MANIFEST]))})


def zipped(contents):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, data in contents.items():
            archive.writestr(name, data)
    return made


def changed_line(pack, name, change):
    """The file with its first line changed."""
    rows = lines(pack, name)
    change(rows[0])
    return {name: "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()}


def test_a_pack_holds_every_recipient_with_what_the_verdict_rested_on(sent):
    pack = packed(sent)

    checked = check(pack)
    assert (checked.problems, checked.recipients, checked.events) == ([], 5, 4)
    assert checked.head == bytes(Seal.objects.order_by("number").last().hash).hex()
    assert [line["code"] for line in lines(pack, "recipients.jsonl")] == [
        "consent",
        "consent",
        "subscription",
        "withdrawn",
        "no_consent",
    ]
    assert [line["texts"][3] for line in lines(pack, "wordings.jsonl")] == ["Yes, write to me."]


def test_it_is_read_by_people_too(sent):
    with zipfile.ZipFile(packed(sent)) as archive:
        page = archive.read("proof.html").decode()

    assert "Kari Nordmann 0" in page
    assert "E-marketing is ON" in page
    assert "News: Consent, " in page


def test_a_proof_over_many_seals_holds(sent):
    for _ in range(3):
        packed(sent)
        agree(*persons(2))

    assert check(packed(sent)).problems == []


@pytest.mark.parametrize("name", ["recipients.jsonl", "events.jsonl", "seals.jsonl", "wordings.jsonl", "message.html"])
def test_a_changed_file_is_found(sent, name):
    with zipfile.ZipFile(packed(sent)) as archive:
        contents = {each: archive.read(each) for each in archive.namelist()}
    changed = contents | {name: contents[name].replace(b"e", b"e ", 1)}
    del contents[name]

    assert f"{name} was changed after the pack was signed." in check(zipped(changed)).problems
    assert f"{name} is missing." in check(zipped(contents)).problems


def test_a_changed_manifest_is_found(sent):
    with zipfile.ZipFile(packed(sent)) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    contents[MANIFEST] = contents[MANIFEST].replace(b'"subject": "News"', b'"subject": "Olds"')

    assert "it was changed after it was signed" in check(zipped(contents)).problems[0]


def another_basis(line):
    line["leaf"][proof_check.LEAF.index("basis_after")] = "61F"


def another_comment(line):
    line["comment"] = "Said yes by fax."


def nothing_to_rest_on(line):
    line["event"] = None


def another_person(line):
    line["person"] += 1


def another_outcome(line):
    line["state"] = "failed"


def another_root(line):
    line["root"] = "00" * 32


def another_text(line):
    line["texts"][3] = "Yes to everything."


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("events.jsonl", another_basis, "not what was sealed"),
        ("events.jsonl", another_comment, "the comment is not"),
        ("recipients.jsonl", nothing_to_rest_on, "no event says yes"),
        ("recipients.jsonl", another_person, "another person's"),
        ("recipients.jsonl", another_outcome, "do not add up"),
        ("seals.jsonl", another_root, "was changed"),
        ("wordings.jsonl", another_text, "the wording is not"),
    ],
)
def test_who_signs_a_forgery_with_a_key_of_their_own_is_found_out_all_the_same(sent, name, change, words):
    pack = packed(sent)

    forged = check(signed_anew(pack, **changed_line(pack, name, change)))

    assert any(words in problem for problem in forged.problems), forged.problems


def test_the_expected_key_and_an_anchor_kept_elsewhere_are_held_against_it(sent):
    pack = packed(sent)
    right, head = check(pack).key, check(pack).head

    assert check(pack, key=right, anchor=head).problems == []
    assert len(check(signed_anew(pack), key=right).problems) == 1
    assert check(pack, anchor="ab" * 32).problems == [f"No seal of the pack has the hash {'ab' * 32}."]


def test_a_consent_recorded_after_the_claim_is_no_ground(sent):
    pack = packed(sent)

    def earlier(line):
        line["claimed_at"] = 1

    problems = check(signed_anew(pack, **changed_line(pack, "recipients.jsonl", earlier))).problems

    assert "recorded after the message was handed over" in problems[0]


def test_of_an_erased_person_only_the_number_is_told(sent):
    recipient = sent.recipients.order_by("person").first()
    recipient.person.__class__.objects.filter(pk=recipient.person_id).update(
        erased_at=Now(), address=None, address_hash=None, first_name="", last_name=""
    )

    told = lines(packed(sent), "recipients.jsonl")[0]

    assert (told["person"], told["name"]) == (recipient.person_id, "Erased person")


def test_without_a_key_nothing_is_signed(sent, settings):
    for settings.PROOF_KEY in ("", "short", "!" * 43):
        with pytest.raises(Refused, match="PROOF_KEY"):
            proof.pack(sent)


def test_a_draft_has_nothing_to_prove():
    with pytest.raises(Refused, match="Nothing has been sent"):
        proof.pack(mailing())


def test_the_command_needs_neither_the_product_nor_a_database(sent, tmp_path):
    file = tmp_path / "proof.zip"
    file.write_bytes(packed(sent).getvalue())
    root = Path(proof_check.__file__).parent.parent

    done = subprocess.run(
        [sys.executable, "-m", "mailings.proof_check", str(file)], cwd=root, env={}, capture_output=True, text=True
    )

    assert (done.returncode, done.stdout[:34]) == (0, "The proof holds: 5 recipients, 4 e")


@pytest.mark.parametrize("contents", [b"", b"no zip", b"PK\x03\x04half"])
def test_a_file_that_is_no_pack_is_refused_in_a_sentence(tmp_path, contents):
    file = tmp_path / "proof.zip"
    file.write_bytes(contents)

    with pytest.raises(CommandError, match="no proof pack"):
        call_command("verify_proof", str(file))


def test_the_numbers_are_those_of_the_mailing(sent):
    with zipfile.ZipFile(packed(sent)) as archive:
        totals = json.loads(archive.read(MANIFEST))["totals"]

    assert totals["states"] == {"sent": 3, "held_back": 2}
    assert totals["total"] == Mailing.objects.get(pk=sent.pk).recipients.count()
