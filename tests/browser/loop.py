"""An asyncio loop in a thread, for the servers that stand beside a test driving a browser. No server itself."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine


class Loop:
    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.loop.set_exception_handler(
            lambda *_: None
        )  # browsers cut connections; what tests need is recorded, not printed
        self._thread = threading.Thread(target=self.loop.run_forever, name="loopback", daemon=True)
        self._thread.start()

    def run[T](self, work: Coroutine[object, object, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30)

    def close(self) -> None:
        async def cancel() -> None:
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        self.run(cancel())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(30)
        self.loop.close()


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> bool:
    """Wait until the condition holds; False if it did not within a generous time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def wait_until_still(value: Callable[[], object], still: float = 1.5, seconds: float = 30) -> None:
    """Wait until a value has not changed for a while: gives what should not happen its chance to happen."""
    end = time.monotonic() + seconds
    last, since = value(), time.monotonic()
    while time.monotonic() - since < still and time.monotonic() < end:
        time.sleep(0.05)
        if (now := value()) != last:
            last, since = now, time.monotonic()
