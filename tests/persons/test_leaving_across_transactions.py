from persons import leaving, links
from persons.ledger import Recorder
from persons.models import ConsentEvent, Door, LinkToken
from tests.at_once import at_once
from tests.factories import PersonFactory


def test_six_clicks_at_once_are_one_stop(own_database):
    person = PersonFactory()
    token = links.make()
    LinkToken.objects.create(token_hash=links.hashed(token), person=person, purpose_id="EMARKETING")
    read = [links.read(token) for _ in range(6)]

    wrote = at_once(lambda link: leaving.leave(link, leaving.Scope.of(link), by=Recorder(door=Door.ONE_CLICK)), *read)

    assert sorted(wrote) == [False] * 5 + [True]
    assert ConsentEvent.objects.count() == 1
