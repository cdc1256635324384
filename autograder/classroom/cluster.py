"""Grading on other machines: submissions go to the workers of a Dask scheduler, reports come back.

Only this process, on the grading machine, writes anything: the first answer for each student. What crosses and what
workers do is in the module cluster_worker.
"""

from __future__ import annotations

import contextlib
import logging
import pickle
import queue
import sys
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tqdm import tqdm

from autograder import engine
from autograder.classroom import cluster_worker, grading, results
from autograder.classroom.cluster_worker import ClusterFailed
from autograder.classroom.grading import Task
from autograder.classroom.results import Outcome, Report
from autograder.jail import JailUnavailable
from autograder.problem_set import course_secret, load
from autograder.session import TOTAL_SECONDS
from autograder.submission.plain_text import one_line

if TYPE_CHECKING:
    from dask.typing import Key
    from distributed import Client, Future, KilledWorker, Security

CONNECT_SECONDS = 30.0
LOOK_SECONDS = 2.0  # from one look at what the workers are doing to the next
PATIENCE = 3 * TOTAL_SECONDS  # with one worker over one submission; a third of it when no other submission waits
INSTALL = "pip install --editable '.[cluster]'"


@dataclass(frozen=True)
class Job:
    """A submission to be graded elsewhere. payload: see cluster_worker."""

    task: Task
    key: str
    payload: bytes

    @property
    def student(self) -> str:
        return self.task.student


def in_parallel(tasks: Sequence[Task], address: str) -> Iterator[Outcome]:
    """The outcomes of tasks, all of one problem set, in the order they come; reports are saved.

    address: the scheduler's. Raises ClusterFailed; JailUnavailable if a worker offers no isolation and the environment
    of this process does not say that none is needed.
    """
    if not tasks:
        return
    problem_set = tasks[0].problem_set
    versions = dict(cluster_worker.versions_here(problem_set))
    with _connected(address) as client:
        _examine(client, problem_set, versions)
        for job, found in _graded(client, [_job(task, versions) for task in tasks]):
            yield _outcome(job, found)


def _job(task: Task, versions: Mapping[str, str]) -> Job:
    loaded, secret = load(task.problem_set), course_secret(task.root)
    seeds = engine.seeds_for(secret, task.student, task.submission, loaded)
    payload = cluster_worker.payload(task.submission, task.problem_set, seeds, versions, grading.unsafe_allowed())
    return Job(task, results.key(task.submission, loaded, task.student, secret), payload)


def _outcome(job: Job, found: Report | str) -> Outcome:
    student, notebook = job.task.student, job.task.notebook
    if isinstance(found, str):
        return results.failed(student, notebook, found)
    report = replace(found, student=student, key=job.key)
    try:
        results.save(job.task.root, report)
    except OSError as error:
        return results.failed(student, notebook, error)
    return Outcome(student, notebook, report=report)


@contextlib.contextmanager
def _connected(address: str) -> Iterator[Client]:
    try:
        from distributed import Security
        from distributed.client import CancelledError

        from autograder.classroom.cluster_client import TidyClient
    except ImportError:
        raise ClusterFailed(f"Grading on a cluster needs Dask, which is not installed here: {INSTALL}") from None
    if "://" not in address:
        raise ClusterFailed(f"A scheduler's address like tcp://HOST:8786 was expected; found {address!r}.")
    if address.startswith("tls:"):
        _check_certificates(address, Security())
    with contextlib.ExitStack() as stack:
        stack.enter_context(_quiet())
        try:
            client = stack.enter_context(TidyClient(address, timeout=CONNECT_SECONDS, set_as_default=False))
        except (OSError, ValueError, TypeError, RuntimeError) as error:
            raise ClusterFailed(
                f"A Dask scheduler was expected at {address}, and none could be reached: {one_line(str(error))}. Start "
                "one with `dask scheduler` and give the address that it prints; docs/cluster.md says more."
            ) from None
        try:
            yield client
        except (OSError, CancelledError):
            raise ClusterFailed(
                f"The connection to the scheduler {address} was lost. What was graded so far is kept: when there is a "
                "scheduler again, start again."
            ) from None


