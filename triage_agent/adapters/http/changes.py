"""Tells open pages that the list has changed: one look at the list for all of them."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing, contextmanager, suppress

import structlog
from starlette.concurrency import run_in_threadpool

# Short enough that a page shows a change within a second, long enough that looking costs nothing.
LOOK_SECONDS = 0.25
# How often a silent stream says that it is alive; proxies and laptops drop idle connections.
HEARTBEAT_SECONDS = 15.0
# A look that fails is tried again after this long: the database may be away for a while.
RETRY_SECONDS = 2.0
MAXIMUM_STREAMS = 100

_log = structlog.get_logger()


class Changes:
    """Watches a version number and wakes the streams that wait for the next one."""

    def __init__(
        self,
        version: Callable[[], int],
        *,
        look_seconds: float = LOOK_SECONDS,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
    ) -> None:
        """Take a function that is cheap, may block, and differs after every change."""
        self._version = version
        self._look_seconds = look_seconds
        self._heartbeat_seconds = heartbeat_seconds
        self._seen: int | None = None
        self._turn = 0
        self._changed = asyncio.Condition()
        self._closed = False
        self._streams = 0

    @property
    def is_closed(self) -> bool:
        """Whether the server stops: no stream begins or goes on."""
        return self._closed

    @property
    def is_full(self) -> bool:
        """Whether no further stream is served; a page then falls back on polling."""
        return self._streams >= MAXIMUM_STREAMS

    async def watch(self) -> None:
        """Look until cancelled or closed; costs nothing while no page is open."""
        while not self._closed:
            await asyncio.sleep(self._look_seconds)
            if not self._streams:
                continue
            try:
                version = await run_in_threadpool(self._version)
            except Exception as error:  # noqa: BLE001 (whatever the database raises, it may pass)
                _log.warning("worklist_not_readable", error=type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            if version != self._seen:
                self._seen = version
                self._turn += 1
                await self._wake()

    async def close(self) -> None:
        """End every stream, so that the server can stop."""
        self._closed = True
        await self._wake()

    async def _wake(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def stream(self) -> AsyncIterator[bytes]:
        """Yield server-sent events: `worklist` at once and after every change, until closed.

        The one at once covers what changed between the page's making and its connecting.
        """
        with self._counted():
            yield b"retry: 1000\n\n"
            async with aclosing(self._turns()) as turns:
                async for turn in turns:
                    if turn is None:
                        yield b": alive\n\n"
                    else:
                        yield f"event: worklist\ndata: {turn}\n\n".encode()

    async def turns(self) -> AsyncGenerator[int | None, None]:
        """Yield a number at once and another after every change, None as a heartbeat.

        Ends at the close. Whoever takes these counts as a stream until the generator is closed.
        """
        with self._counted():
            async with aclosing(self._turns()) as turns:
                async for turn in turns:
                    yield turn

    @contextmanager
    def _counted(self) -> Iterator[None]:
        self._streams += 1
        try:
            yield
        finally:
            self._streams -= 1

    async def _turns(self) -> AsyncGenerator[int | None, None]:
        told = -1
        while not self._closed:
            is_new = told != self._turn
            told = self._turn
            yield told if is_new else None
            await self._wait(told)

    async def _wait(self, told: int) -> None:
        """Return when there is something newer than `told`, at the close, or for a heartbeat."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._heartbeat_seconds), self._changed:
                await self._changed.wait_for(lambda: self._closed or self._turn != told)
