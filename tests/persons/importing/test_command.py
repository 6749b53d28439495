"""`import_persons` on the command line: its options, what it prints, and how it exits."""

import csv
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from persons.ledger import Answer, Recorder, record
from persons.models import Door, Import, Person, Seal
from tests.factories import PersonFactory

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture
def path(tmp_path):
    """Two rows, the second with an address that is none."""
    path = tmp_path / "list.csv"
    path.write_text("First name,Last name,E-mail\nOla,Lie,ola@example.com\nKari,Lie,kari(at)example.com\n")
    return path


def _run(*arguments):
    """What it prints as JSON, and its exit code."""
    output, code = StringIO(), 0
    try:
        call_command("import_persons", *map(str, arguments), "--json", stdout=output)
    except SystemExit as end:
        code = end.code
    return json.loads(output.getvalue()), code


def test_the_numbers_and_the_exit_code(path):
    tried, _ = _run(path, "--dry-run")
    done, code = _run(path)

    assert tried == done
    assert done == {
        "rows": 2,
        "valid": 1,
        "invalid": 1,
        "without_address": 0,
        "duplicates": 0,
        "created": 2,
        "updated": 0,
        "recorded": 0,
        "same": 0,
        "late": 0,
        "stops": 0,
        "bounced": 0,
        "refused": {"invalid_address": [3]},
    }
    assert code == 1


@pytest.mark.parametrize("option", ["--legal-basis", "--purpose", "--source"])
def test_an_unknown_key_is_wrong_use(path, option):
    with pytest.raises(CommandError, match=r"There is no .* NONE; there are ") as error:
        _run(path, option, "NONE")

    assert (error.value.returncode, Import.objects.count()) == (2, 0)


@pytest.mark.parametrize("options", [[], ["--dry-run"]])
def test_a_path_without_a_file_is_wrong_use(tmp_path, options):
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(CommandError, match=r"The file cannot be opened: .*[.]") as error:
            _run(path, *options)

        assert error.value.returncode == 2


def test_a_file_that_is_no_table_is_refused(tmp_path):
    (tmp_path / "empty.csv").touch()

    with pytest.raises(CommandError, match=r"The file is empty\.") as error:
        _run(tmp_path / "empty.csv")

    assert error.value.returncode == 1


def test_the_problems_are_written_row_by_row(path, tmp_path):
    _run(path, "--problems", tmp_path / "problems.csv")

    with (tmp_path / "problems.csv").open(encoding="utf-8", newline="") as file:
        sentence = "This is not a valid e-mail address. It was kept as it stands."
        assert list(csv.reader(file)) == [["row", "code", "problem"], ["3", "invalid_address", sentence]]


def test_problems_that_cannot_be_written_are_told_before_anything_is_imported(path, tmp_path):
    with pytest.raises(CommandError, match=r"The problems cannot be written to .*: Is a directory\.") as error:
        _run(path, "--problems", tmp_path)

    assert (error.value.returncode, Person.objects.count()) == (2, 0)


def test_a_dry_run_seals_nothing(path):
    answer = Answer(person_id=PersonFactory().pk, purpose_id="EMARKETING", basis_id="WITHDRAWN", source_id="EMAIL")
    record(answer, by=Recorder(door=Door.PAGE))

    _run(path, "--dry-run")
    assert Seal.objects.count() == 0

    _run(path)
    assert Seal.objects.count() == 1