def _check_certificates(address: str, security: Security) -> None:
    """Raises ClusterFailed with the files that Dask's configuration names, if they are not certificates."""
    named = {
        what: file for what, file in security.get_tls_config_for_role("client").items() if file and what != "ciphers"
    }
    try:
        if security.get_connection_args("client").get("ssl_context") is not None:
            return
        why = "it names none"
    except (OSError, ValueError) as error:
        why = f"{', '.join(f'{what} {file}' for what, file in named.items())} cannot be used ({error})"
    raise ClusterFailed(
        f"Certificates were expected for {address} in Dask's configuration on this machine; {why}. Put "
        "distributed.comm.tls.ca-file, client.cert and client.key there, with whole paths; docs/cluster.md says more."
    )


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without Dask's log of a lost connection, which is pages of tracebacks."""
    levels = {logging.getLogger(name): logging.getLogger(name).level for name in ("distributed", "distributed.client")}
    for logger in levels:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in levels.items():
            logger.setLevel(level)


def _examine(client: Client, problem_set: str, versions: Mapping[str, str]) -> None:
    """Refuse, before anything is graded, if a worker is not fit; those that come later refuse by themselves."""
    wanted = (problem_set, versions, grading.unsafe_allowed())
    for worker, error in client.run(cluster_worker.examine, *wanted, on_error="return").items():
        if isinstance(error, OSError | None):  # OSError: it has gone since
            continue
        if not isinstance(error, ClusterFailed | JailUnavailable):
            error = f"{one_line(str(error))}. Install the same commit of this repository there: {INSTALL}"
        raise cluster_worker.refused(worker, error)


def _graded(client: Client, jobs: list[Job]) -> Iterator[tuple[Job, Report | str]]:
    """Each job with what became of it. Those that workers died on are tried again alone: it may be a neighbour's."""
    from distributed import KilledWorker

    suspects = []
    for job, found in _answers(client, jobs):
        if isinstance(found, KilledWorker):
            suspects.append(job)
        else:
            yield job, found
    for suspect in suspects:
        for job, found in _answers(client, [suspect]):
            if isinstance(found, KilledWorker):
                found = "workers of the cluster died on it, one after the other"
            yield job, found


def _answers(client: Client, jobs: list[Job]) -> Iterator[tuple[Job, Report | str | KilledWorker]]:
    """The first answer for each job, in the order they come: a report, a problem or a KilledWorker."""
    arrived: queue.SimpleQueue[Future] = queue.SimpleQueue()
    job_of: dict[Key, Job] = {}
    copies: dict[str, list[Future]] = {job.student: [] for job in jobs}  # of those without an answer
    hung: list[Future] = []

    def send(job: Job, **where) -> None:
        key = f"unroll-{uuid.uuid4().hex}"  # the dashboard shows it, so it says nothing
        job_of[key] = job
        future = client.submit(pickle.loads, job.payload, key=key, pure=False, **where)
        copies[job.student].append(future)
        future.add_done_callback(arrived.put)

    for job in jobs:
        send(job)
    looked = time.monotonic()
    since: dict[tuple[Key, str], float] | None = None
    while copies:
        with contextlib.suppress(queue.Empty):
            future = arrived.get(timeout=LOOK_SECONDS)
            job = job_of[future.key]
            if job.student in copies:  # else this is the second answer
                found = _answer(future)
                first, *again = copies.pop(job.student)
                if future.key == first.key:
                    client.cancel(again)
                else:
                    hung.append(first)  # while it is held, the scheduler takes the worker for busy, as it is
                yield job, found
        if time.monotonic() - looked < LOOK_SECONDS:
            continue
        looked = time.monotonic()
        working = client.processing()
        if not working and since != {}:
            tqdm.write("No worker is connected to the scheduler; waiting for one. Ctrl-C ends it.", file=sys.stderr)
        ours = [(key, worker) for worker, keys in working.items() for key in keys if key in job_of]
        since = {pair: (since or {}).get(pair, looked) for pair in ours}
        patience = PATIENCE if len(copies) > len(ours) else PATIENCE / 3
        for key, worker in ours:
            job, others = job_of[key], [other for other in working if other != worker]
            if others and looked - since[key, worker] > patience and len(copies.get(job.student, ())) == 1:
                send(job, workers=others, allow_other_workers=True)


def _answer(future: Future) -> Report | str | KilledWorker:
    """What a task that is done has to say. Raises what is no matter of this submission alone."""
    from distributed import KilledWorker

    if future.status != "error":
        found = future.result()  # raises CancelledError if the connection was lost
        if isinstance(found, Exception):
            raise found
        return found
    error = future.exception()
    if isinstance(error, KilledWorker):
        return error
    raise ClusterFailed(
        f"A worker could not run what it was sent: {one_line(f'{type(error).__name__}: {error}')}. Each needs the same "
        f"commit of this repository: {INSTALL}"
    )
