"""Stored files without a row: the process died between storing the file and the commit."""

from datetime import datetime
from typing import Any

from django.core.files.storage import default_storage


def remove(folder: str, rows: Any, *, before: datetime) -> int:
    """Remove from a folder what no row names as its `file`, and was stored before; how many. Safe to run twice."""
    if not default_storage.exists(folder):
        return 0
    known = set(rows.exclude(file="").values_list("file", flat=True))
    names = {f"{folder}/{name}" for name in default_storage.listdir(folder)[1]}
    strays = [name for name in names - known if default_storage.get_modified_time(name) < before]
    for name in strays:
        default_storage.delete(name)
    return len(strays)
