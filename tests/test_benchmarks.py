import sys

import pytest

from benchmarks import __main__ as bench


@pytest.mark.slow
def test_every_benchmark_runs_and_gives_the_result_of_its_yardstick(own_database, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["bench", "--persons", "120", "--rounds", "1"])

    bench.main()

    told = capsys.readouterr().out
    assert told.count("\n") == 2 + sum(map(len, bench.SUBJECTS.values()))
    assert "NOT THE SAME RESULT" not in told
