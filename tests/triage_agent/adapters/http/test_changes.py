import asyncio
from collections.abc import AsyncIterator

import pytest
from structlog.testing import capture_logs

from triage_agent.adapters.http import changes as module
from triage_agent.adapters.http.changes import Changes


async def next_of(stream: AsyncIterator[bytes]) -> bytes:
    async with asyncio.timeout(5):
        return await anext(stream)


def test_a_stream_tells_of_every_change_and_ends_at_the_close():
    async def scenario():
        version = 1
        changes = Changes(lambda: version, look_seconds=0.01)
        watching = asyncio.create_task(changes.watch())
        stream = changes.stream()
        assert await next_of(stream) == b"retry: 1000\n\n"
        first = await next_of(stream)
        assert first.startswith(b"event: worklist\ndata: ")
        second = await next_of(stream)  # the first look at the list
        version = 2
        third = await next_of(stream)
        assert len({first, second, third}) == 3
        await changes.close()
        with pytest.raises(StopAsyncIteration):
            await next_of(stream)
        async with asyncio.timeout(5):
            await watching

    asyncio.run(scenario())


def test_a_stream_without_news_says_that_it_is_alive():
    async def scenario():
        changes = Changes(lambda: 1, heartbeat_seconds=0.01)
        stream = changes.stream()
        seen = [await next_of(stream) for _ in range(4)]
        assert seen[2:] == [b": alive\n\n", b": alive\n\n"]
        await stream.aclose()

    asyncio.run(scenario())


def test_nobody_looks_while_no_page_is_open():
    looks = []

    async def scenario():
        changes = Changes(lambda: len(looks) if looks.append(1) is None else 0, look_seconds=0.001)
        watching = asyncio.create_task(changes.watch())
        await asyncio.sleep(0.02)
        assert not looks
        stream = changes.stream()
        for _ in range(3):
            await next_of(stream)
        assert looks
        await stream.aclose()
        watching.cancel()

    asyncio.run(scenario())


def test_a_list_that_cannot_be_read_is_looked_at_again(monkeypatch):
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.01)
    answers = iter([RuntimeError("Secret^Name"), 1, 2])

    def version():
        answer = next(answers, 3)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def scenario():
        changes = Changes(version, look_seconds=0.01)
        watching = asyncio.create_task(changes.watch())
        stream = changes.stream()
        for _ in range(4):
            await next_of(stream)
        await changes.close()
        await stream.aclose()
        await watching

    with capture_logs() as logs:
        asyncio.run(scenario())
    assert [(log["event"], log["error"]) for log in logs] == [
        ("worklist_not_readable", "RuntimeError")
    ]


def test_streams_are_counted_and_limited(monkeypatch):
    monkeypatch.setattr(module, "MAXIMUM_STREAMS", 1)

    async def scenario():
        changes = Changes(lambda: 1)
        stream = changes.stream()
        assert not changes.is_full
        await next_of(stream)
        assert changes.is_full
        await stream.aclose()
        assert not changes.is_full

    asyncio.run(scenario())


def test_a_page_too_many_falls_back_on_polling(monkeypatch, client):
    monkeypatch.setattr(module, "MAXIMUM_STREAMS", 0)
    assert client.get("/changes").status_code == 503
