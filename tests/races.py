"""Things that happen at once: `race(job, job)` starts every job in its own thread at the same moment."""

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

from isms.core.database import db
from isms.core.errors import DomainError


def race(*jobs: Callable[[], Any]) -> list[Any]:
    """Run the jobs at once; gives for each what it returned, or the domain error that it raised."""
    barrier = Barrier(len(jobs))
    results: list[Any] = [RuntimeError("it did not end")] * len(jobs)

    def run(index: int) -> None:
        try:
            db.connect(reuse_if_open=True)
            barrier.wait(30)
            results[index] = jobs[index]()
        except DomainError as error:
            results[index] = error
        finally:
            db.close()

    threads = [Thread(target=run, args=(index,)) for index in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for result in results:
        if isinstance(result, RuntimeError):
            raise result
    return results


def won(results: list[Any]) -> int:
    """Count the jobs that came through."""
    return sum(not isinstance(result, DomainError) and result is not False for result in results)
