import threading
from dataclasses import replace
from datetime import UTC, timedelta

from tests.encoded_objects import encoded, make_dataset
from tests.factories import T0, after, make_instance, make_stored
from tests.fakes.receiving_node import Node
from triage_agent.domain.node_health import Arrivals
from triage_agent.receive import arrivals as arriving
from triage_agent.receive.arrivals import OTHERS, ArrivalCounter


def make_counter():
    return ArrivalCounter(lambda at: at.astimezone(UTC).date())


def image(ae_title="CR1", **overrides):
    values = {"stored": make_stored("x", size_bytes=10), "source_ae_title": ae_title}
    return make_instance(**(values | overrides))


def test_sums_are_by_sender_and_day_and_taken_once():
    counter = make_counter()
    tomorrow = T0 + timedelta(days=1)
    for each in (image(), image(received_at=after(5)), image("CR2"), image(received_at=tomorrow)):
        counter.count(each)
    first = Arrivals(ae_title="CR1", day=T0.date(), images=2, size_bytes=20, last_at=after(5))
    assert counter.take() == (
        first,
        replace(first, ae_title="CR2", images=1, size_bytes=10, last_at=T0),
        replace(first, day=tomorrow.date(), images=1, size_bytes=10, last_at=tomorrow),
    )
    assert counter.take() == ()


def test_sums_that_could_not_be_kept_are_added_to_what_came_since():
    counter = make_counter()
    counter.count(image(received_at=after(9)))
    taken = counter.take()
    counter.count(image(received_at=after(3)))
    counter.give_back(taken)
    (found,) = counter.take()
    assert (found.images, found.size_bytes, found.last_at) == (2, 20, after(9))


def test_ever_new_titles_do_not_fill_the_memory(monkeypatch):
    monkeypatch.setattr(arriving, "MAXIMUM_TITLES", 2)
    counter = make_counter()
    for title in ("A", "B", "C", "D", "A"):
        counter.count(image(title))
    assert {each.ae_title: each.images for each in counter.take()} == {"A": 2, "B": 1, OTHERS: 2}


def test_threads_lose_no_count():
    counter = make_counter()
    instance = image()
    threads = [
        threading.Thread(target=lambda: [counter.count(instance) for _ in range(500)])
        for _ in range(4)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert counter.take()[0].images == 2000


def test_only_new_instances_arrive():
    node = Node()
    dataset = make_dataset()
    told = []
    receiver = replace(node.receiver(), arrived=told.append)

    def receive(one):
        values = {
            "transfer_syntax_uid": "1.2.840.10008.1.2.1",
            "source_ae_title": "CR1",
            "affected_sop_class_uid": str(one.SOPClassUID),
            "affected_sop_instance_uid": str(one.SOPInstanceUID),
        }
        return receiver.receive(encoded(one), **values)

    receive(dataset)
    receive(dataset)
    receive(make_dataset(SOPInstanceUID=dataset.SOPInstanceUID, PatientID="other"))
    assert [each.source_ae_title for each in told] == ["CR1"]
