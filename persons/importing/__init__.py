"""Reading import files: from the bytes of any file to what each row claims. Nothing in here touches the database.

    table = open_table(path)             # tables: header and numbered records, or NotATable with one sentence
    form = recognise(table.header)       # formats: SuperOffice, HubSpot, Mailchimp (three exports), plain; or NotATable
    counts = Counts()                    # counting: rows, valid, invalid, …; `describe(path)` does just this
    for record in table.records():       # as often as wanted, in flat memory
        row = form.read(record)          # a Row: the person, its Claims, its Problems
        counts.add(row)
        for claim in row.answers:
            given_at = moment(claim.given, stops=claim.stops, zone=company_zone, now=first_applied_at)   # values

Rows whose cells cannot be trusted are `refused` and hold nothing but their problem. A row without a valid address is
still a row. `columns` and `labels` are the words: names of columns, and what stands in the cells, in six languages.
`form.not_read` names the columns that nothing was taken from; tell the user.
"""

from persons.importing.claims import Claim
from persons.importing.counting import Counts, describe
from persons.importing.formats import Format, Row, recognise
from persons.importing.problems import REFUSALS, REMARKS, SENTENCES, NotATable, Problem
from persons.importing.tables import Record, Table, open_table
from persons.importing.values import Given, moment

__all__ = [
    "REFUSALS",
    "REMARKS",
    "SENTENCES",
    "Claim",
    "Counts",
    "Format",
    "Given",
    "NotATable",
    "Problem",
    "Record",
    "Row",
    "Table",
    "describe",
    "moment",
    "open_table",
    "recognise",
]
