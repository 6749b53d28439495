"""What became of a text, word by word."""

import pytest

from purposes.differences import differences


@pytest.mark.parametrize(
    ("before", "after", "pieces"),
    [
        ("May we?", "May we?", [("same", "May we?")]),
        ("May we write?", "May we call?", [("same", "May we "), ("gone", "write"), ("new", "call"), ("same", "?")]),
        ("Ja, gjerne.", "Ja.", [("same", "Ja"), ("gone", ", gjerne"), ("same", ".")]),
        ("", "New", [("new", "New")]),
        ("Old", "", [("gone", "Old")]),
        ("", "", []),
        ("Få tilbud på øl", "Få tilbud på vin", [("same", "Få tilbud på "), ("gone", "øl"), ("new", "vin")]),
    ],
)
def test_words_are_compared_and_not_letters(before, after, pieces):
    assert differences(before, after) == pieces


def test_both_texts_can_be_read_from_the_pieces():
    before, after = "We  write once\na month, by e-mail.", "We write\ntwice a month."

    found = differences(before, after)

    assert "".join(text for kind, text in found if kind != "new") == before
    assert "".join(text for kind, text in found if kind != "gone") == after
