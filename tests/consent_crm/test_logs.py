import logging

from consent_crm.logs import WithoutWords


def test_a_fault_is_told_with_its_place_and_without_its_words(caplog):
    try:
        raise ValueError("kari@example.com")
    except ValueError:
        logging.getLogger("django.request").exception("Internal Server Error: /persons/7/")

    told = WithoutWords().format(logging.makeLogRecord(vars(caplog.records[0]) | {"exc_text": None}))

    assert "test_logs.py" in told
    assert told.endswith("ValueError")
    assert "kari@" not in told.replace('raise ValueError("kari@example.com")', "")
