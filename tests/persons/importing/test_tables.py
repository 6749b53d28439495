import io
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from persons.importing import NotATable, open_table, recognise

SAMPLES = Path(__file__).parents[2] / "samples"
BROKEN = SAMPLES / "broken"
HEADER = "Fornavn;Etternavn;E-post;Firma"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"


@pytest.fixture
def file(tmp_path):
    def write(content: str | bytes, encoding: str = "utf-8") -> Path:
        path = tmp_path / "list.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return write


def workbook(*sheets: tuple[str, dict[str, object]], state: str = "visible") -> bytes:
    """An .xlsx of sheets by name, each of cells by reference; dates are written as (number, format)."""

    def cell(place: str, value: object) -> str:
        if isinstance(value, tuple):
            return f'<c r="{place}" s="{value[1]}"><v>{value[0]}</v></c>'
        if isinstance(value, bool):
            return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
        if isinstance(value, str):
            return f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>'
        return f'<c r="{place}"><v>{value}</v></c>'

    def sheet(cells: dict[str, object]) -> str:
        rows: dict[int, list[str]] = {}
        for place, value in cells.items():
            rows.setdefault(int(place.lstrip("ABCDEFGH")), []).append(cell(place, value))
        return "".join(f'<row r="{number}">{"".join(found)}</row>' for number, found in rows.items())

    numbered = list(enumerate(sheets, 1))
    content = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="a" '
        f'Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>'
        + "".join(
            f'<sheet name="{name}" sheetId="{n}" r:id="s{n}" state="{state if n == 1 else "visible"}"/>'
            for n, (name, _) in numbered
        )
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="styles" '
        f'Type="{RELATIONS}/styles" Target="styles.xml"/>'
        + "".join(
            f'<Relationship Id="s{n}" Type="{RELATIONS}/worksheet" Target="worksheets/{n}.xml"/>' for n, _ in numbered
        )
        + "</Relationships>",
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/>'
        '<xf numFmtId="22"/></cellXfs></styleSheet>',
        **{
            f"xl/worksheets/{n}.xml": f'<worksheet xmlns="{MAIN}"><sheetData>{sheet(cells)}</sheetData></worksheet>'
            for n, (_, cells) in numbered
        },
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in content.items():
            archive.writestr(name, text)
    return packed.getvalue()


def problems(path: Path) -> dict[int, str]:
    return {record.number: record.problem for record in open_table(path).records() if record.problem}


def numbers(path: Path) -> list[int]:
    return [record.number for record in open_table(path).records()]


def refusal(path: Path) -> str:
    with pytest.raises(NotATable) as refused:
        recognise(open_table(path).header)
    return str(refused.value)


# The broken samples


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("01-empty.csv", "The file is empty."),
        ("02-header-only.csv", "The file has a header and no rows."),
        ("08-5000-columns.csv", "The file has 5000 columns; no more than 1000 can be read."),
        ("11-picture-renamed.csv", "This is no table but a PNG file."),
    ],
)
def test_a_file_without_a_table_is_refused_in_one_sentence(name, sentence):
    assert refusal(BROKEN / name) == sentence


def test_columns_of_the_same_name_are_refused_by_their_numbers():
    assert refusal(BROKEN / "07-duplicate-headers.csv").startswith(
        "Columns 3 (E-post), 4 (E-post), 5 (e-post) mean the same."
    )


@pytest.mark.parametrize(
    ("name", "rows", "expected"),
    [
        ("03-utf16.csv", 12, {}),
        ("04-nul-bytes.csv", 12, dict.fromkeys((3, 5, 12), "nul_bytes")),
        ("05-unclosed-quote.csv", 6, {7: "unclosed_quote"}),
        ("06-wrong-column-count.csv", 12, dict.fromkeys((2, 3, 5, 6, 7), "wrong_column_count")),
        ("09-formula-cells.csv", 11, {}),
        ("10-invalid-addresses.csv", 43, {}),
        ("12-mixed-encodings.csv", 12, dict.fromkeys((2, 4, 6, 8, 10, 12), "undecodable")),
    ],
)
def test_rows_that_cannot_be_trusted_are_reported_by_number(name, rows, expected):
    assert len(numbers(BROKEN / name)) == rows
    assert problems(BROKEN / name) == expected


