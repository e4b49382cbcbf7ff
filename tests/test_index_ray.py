"""A rebuild on a real Ray cluster of several nodes: equal to a local one, whoever dies meanwhile."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from index import ray_build, ray_worker, shard_plan
from index.encoders import HashingEncoder
from index.errors import ClusterError, UsageError
from index.library import Library
from index.manifest import Settings
from index.paths import find
from index.privacy import ENVIRONMENT, LOOPBACK
from index.reports import Progress
from index.shard_plan import jobs_of, works_of
from index.shards import MANIFEST, recipe_of
from qa import cli
from tests.broken_readers import HOOK
from tests.library_rows import assert_same, rows

ROOT = Path(__file__).resolve().parents[1]
QUESTIONS = ["Do stem cells cure mice?", "sleep and heat"]

needs_ray = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None, reason='Ray is not installed: pip install "litquote[cluster]"'
)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A head without cores; tests ask for the nodes they need."""
    site = tmp_path_factory.mktemp("site")
    (site / "sitecustomize.py").write_text(HOOK, "utf-8")
    before = dict(os.environ)
    os.environ["PYTHONPATH"] = os.pathsep.join([str(site), str(ROOT)])
    os.environ.update(LOOPBACK)
    from ray.cluster_utils import Cluster

    head = {"num_cpus": 0, "include_dashboard": False, "_system_config": SOON_DEAD}
    made = Cluster(initialize_head=True, head_node_args={**NODE, **head})
    try:
        yield made
    finally:
        made.shutdown()
        os.environ.clear()
        os.environ.update(before)


#: A node that is gone is noticed within two seconds.
SOON_DEAD = {
    "health_check_period_ms": 500,
    "health_check_failure_threshold": 3,
    "health_check_timeout_ms": 500,
}
NODE = {"node_ip_address": "127.0.0.1", "object_store_memory": 80_000_000}


def with_nodes(cluster: Any, count: int) -> list[Any]:
    """``count`` nodes of one core each."""
    while len(cluster.worker_nodes) > count:
        cluster.remove_node(next(iter(cluster.worker_nodes)))
    while len(cluster.worker_nodes) < count:
        cluster.add_node(num_cpus=1, **NODE)
    return list(cluster.worker_nodes)


@pytest.fixture
def filled(
    tmp_path: Path, encoder: HashingEncoder, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Library]:
    """A library of RIS files with these names, a shard for every two, and a twin that is rebuilt locally."""
    monkeypatch.setattr(shard_plan, "MOST_SOURCES", 2)

    def make(*names: str) -> Library:
        folder = tmp_path / "files"
        folder.mkdir()
        for number, name in enumerate(names):
            # each third is another record of the paper before
            text = (
                f"TY  - JOUR\nTI  - Stem cells cure mice of kind {number - (number % 3 == 2)}\nPY  - 2020\n"
            )
            text += (
                f"AU  - Nógrádi, Antal\nAB  - Sleep and heat in word{number}x. Cells were given.\nER  - \n"
            )
            (folder / name).write_text(text, "utf-8")
        with Library.create(tmp_path / "library", encoder=encoder, reader="none") as library:
            library.add([folder])
        shutil.copytree(tmp_path / "library", tmp_path / "twin")
        return Library.open(tmp_path / "library", encoder=encoder)

    return make


def twin(tmp_path: Path) -> Library:
    other = HashingEncoder(32)
    library = Library.open(tmp_path / "twin")
    library.rebuild(encoder=other)
    return library


def rebuilt(library: Library, cluster: Any, **options: Any) -> Any:
    """Rebuilt on the cluster with another encoder, so that all is encoded."""
    return ray_build.rebuild(
        library, address=cluster.address, encoder=HashingEncoder(32), **{"wait": 30.0, **options}
    )


# -- on the cluster ---------------------------------------------------------------------------------


@needs_ray
def test_a_rebuild_on_a_cluster_equals_a_local_one(
    cluster: Any, filled: Callable[..., Library], tmp_path: Path
) -> None:
    with_nodes(cluster, 2)
    with filled(*(f"{n}.ris" for n in range(12))) as library:
        told: list[Progress] = []
        report = rebuilt(library, cluster, on_progress=told.append)
        assert (report.failed, told[0].total_files) == ([], 12)
        with twin(tmp_path) as local:
            assert_same(local, library, QUESTIONS)
            assert len(local) == 8
        assert not (library.path / "shards").exists()


