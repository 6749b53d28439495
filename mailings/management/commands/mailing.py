import json
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.table import Table

from mailings import audience, launching, steering
from mailings.models import Mailing, Recipient
from mailings.steering import Refused
from persons.models import Selection
from persons.verdict import Code
from purposes.models import SubscriptionType


class Command(BaseCommand):
    help = "Creates a mailing, builds its list of recipients, sends it, says how far it is."

    def add_arguments(self, parser):
        actions = parser.add_subparsers(dest="action", metavar="create|build|send|status", required=True)
        create = actions.add_parser("create", help="make a mailing and print its number")
        create.add_argument("--name", required=True)
        create.add_argument("--subject", required=True)
        create.add_argument("--body", required=True, type=Path, metavar="FILE", help="the message as HTML")
        create.add_argument("--type", metavar="KEY", help="the subscription type; none without it")
        source = create.add_mutually_exclusive_group(required=True)
        source.add_argument("--selection", metavar="NAME", action="append", help="its members; may be repeated")
        source.add_argument("--all", action="store_true", help="all persons")
        create.add_argument("--json", action="store_true", help="print the result as JSON")
        for action, text in [
            ("build", "make the list of recipients, with the reason for everybody who is left out"),
            ("send", "begin to send; the worker does it"),
            ("status", "how many are in which state, and why"),
        ]:
            known = actions.add_parser(action, help=text)
            known.add_argument("mailing", help="its number or its name")
            known.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *, action, json, **chosen):
        try:
            facts, text = _create(chosen) if action == "create" else ACTIONS[action](_mailing(chosen["mailing"]))
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        except ValidationError as error:
            raise CommandError("\n".join(_sentences(error))) from error
        self.stdout.write(_dumped(facts) if json else text)


def _create(chosen):
    type_ = chosen["type"]
    if type_ and not SubscriptionType.objects.filter(pk=type_).exists():
        known = ", ".join(SubscriptionType.objects.values_list("pk", flat=True))
        raise CommandError(f"There is no subscription type {type_}; there are {known}.", returncode=2)
    selections = [_selection(name) for name in chosen["selection"] or []]
    mailing = Mailing(
        name=chosen["name"],
        subject=chosen["subject"],
        body=_read(chosen["body"]),
        body_kind=Mailing.BodyKind.SOURCE,
        type_id=type_,
        to_everybody=chosen["all"],
    )
    mailing.full_clean()
    mailing.save()
    mailing.selections.set(selections)
    return {"id": mailing.pk, "name": mailing.name}, str(mailing.pk)


def _build(mailing):
    audience.build(mailing)
    return _numbered(mailing)


def _send(mailing):
    waiting = launching.start_here(mailing, by=None)
    alive = steering.workers_alive()
    work = "" if alive else " No worker is running: start one with ./crm manage worker."
    sentence = f"{mailing.name} is being sent to {waiting} {'person' if waiting == 1 else 'persons'}.{work}"
    return {"id": mailing.pk, "waiting": waiting, "workers": alive}, sentence


def _status(mailing):
    return _numbered(mailing)


ACTIONS = {"build": _build, "send": _send, "status": _status}


def _numbered(mailing):
    numbers = audience.numbers(mailing)
    mailing.refresh_from_db()
    facts = {"id": mailing.pk, "name": mailing.name, "status": mailing.state, **numbers}
    facts |= {name: words for name in ("pause_reason", "trouble") if (words := getattr(mailing, name))}
    return facts, _as_text(mailing, numbers)


def _as_text(mailing, numbers):
    table = Table("", "", title=f"{mailing.pk} {mailing.name}: {mailing.get_state_display()}", show_header=False)
    table.add_row("Recipients", f"{numbers['total']:,}", end_section=True)
    for state, number in numbers["states"].items():
        table.add_row(str(Recipient.State(state).label), f"{number:,}")
    table.add_section()
    for code, number in numbers["codes"].items():
        table.add_row(f"{Code(code).label} ({code})", f"{number:,}")
    table.columns[1].justify = "right"
    console = Console(width=100)
    with console.capture() as text:
        console.print(table)
        for words in filter(None, [mailing.pause_reason, mailing.trouble]):
            console.print(f"The mail server says: {words}", markup=False)
    return text.get()


def _mailing(number_or_name):
    by_number = Mailing.objects.filter(pk=number_or_name) if number_or_name.isdecimal() else Mailing.objects.none()
    found = list(by_number) or list(Mailing.objects.filter(name=number_or_name)[:2])
    if not found:
        raise CommandError(f"There is no mailing {number_or_name}.", returncode=2)
    if len(found) > 1:
        raise CommandError(f"Several mailings are called {number_or_name}; give the number.", returncode=2)
    return found[0]


def _selection(name):
    selection = Selection.objects.filter(name=name).first()
    if selection is None:
        raise CommandError(f"There is no selection {name}.", returncode=2)
    return selection


def _read(path):
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.", returncode=2) from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{path} is not a text in UTF-8.", returncode=2) from error


def _sentences(error):
    if not hasattr(error, "error_dict"):
        return error.messages
    return [f"{field}: {words}" for field, messages in error.message_dict.items() for words in messages]


def _dumped(facts):
    return json.dumps(facts, ensure_ascii=False)