def test_no_letter_is_wrong_in_a_row_that_is_not_reported():
    good = [record.cells[0] for record in open_table(BROKEN / "12-mixed-encodings.csv").records() if not record.problem]

    assert good == [f"Bjørn {number}" for number in (1, 3, 5, 7, 9, 11)]


def test_cells_that_look_like_formulas_stay_as_they_are():
    cells = [record.cells[3] for record in open_table(BROKEN / "09-formula-cells.csv").records()]

    assert cells[:2] == ['=HYPERLINK("https://example.com/?x="&A2,"Click me")', "=1+1"]
    assert cells[5:8] == ["\t=1+1", "\r=1+1", " =1+1"]


# Encodings and delimiters


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "iso8859-15", "mac_roman", "cp850"],
)
@pytest.mark.parametrize("letters", ["Åse;Bjørnstad", "Günter;Groß", "Zoë;Engström"])
def test_the_encoding_is_recognised(file, encoding, letters):
    path = file(f"{HEADER}\r\n{letters};ase@example.com;Blåbær og Sønner\r\n", encoding)

    assert [record.cells for record in open_table(path).records()] == [
        [*letters.split(";"), "ase@example.com", "Blåbær og Sønner"]
    ]


def test_letters_of_other_countries_are_read_too(file):
    names = "Łukasz;Wałęsa;a@example.com;Żółw\r\nKrzysztof;Kieślowski;b@example.com;Gdańsk Łódź\r\n" * 20
    path = file(f"{HEADER}\r\n{names}", "cp1250")

    assert next(open_table(path).records()).cells[:2] == ["Łukasz", "Wałęsa"]


def test_typographic_signs_do_not_hide_that_a_file_is_from_windows(file):
    path = file(f"{HEADER}\n“Ola”;Lind–Å;a@example.com;L’Été € Š\n", "cp1252")

    assert next(open_table(path).records()).cells == ["“Ola”", "Lind–Å", "a@example.com", "L’Été € Š"]


def test_one_line_of_utf8_in_a_file_from_windows_is_reported(file):
    lines = [f"Bjørn;Lie {number};b@example.com;Fjærå".encode("cp1252") for number in range(20)]
    lines[4] = "Bjørn;Lie 4;b@example.com;Fjærå".encode()
    path = file(b"\r\n".join([HEADER.encode(), *lines]))

    assert problems(path) == {6: "undecodable"}
    assert next(open_table(path).records()).cells[3] == "Fjærå"


def test_letters_lost_before_the_export_are_reported(file):
    assert problems(file(f"{HEADER}\nBj\ufffdrn;Lie;b@example.com;X\nOla;Lie;o@example.com;X\n")) == {
        2: "replacement_letters"
    }


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_the_delimiter_is_recognised_though_the_others_stand_in_cells(file, delimiter):
    cells = ["Kari, Anne", "Lie; Moe", "k@example.com", "a|b\tc"]
    line = delimiter.join(f'"{cell}"' for cell in cells)
    path = file(HEADER.replace(";", delimiter) + f"\n{line}\n{line}\n")

    assert [record.cells for record in open_table(path).records()] == [cells, cells]


def test_excels_hint_of_the_delimiter_is_no_row(file):
    path = file(f"sep=;\r\n{HEADER}\r\nKari;Lie;k@example.com;X\r\n")

    assert open_table(path).header == HEADER.split(";")
    assert numbers(path) == [2]


def test_a_list_of_one_column_is_a_table(file):
    path = file("E-post\nkari@example.com\n\nola@example.com\n")

    assert [(record.number, record.cells) for record in open_table(path).records()] == [
        (2, ["kari@example.com"]),
        (4, ["ola@example.com"]),
    ]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_rows_have_the_numbers_of_a_spreadsheet(file, newline):
    lines = [
        HEADER,
        "Kari;Lie;k@example.com;X",
        ";;;",
        "",
        'Ola;Moe;o@example.com;"one\ntwo"',
        "Per;By;p@example.com;X",
    ]

    assert numbers(file(newline.join(lines))) == [2, 5, 6]


