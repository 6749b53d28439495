"""Several who do the same in the same moment, each with a connection of their own."""

import threading

from django.db import connection


def at_once(action, *arguments, refusals=()):
    """Each argument in a thread of its own; what came of them, refusals as sentences. Any other error is raised."""
    together, ends, errors = threading.Barrier(len(arguments), timeout=20), [], []

    def act(argument):
        together.wait()
        try:
            ends.append(action(argument))
        except refusals as refusal:
            ends.append(str(refusal))
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=act, args=[argument]) for argument in arguments]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return ends
