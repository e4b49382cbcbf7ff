"""Rebuild a library on a Ray cluster: its workers make shards, the ordinary rebuild then uses them.

Nothing but names travels: sources, shards and the library lie in a file system that all machines share.
A worker may die at any time; its shard is given to another. Finished shards are found again by the next
run, so an interrupted one loses what its workers had at hand.
"""

from __future__ import annotations

import os
import shutil
import socket
import time
import uuid
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from index.encoders import Encoder, load_encoder
from index.errors import ClusterError, LitquoteError, UsageError
from index.files import write_atomically
from index.library import Library
from index.manifest import Settings
from index.paths import find
from index.prepared import Prepared
from index.privacy import LOOPBACK, go_offline
from index.ray_worker import TOKEN, check, work
from index.reports import OnProgress, Progress, Report
from index.shard_build import Built, Job
from index.shard_child import LOG, suspects
from index.shard_plan import SHARDS, jobs_of, works_of
from index.shards import MANIFEST, recipe_of

__all__ = ["rebuild"]

#: How often a shard is tried before the build gives up; a try that finds a new suspect does not count.
ATTEMPTS = 4
#: Without a sign of life from any worker for so many seconds the build gives up.
QUIET = 1800.0


def rebuild(
    library: Library,
    paths: Iterable[str | os.PathLike[str]] = (),
    *,
    address: str | None = None,
    wait: float = 120.0,
    encoder: Encoder | None = None,
    settings: Settings | None = None,
    reader: str | None = None,
    on_progress: OnProgress | None = None,
) -> Report:
    """:meth:`Library.rebuild`, where reading and encoding are done by a Ray cluster.

    ``address`` is ``"HOST:PORT"``; without, it is that of ``RAY_ADDRESS``, else a cluster is started on
    this machine alone, for the time being. ``wait`` is how many seconds the cluster may take to give a
    free core. Raises UsageError without Ray, ClusterError when the cluster cannot do it: then the library
    is as it was, and finished shards are used by the next run.
    """
    began = time.perf_counter()
    given = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    if encoder is None:
        encoder = load_encoder(library.manifest.encoder.name)
    recipe = recipe_of(encoder, settings or library.manifest.settings)
    works = works_of(library, find(given)[0])
    jobs = jobs_of(works, recipe, library.path)
    folder = library.path.absolute() / SHARDS
    change: dict[str, Any] = {"encoder": encoder, "settings": settings, "reader": reader}
    if not jobs:
        return library.rebuild(given, **change, on_progress=on_progress)
    folder.mkdir(exist_ok=True)
    token = uuid.uuid4().hex
    write_atomically(folder / TOKEN, token.encode())
    ray, started = _connect(address)
    try:
        _Build(ray, jobs, token, wait, on_progress).run()
    finally:
        if started:
            ray.shutdown()
    with Prepared(Path(job.folder) for job in jobs) as prepared:
        report = library.rebuild(given, **change, prepared=prepared, on_progress=on_progress)
    shutil.rmtree(folder, ignore_errors=True)
    report.seconds = time.perf_counter() - began
    return report