def test_titles_may_stand_above_the_header(file):
    path = file(f"Kundeliste 2026;;;\n;;;\n{HEADER}\nKari;Lie;k@example.com;X\n")

    assert open_table(path).header == HEADER.split(";")
    assert numbers(path) == [4]


def test_the_end_mark_of_dos_is_no_row(file):
    assert numbers(file(f"{HEADER}\r\nKari;Lie;k@example.com;X\r\n\x1a")) == [2]


# Quotes


def test_a_quote_closed_by_the_stray_quote_of_a_later_row_swallows_nothing_unseen(file):
    rows = ['Tore;"Lien;t@example.com;X', 'Kari;Moe";k@example.com;Y', "Per;By;p@example.com;Z"]

    assert problems(file("\n".join([HEADER, *rows]))) == {2: "unclosed_quote"}
    assert numbers(file("\n".join([HEADER, *rows]))) == [2, 3]


def test_a_stray_quote_spoils_its_own_row_only(file):
    path = file(f'{HEADER}\nTore;"Lien" AS;t@example.com;X\nPer;By;p@example.com;Z\n')

    assert problems(path) == {2: "stray_quote"}
    assert numbers(path) == [2, 3]


def test_a_message_of_several_lines_is_one_cell(file):
    message = "Hello,\nplease write to a@example.com, b, c.\nThank you"
    path = file(f'Email,First name,Last name,City,Message\nk@example.com,Kari,Lie,Bø,"{message}"\n')

    assert [record.cells[4] for record in open_table(path).records()] == [message]
    assert problems(path) == {}


def test_commas_in_long_notes_do_not_divide_the_cells(file):
    note = "Dear Kari, thank you for coming\n" * 15
    path = file(f"{HEADER};Note\n" + f'Kari;Lie;k@example.com;X;"{note}"\n' * 4)

    assert (open_table(path).delimiter, numbers(path)) == (";", [2, 3, 4, 5])


@pytest.mark.parametrize("note", ["x" * 200_000, "said so twice\n" * 20_000])
def test_a_long_cell_hides_no_row_below_it(file, note):
    path = file(f'{HEADER}\nA;Berg;a@example.com;"{note}"\nB;Berg;b@example.com;\n')

    assert [record.cells[0] for record in open_table(path).records()] == ["A", "B"]
    assert problems(path) == {}


def test_a_line_longer_than_any_row_is_refused_wherever_it_stands(file):
    path = file(f"{HEADER}\nA;Berg;a@example.com;X\nB;Berg;{'b' * (1 << 20)}@example.com;Y\nC;Berg;c@example.com;Z\n")

    with pytest.raises(NotATable) as found:
        list(open_table(path).records())

    assert str(found.value) == "This is no table: a line is longer than 1048576 characters."


def test_a_quote_without_end_before_a_long_file_is_reported_once(file):
    path = file(f'{HEADER}\nTore;"Lien;t@example.com;X\n' + "Per;By;p@example.com;Z\n" * 10_000)

    assert problems(path) == {2: "unclosed_quote"}
    assert numbers(path) == [2]


# What is no table


@pytest.mark.parametrize(
    ("start", "sentence"),
    [
        (b"%PDF-1.7\n", "This is no table but a PDF file."),
        (b"<!DOCTYPE html><html><table>", "This is no table but a HTML file."),
        (b"\xff\xd8\xff\xe0", "This is no table but a JPEG file."),
        (b"PK\x03\x04rest", "This is no table: the file is no workbook that can be read."),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "This is no table: the file is no workbook that can be read."),
        (bytes(range(32)) * 100, "This is no table: the file does not hold text."),
        (b"\xef\xbb\xbf \r\n", "The file is empty."),
        (b";;;\r\n;;;\r\n", "The file is empty."),
        (b"x" * (3 << 20), "This is no table: a line is longer than 1048576 characters."),
    ],
)
def test_other_files_are_named(file, start, sentence):
    assert refusal(file(start)) == sentence


def test_a_missing_file_and_a_folder_are_refused_in_a_sentence(tmp_path):
    assert refusal(tmp_path / "none.csv") == "The file cannot be opened: No such file or directory."
    assert refusal(tmp_path) == "The file cannot be opened: Is a directory."