@needs_ray
def test_a_node_killed_in_mid_build_changes_nothing(
    cluster: Any, filled: Callable[..., Library], tmp_path: Path
) -> None:
    nodes = with_nodes(cluster, 2)
    killed: list[int] = []

    def kill(progress: Progress) -> None:
        if not killed and 0 < progress.files < progress.total_files:
            killed.append(progress.files)
            cluster.remove_node(nodes[0], allow_graceful=False)

    with filled(*(f"slow{n}.ris" for n in range(16))) as library:
        report = rebuilt(library, cluster, on_progress=kill)
        assert killed and killed[0] < 16 and report.failed == []
        assert len(cluster.worker_nodes) == 1
        with twin(tmp_path) as local:
            assert_same(local, library, QUESTIONS)


@needs_ray
def test_an_interrupted_rebuild_resumes_from_its_finished_shards(
    cluster: Any, filled: Callable[..., Library], tmp_path: Path
) -> None:
    with_nodes(cluster, 1)
    stamps: dict[str, int] = {}
    later: dict[str, int] = {}

    def stamped() -> dict[str, int]:
        found = (library.path / "shards").glob(f"*/{MANIFEST}")
        return {path.parent.name: path.stat().st_mtime_ns for path in found if ".part-" not in str(path)}

    def interrupt(progress: Progress) -> None:
        if progress.files >= 4:
            stamps.update(stamped())
            raise KeyboardInterrupt

    with filled(*(f"{n}.ris" for n in range(10))) as library:
        before = rows(library)
        with pytest.raises(KeyboardInterrupt):
            rebuilt(library, cluster, on_progress=interrupt)
        assert rows(library) == before and len(stamps) >= 2
        rebuilt(library, cluster, on_progress=lambda _: later.update(stamped()))
        assert len(later) == 5
        assert {name: later[name] for name in stamps} == stamps
        with twin(tmp_path) as local:
            assert_same(local, library, QUESTIONS)


@needs_ray
def test_a_source_that_kills_its_worker_is_one_failed_source(
    cluster: Any, filled: Callable[..., Library]
) -> None:
    with_nodes(cluster, 1)
    with filled("1.ris", "2.ris", "poison3.ris", "4.ris", "poison5.ris") as library:
        report = rebuilt(library, cluster)
        told = {Path(one.uri).name: one.reason for one in report.failed}
        assert set(told) == {"poison3.ris", "poison5.ris"}
        assert all("ended the process that read it, 3 times" in reason for reason in told.values())
        assert len(library) == 4  # what was held of the two stays
        assert {"1.ris", "4.ris"} <= {Path(one.uri).name for one in library.sources() if not one.failure}


@needs_ray
def test_a_source_that_a_worker_cannot_read_is_named(cluster: Any, filled: Callable[..., Library]) -> None:
    with_nodes(cluster, 1)
    with filled("1.ris") as library:
        new = library.path.parent / "files" / "hidden.ris"
        shutil.copy(new.with_name("1.ris"), new)
        before = library.manifest
        with pytest.raises(ClusterError, match=r"cannot read .*hidden\.ris, which this machine can; put it"):
            ray_build.rebuild(library, [new], address=cluster.address, wait=30)
        assert library.manifest == before


@needs_ray
def test_a_starved_cluster_fails_with_a_sentence_in_time(
    cluster: Any, filled: Callable[..., Library]
) -> None:
    with_nodes(cluster, 0)
    with filled("1.ris") as library:
        before, started = library.manifest, time.monotonic()
        with pytest.raises(ClusterError, match=r"no free core within 2 s \(it has no cores at all\)"):
            rebuilt(library, cluster, wait=2.0)
        assert time.monotonic() - started < 30
        assert library.manifest == before and library.verify() == []


@needs_ray
def test_a_cluster_that_is_busy_fails_with_a_sentence_in_time(
    cluster: Any, filled: Callable[..., Library]
) -> None:
    """Ray is connected already here, and stays so."""
    import ray

    with_nodes(cluster, 1)
    ray.init(address=cluster.address, log_to_driver=False)
    try:
        busy = ray.remote(num_cpus=1)(lambda: time.sleep(600)).remote()
        with filled("1.ris") as library:
            while ray.available_resources().get("CPU", 0):
                time.sleep(0.1)
            with pytest.raises(ClusterError, match=r"within 2 s \(all of its 1 cores are busy\)"):
                rebuilt(library, cluster, wait=2.0)
        ray.cancel(busy, force=True)
        assert ray.is_initialized()
    finally:
        ray.shutdown()


@needs_ray
def test_a_cluster_that_loses_its_last_node_fails_with_a_sentence_in_time(
    cluster: Any, filled: Callable[..., Library], monkeypatch: pytest.MonkeyPatch
) -> None:
    (node,) = with_nodes(cluster, 1)
    greet = ray_build._Build._greet

    def greeted(self: ray_build._Build) -> None:
        greet(self)  # the first worker may take its time to start on a busy machine
        self.wait = 3.0

    monkeypatch.setattr(ray_build._Build, "_greet", greeted)

    def kill(progress: Progress) -> None:
        if node in cluster.worker_nodes:
            cluster.remove_node(node, allow_graceful=False)

    with filled(*(f"slow{n}.ris" for n in range(8))) as library:
        before = library.manifest
        with pytest.raises(ClusterError, match="has had no core for 3 s; finished shards are kept"):
            rebuilt(library, cluster, wait=60.0, on_progress=kill)
        assert library.manifest == before


