"""The person's own pages and the foot of every message speak six languages; the pages of staff speak English so far."""

import ast
import re
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.utils.translation.template import templatize

from purposes import shipped_texts

OTHERS = [language for language, _name in settings.LANGUAGES if language != "en"]
MODULES = [
    "mailings/composing.py",
    "persons/leaving.py",
    "persons/preferences.py",
    "persons/public_forms.py",
    "purposes/shipped_texts.py",
]
FOR_STAFF = {"The message is empty.", "Logo"}  # the second stands alone only where the company has no name
PLACE = re.compile(r"%\(\w+\)s|\{+ ?\w+ ?\}+")
CALL = re.compile(r"""gettext\(u?((["']).*?(?<!\\)\2)|\b_\(((["']).*?(?<!\\)\4)\)""")


def said_in_templates():
    for path in (settings.BASE_DIR / "templates/public").glob("*.html"):
        if path.name == "sample.html":  # for staff
            continue
        for found in CALL.finditer(templatize(path.read_text())):
            yield ast.literal_eval(found[1] or found[3])


def said_in(path: Path):
    for node in ast.walk(ast.parse(path.read_text())):
        is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        if is_call and node.func.id in ("_", "gettext", "gettext_lazy"):
            yield ast.literal_eval(node.args[0])


@pytest.fixture(scope="module")
def said():
    found = {*said_in_templates(), *(text for name in MODULES for text in said_in(settings.BASE_DIR / name))}
    assert {"Unsubscribe", "All e-marketing", shipped_texts.HELLO} <= found
    return found - FOR_STAFF


@pytest.mark.parametrize("language", OTHERS)
def test_whatever_a_person_reads_is_translated_with_its_places(language, said):
    entries = polib.pofile(str(settings.BASE_DIR / "locale" / language / "LC_MESSAGES/django.po"))
    translated = {entry.msgid: entry.msgstr for entry in entries.translated_entries()}

    assert said - translated.keys() == set()
    for text, other in translated.items():
        assert sorted(PLACE.findall(text)) == sorted(PLACE.findall(other)), text