def test_a_header_that_nobody_can_read_is_refused(file):
    header = "Fornavn;Etternavn;E-post;Blå".encode("cp1252")
    body = "Bjørn;Lie;b@example.com;Blå".encode()

    assert refusal(file(header + b"\n" + body)) == "The names of the columns cannot be read."


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=200)
    | st.text(st.sampled_from('ab;,"\n\r\0\tæ@.'), max_size=80).map(lambda text: f"{HEADER}\n{text}".encode())
)
def test_no_file_at_all_ends_in_anything_but_rows_or_a_sentence(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(content)

    try:
        table = open_table(path)
        form = recognise(table.header)
    except NotATable:
        return
    for record in table.records():
        assert form.read(record).refused == bool(record.problem)
        assert record.problem or "\0" not in "".join(record.cells)


# Excel


def test_cells_of_a_workbook_are_the_texts_they_would_be_in_a_list(file):
    cells = {"A1": "Email", "B1": "When", "C1": "Time", "D1": "Phone", "E1": "Yes", "F1": "Half"}
    values = {"A2": "k@example.com", "B2": (43949, 1), "C2": (43949.5, 2), "D2": 4710769369.0, "E2": True, "F2": 0.5}
    path = file(workbook(("List", cells | values)))

    assert [record.cells for record in open_table(path).records()] == [
        ["k@example.com", "2020-04-28", "2020-04-28 12:00:00", "4710769369", "true", "0.5"]
    ]


def test_rows_of_a_workbook_keep_their_numbers_though_it_begins_further_down(file):
    path = file(workbook(("List", {"B3": "Name", "C3": "Email", "B5": "Kari", "C5": "k@example.com"})))

    assert open_table(path).header == ["", "Name", "Email"]
    assert numbers(path) == [5]


def test_the_first_sheet_with_a_header_and_rows_is_read(file):
    empty = ("Empty", {})
    only_a_header = ("Header", {"A1": "Name", "B1": "Email"})
    people = ("People", {"A1": "Name", "B1": "Email", "A2": "Kari", "B2": "k@example.com"})
    others = ("Others", {"A1": "Name", "B1": "Email", "A2": "Ola", "B2": "o@example.com"})

    assert [r.cells[0] for r in open_table(file(workbook(empty, only_a_header, people, others))).records()] == ["Kari"]


def test_a_hidden_sheet_is_passed_over(file):
    hidden = ("Hidden", {"A1": "Name", "B1": "Email", "A2": "Ola", "B2": "o@example.com"})
    people = ("People", {"A1": "Name", "B1": "Email", "A2": "Kari", "B2": "k@example.com"})

    table = open_table(file(workbook(hidden, people, state="hidden")))

    assert [record.cells[0] for record in table.records()] == ["Kari"]


def test_a_workbook_without_rows_is_refused(file):
    path = file(workbook(("Header", {"A1": "Name", "B1": "Email"})))

    assert refusal(path) == "No sheet of the workbook holds a header and rows."


def test_a_workbook_that_would_fill_the_memory_is_refused_and_the_process_lives(file):
    far_away = {"A1": "Name", "B1": "Email", "A2": "Kari", "B2": "k@example.com", "HHH1000000": "x"}

    assert "too large" in refusal(file(workbook(("List", far_away))))


def test_a_damaged_workbook_is_refused(file):
    whole = workbook(("List", {"A1": "Name", "B1": "Email", "A2": "Kari", "B2": "k@example.com"}))

    assert "no workbook that can be read" in refusal(file(whole.replace(b"PK\x01\x02", b"PK\x01\x00", 1)))


def test_nul_bytes_in_a_workbook_are_reported(file):
    path = file(workbook(("List", {"A1": "Name", "B1": "Email", "A2": "Ka_x0000_ri", "B2": "k@example.com"})))

    assert problems(path) == {2: "nul_bytes"}


# Memory


def test_a_long_file_is_read_in_flat_memory(file):
    path = file(HEADER + "\n" + "Kari;Lie;kari@example.com;Blåbær og Sønner AS\n" * 60_000)
    table = open_table(path)

    tracemalloc.start()
    rows = sum(1 for _ in table.records())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert rows == 60_000
    assert peak < 1 << 20
