"""`./crm bench`: make persons, time each work beside its yardstick, and print what came of it."""

import argparse
import logging
from collections.abc import Iterator, Sequence

import django
from rich.console import Console
from rich.table import Table

django.setup()

from benchmarks import audience, bulk, database, exporting, importing, ledger, listing, verdict  # noqa: E402 - they need Django's settings
from benchmarks.timing import Measured, Work, cores, measured  # noqa: E402

SUBJECTS: dict[str, Sequence[type[Work]]] = {
    "verdict": verdict.WORKS,
    "audience": audience.WORKS,
    "import": importing.WORKS,
    "bulk": bulk.WORKS,
    "export": exporting.WORKS,
    "list": listing.WORKS,
    "ledger": ledger.WORKS,
}
HEAD = ["Work", "Median", "Yardstick", "Ratio", "Bar", "Met", "Peak memory", "Besides"]


def main() -> None:
    options = asked_for()
    logging.getLogger("django.request").setLevel(logging.ERROR)
    console, beside = Console(), Console(stderr=True)
    with beside.status("") as status:

        def tell(text: str) -> None:
            status.update(text)
            if not beside.is_terminal:
                beside.print(text)

        tell(f"Making {options.persons:,} persons")
        with database.filled(options.persons):
            found = []
            for work in works(options):
                tell(work.name)
                try:
                    found.append(measured(work, rounds=options.rounds, before=put_in_order))
                finally:
                    work.clear_up()
    show(found, options.persons, console)


def asked_for() -> argparse.Namespace:
    parser = argparse.ArgumentParser("./crm bench")
    parser.add_argument("subjects", nargs="*", metavar="NAME", help=f"of {', '.join(SUBJECTS)}; without any, all")
    parser.add_argument("--persons", type=at_least_one, default=100_000, help="how many are made (%(default)s)")
    parser.add_argument("--rounds", type=at_least_one, help="how often each work is timed, in place of its own number")
    options = parser.parse_args()
    if unknown := set(options.subjects) - SUBJECTS.keys():
        parser.error(f"there is no {', '.join(unknown)}")
    return options


def at_least_one(word: str) -> int:
    if int(word) < 1:
        raise ValueError
    return int(word)


def works(options: argparse.Namespace) -> Iterator[Work]:
    for subject in options.subjects or SUBJECTS:
        yield from (work(options.persons) for work in SUBJECTS[subject])


def put_in_order(work: Work) -> None:
    database.ready(is_copy=work.writes)
    work.prepare()


# ---- the table


def show(found: Sequence[Measured], persons: int, console: Console) -> None:
    title = f"{persons:,} persons, {cores()} cores"
    if console.is_terminal:
        table = Table(*HEAD, title=title)
        for one in found:
            table.add_row(*cells(one))
        console.print(table)
    else:
        lines = [title, *(" | ".join(line) for line in [HEAD, *map(cells, found)])]
        console.print(*lines, sep="\n", soft_wrap=True, highlight=False, markup=False)


def cells(one: Measured) -> list[str]:
    work = one.work
    beside = [duration(one.yardstick), f"{one.ratio:.2f} x"] if work.has_yardstick else ["", ""]
    is_met = "NOT THE SAME RESULT" if not one.is_same else "yes" if work.bar.holds(one) else "no"
    rate = f"{one.rate:,.0f} a second" if work.number > 1 else ""
    besides = ", ".join(filter(None, [rate, one.note]))
    return [work.name, duration(one.ours), *beside, work.bar.words, is_met, f"{one.peak} (+{one.grown}) MiB", besides]


def duration(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.1f} ms"


if __name__ == "__main__":
    main()