@needs_ray
def test_the_command_rebuilds_on_the_cluster(
    cluster: Any, filled: Callable[..., Library], capsys: pytest.CaptureFixture[str]
) -> None:
    with_nodes(cluster, 1)
    with filled("1.ris", "2.ris") as library:
        place = str(library.path)
    assert cli.main(["rebuild", "--ray", cluster.address, "--library", place]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("2 added")


@needs_ray
@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed (Linux only)")
def test_a_rebuild_on_a_cluster_of_this_machine_reaches_loopback_only(
    tmp_path: Path, filled: Callable[..., Library]
) -> None:
    """Every process that Ray starts is traced, its switches unset."""
    with filled("1.ris") as library:
        place = str(library.path)
    unset = {"CI", *ENVIRONMENT, *LOOPBACK}
    kept = {name: value for name, value in os.environ.items() if name not in unset}
    kept |= {"HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    trace = tmp_path / "trace"
    command = ["strace", "-f", "-s", "200", "-e", "trace=connect,sendto,sendmsg,sendmmsg,bind"]
    command += ["-o", str(trace), sys.executable, "-m", "qa.cli", "rebuild", "--ray", "--library", place]
    done = subprocess.run(command, cwd=ROOT, env=kept, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    loopback = re.compile(r'AF_UNIX|AF_NETLINK|inet_addr\("127\.|"::1"|"::ffff:127\.|AF_UNSPEC')
    told = trace.read_text(errors="replace").splitlines()
    assert len({call.split()[0] for call in told}) > 50  # its processes and threads are among those traced
    calls = [call for call in told if "sa_family" in call]
    assert any("AF_INET" in call for call in calls)
    assert [call for call in calls if not loopback.search(call)] == []


# -- without one ------------------------------------------------------------------------------------


def test_without_ray_one_sentence_says_what_to_install(
    filled: Callable[..., Library], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with filled("1.ris") as library:
        before = library.manifest
        with pytest.raises(UsageError, match=r'pip install "litquote\[cluster\]"'):
            ray_build.rebuild(library)
        assert Library.open(library.path).manifest == before
    assert cli.main(["rebuild", "--ray", "--library", str(library.path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@needs_ray
def test_an_address_that_is_none_or_where_nobody_answers_is_told(filled: Callable[..., Library]) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    with filled("1.ris") as library:
        with pytest.raises(ClusterError, match=rf"no Ray cluster answers at 127\.0\.0\.1:{free}"):
            ray_build.rebuild(library, address=f"127.0.0.1:{free}")
        for wrong in ("papers/", "host", "ray://host:10001", "host:"):
            with pytest.raises(UsageError, match="is no address of a Ray cluster"):
                ray_build.rebuild(library, address=wrong)


def test_a_worker_that_differs_says_how(filled: Callable[..., Library], encoder: HashingEncoder) -> None:
    with filled("1.ris", "2.ris", "3.ris") as library:
        made = jobs_of(works_of(library, find([])[0]), recipe_of(encoder, Settings()), library.path)
        assert [len(job.works) for job in made] == [2, 1]
        folder = library.path / "shards"
        folder.mkdir()
        with pytest.raises(ClusterError, match=r"does not see .*shards; a library that a cluster rebuilds"):
            ray_worker.check(made[0], "token")
        (folder / ray_worker.TOKEN).write_text("another", "utf-8")
        with pytest.raises(ClusterError, match="does not see"):
            ray_worker.check(made[0], "token")
        (folder / ray_worker.TOKEN).write_text("token", "utf-8")
        assert ray_worker.check(made[0], "token") == socket.gethostname()
        from dataclasses import replace

        recipe = made[0].recipe
        with pytest.raises(ClusterError, match="another version of litquote"):
            ray_worker.check(replace(made[0], recipe=replace(recipe, readers="older")), "token")
        other = replace(recipe, encoder=replace(recipe.encoder, fingerprint="f" * 64))
        with pytest.raises(ClusterError, match="has another encoder than hashing-64"):
            ray_worker.work(replace(made[0], recipe=other), "token", 1)
        missing = replace(recipe, encoder=replace(recipe.encoder, name="/no/such/model"))
        with pytest.raises(ClusterError, match="cannot load the encoder"):
            ray_worker.work(replace(made[0], recipe=missing), "token", 1)
