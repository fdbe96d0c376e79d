import threading

from structlog.testing import capture_logs

from triage_agent.adapters.processes.heartbeat import Heartbeat


def test_it_beats_at_once_and_again_until_stopped():
    beats = threading.Semaphore(0)
    heart = Heartbeat(beats.release, 0.01)
    heart.start()
    for _ in range(3):
        assert beats.acquire(timeout=30)
    assert heart.stop(30)


def test_a_beat_that_fails_is_tried_again_and_logged_once():
    beats = threading.Semaphore(0)

    def fail():
        beats.release()
        raise OSError("Secret^Name")

    with capture_logs() as logs:
        heart = Heartbeat(fail, 0.01)
        heart.start()
        for _ in range(3):
            assert beats.acquire(timeout=30)
        assert heart.stop(30)
    assert logs == [{"event": "heartbeat_failed", "error": "OSError", "log_level": "warning"}]


def test_a_beat_that_hangs_does_not_hold_up_the_end():
    held, begun = threading.Event(), threading.Event()

    def hang():
        begun.set()
        held.wait(60)

    heart = Heartbeat(hang, 0.01)
    heart.start()
    assert begun.wait(30)
    assert not heart.stop(0.05)
    held.set()
    assert heart.stop(30)