def _connect(address: str | None) -> tuple[Any, bool]:
    """Ray, connected, and whether it was not before. Raises UsageError, ClusterError."""
    go_offline()
    address = address or os.environ.get("RAY_ADDRESS") or None
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # its new behaviour, without the warning
    os.environ.setdefault("RAY_gcs_server_port_wait_time_s", "1")  # one try of 40 s to connect, not 20
    with _environment(LOOPBACK if address is None else {}):  # Ray reads some of it when it is imported
        try:
            import ray
        except ImportError as error:
            raise UsageError(
                "rebuilding on a cluster needs Ray, which is not installed; "
                'install it on every machine: pip install "litquote[cluster]"'
            ) from error
        if ray.is_initialized():
            return ray, False
        quiet = {"log_to_driver": False, "logging_level": "ERROR"}
        if address is None:
            ray.init(address="local", include_dashboard=False, **quiet)
            return ray, True
    _check_reachable(address)
    try:
        ray.init(address=address, **quiet)
    except (ConnectionError, RuntimeError, ValueError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ClusterError(
            f"the Ray cluster at {address} cannot be used from here ({reason}); this machine must be one of "
            f"its nodes, and the address the one that ray start printed: ray start --address={address}"
        ) from error
    return ray, True


@contextmanager
def _environment(changes: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(changes)
    try:
        yield
    finally:
        for name in changes:
            if name in before:
                os.environ[name] = before[name]
            else:
                del os.environ[name]


def _check_reachable(address: str) -> None:
    """Raises UsageError for what is no address, ClusterError where nothing listens: Ray tries for minutes."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or "/" in host:
        raise UsageError(
            f"--ray {address!r} is no address of a Ray cluster; write HOST:PORT, as ray start printed it"
        )
    try:
        socket.create_connection((host, int(port)), timeout=10).close()
    except OSError as error:
        raise ClusterError(
            f"no Ray cluster answers at {address} ({error.strerror or error}); "
            "start it there: ray start --head --include-dashboard=false"
        ) from error


@dataclass(slots=True)
class _Build:
    """The shards on their way."""

    ray: Any
    jobs: Sequence[Job]
    token: str
    wait: float
    on_progress: OnProgress | None
    _tries: dict[str, int] = field(default_factory=dict)
    _suspects: dict[str, int] = field(default_factory=dict)
    _sources: int = 0
    _documents: int = 0
    _vectors: int = 0

    def run(self) -> None:
        """Have every shard built. Raises ClusterError."""
        ray = self.ray
        self._greet()
        task = ray.remote(num_cpus=1, max_retries=0, scheduling_strategy="SPREAD")(work)
        queue = deque(self.jobs)
        pending: dict[Any, Job] = {}
        alive = powered = time.monotonic()
        sign = 0.0
        try:
            while queue or pending:
                while queue and len(pending) < max(8, 2 * int(self._cores())):
                    job = queue.popleft()
                    pending[task.remote(job, self.token, 1)] = job
                done, _ = ray.wait(list(pending), num_returns=1, timeout=2.0)
                now = time.monotonic()
                if done:
                    alive = powered = now
                for one in done:
                    job = pending.pop(one)
                    if not self._finished(one, job):
                        queue.append(job)
                if self._cores() >= 1:
                    powered = now
                if (latest := self._sign_of_life()) != sign:
                    sign, alive = latest, now
                self._check_time(now - powered, now - alive)
        finally:
            for one in pending:
                ray.cancel(one, force=True)

    def _greet(self) -> None:
        """Have one worker say that it can: a cluster without a free core is found out here."""
        ray = self.ray
        greeting = ray.remote(num_cpus=1, max_retries=ATTEMPTS)(check).remote(self.jobs[0], self.token)
        ready, _ = ray.wait([greeting], timeout=self.wait)
        if not ready:
            ray.cancel(greeting, force=True)
            cores = self._cores()
            has = f"all of its {cores:g} cores are busy" if cores >= 1 else "it has no cores at all"
            raise ClusterError(
                f"the Ray cluster gave no free core within {self.wait:g} s ({has}); "
                "add machines to it or wait longer: --ray-wait SECONDS"
            )
        try:
            ray.get(greeting)
        except LitquoteError as error:
            raise _plain(error) from None
        except ray.exceptions.RayError as error:
            raise ClusterError(f"a worker of the Ray cluster cannot start ({_first_line(error)})") from error

    def _cores(self) -> float:
        return float(self.ray.cluster_resources().get("CPU", 0.0))

    def _sign_of_life(self) -> float:
        """When a worker last told what it reads."""
        latest = 0.0
        for log in Path(self.jobs[0].folder).parent.glob(f"*.part-*/{LOG}"):
            with suppress(OSError):
                latest = max(latest, log.stat().st_mtime)
        return latest

    def _check_time(self, unpowered: float, quiet: float) -> None:
        kept = "finished shards are kept: run the same command again when it has some"
        if unpowered > self.wait:
            raise ClusterError(f"the Ray cluster has had no core for {self.wait:g} s; {kept}")
        if quiet > max(self.wait, QUIET):
            raise ClusterError(f"no worker of the Ray cluster has told anything for {quiet:.0f} s; {kept}")

    def _finished(self, one: Any, job: Job) -> bool:
        """Take note of what came of a shard; False where it is to be tried again."""
        ray = self.ray
        try:
            built: Built = ray.get(one)
        except LitquoteError as error:
            raise _plain(error) from None
        except ray.exceptions.RayError as error:
            found = len(suspects(Path(job.folder)))
            if found > self._suspects.get(job.folder, 0):
                self._suspects[job.folder] = found
                self._tries[job.folder] = 0
            self._tries[job.folder] = self._tries.get(job.folder, 0) + 1
            if self._tries[job.folder] < ATTEMPTS:
                return False
            raise ClusterError(
                f"the shard that begins with {job.works[0].uri} failed {ATTEMPTS} times on the cluster, "
                f"lastly so: {_first_line(error)}; finished shards are kept, run the same command again"
            ) from error
        self._check_seen(built)
        self._sources += built.sources
        self._documents += built.documents
        self._vectors += built.vectors
        if self.on_progress is not None:
            total = sum(len(job.works) for job in self.jobs)
            self.on_progress(
                Progress(self._sources, total, self._documents, self._vectors, job.works[-1].uri)
            )
        return True

    @staticmethod
    def _check_seen(built: Built) -> None:
        """Raises ClusterError for a file that can be opened here and could not be there, or the reverse."""
        manifest, patience = Path(built.folder, MANIFEST), 120
        while not manifest.is_file():  # a network file system may show it with a delay
            if not (patience := patience - 1):
                raise ClusterError(
                    f"the worker on {built.node} wrote {manifest}, which this machine does not see; the "
                    "library must lie in a file system that all machines of the cluster share"
                )
            time.sleep(0.5)
        for path in built.unseen:
            with suppress(OSError):
                Path(path).open("rb").close()
                raise ClusterError(
                    f"the worker on {built.node} cannot read {path}, which this machine can; put it "
                    "where all machines of the cluster see it under the same path"
                )


def _plain(error: LitquoteError) -> LitquoteError:
    """The error a worker raised, without Ray's account of where."""
    cause = getattr(error, "cause", None)
    return cause if isinstance(cause, LitquoteError) else ClusterError(_first_line(error))


def _first_line(error: BaseException) -> str:
    cause = getattr(error, "cause", None)
    return (str(cause or error).strip() or type(error).__name__).splitlines()[0][:300]
