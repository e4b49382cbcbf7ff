"""A Retraction Watch CSV is read as it is found: streamed, dirty rows counted and named."""

from __future__ import annotations

import datetime
import sys
import tracemalloc
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import UsageError
from index.records import Reference, Retraction
from index.retraction_table import RetractionTable, write_table
from index.retraction_watch import Event, Reading, iso_date, read
from index.standing import Notice, Paper, heeded, stands

sys.path.insert(0, str(Path(__file__).parent))

from retraction_rows import row, table, write

REASONS = ("Duplication of Image", "Unreliable Results")


def events(path: Path) -> tuple[list[Event], Reading]:
    reading = Reading()
    return list(read(path, reading)), reading


@given(
    st.dates(datetime.date(1700, 1, 1), datetime.date(2100, 12, 31)), st.sampled_from(["", " 0:00", " 13:45"])
)
def test_every_date_is_month_day_year(day: datetime.date, time: str) -> None:
    assert iso_date(f"{day.month}/{day.day}/{day.year}{time}") == day.isoformat()
    assert iso_date(f"{day.month:02}/{day.day:02}/{day.year}{time}") == day.isoformat()
    assert iso_date(f"{day.isoformat()}{time}") == day.isoformat()


@pytest.mark.parametrize(
    "printed", ["", "31/12/2020 0:00", "2/30/2020", "1/2/24", "0/0/0", "soon", "1/2/20245"]
)
def test_what_is_no_date_is_none(printed: str) -> None:
    assert iso_date(printed) == ""


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "cp1252", "utf-16"])
def test_the_rows_of_a_file_in_any_usual_encoding(tmp_path: Path, encoding: str) -> None:
    path = write(
        tmp_path / "rw.csv",
        row(1, doi="10.1234/A.b", pmid="0", RetractionDOI="10.1234/n", RetractionPubMedID="77"),
        row(2, "Expression of concern", "12/31/2020 0:00", doi="Unavailable", pmid="123"),
        row(3, "Correction", "7/4/2019 0:00", doi="https://doi.org/10.1/x", pmid="0124.0", Reason=""),
        row(4, "Reinstatement", "1/1/2021 0:00", doi="10.1/x", Reason="+Über Käse;"),
        row(5),
        encoding=encoding,
    )
    found, reading = events(path)
    assert found == [
        Event("retracted", "2024-01-02", "10.1234/a.b", "", "10.1234/n", "77", REASONS),
        Event("concern", "2020-12-31", "", "123", "", "", REASONS),
        Event("correction", "2019-07-04", "10.1/x", "124"),
        Event("reinstated", "2021-01-01", "10.1/x", "", "", "", ("Über Käse",)),
    ]
    assert (reading.rows, reading.nameless, reading.bad, reading.newest) == (5, 1, 0, "2024-01-02")
    assert reading.kinds == {"retracted": 2, "concern": 1, "correction": 1, "reinstated": 1}


def test_a_dirty_row_is_named_and_costs_no_other(tmp_path: Path) -> None:
    good = [row(n, pmid=str(n)) for n in range(1, 7)]
    lines = [table(one).split("\n")[1].rstrip("\r") for one in good]
    text = "\r\n".join([
        ",".join(table().strip().split(",")),
        lines[0],
        lines[1][:40],  # cut short
        lines[2].replace("Retraction,", "Retratcion,"),
        lines[3].replace("1/2/2024", "13/45/2024"),
        '9,"a quotation mark left open,' + "," * 18,
        lines[4],
        "",
        lines[5],
    ])  # fmt: skip
    (tmp_path / "rw.csv").write_text(text, "utf-8", newline="")
    found, reading = events(tmp_path / "rw.csv")
    assert [(event.pmid, event.date) for event in found] == [
        ("1", "2024-01-02"),
        ("4", ""),
        ("5", "2024-01-02"),
        ("6", "2024-01-02"),
    ]
    assert (reading.rows, reading.bad) == (7, 4)
    assert [problem.split(":")[0] for problem in reading.problems] == ["line 3", "line 4", "line 5", "line 6"]
    assert reading.problems[1] == (
        "line 4: record 3: the nature 'Retratcion' is none of the four; the row is left out"
    )
    assert "'13/45/2024 0:00' is no month/day/year; kept without a date" in reading.problems[2]


def test_line_ends_inside_quotation_marks_are_part_of_a_field(tmp_path: Path) -> None:
    path = write(tmp_path / "rw.csv", row(1, pmid="1", Notes="first\r\nsecond\n\nthird"), row(2, pmid="2"))
    found, reading = events(path)
    assert [event.pmid for event in found] == ["1", "2"]
    assert reading.bad == 0


_ANYTHING = st.lists(st.text(st.characters(codec="utf-8"), max_size=40), max_size=25)


@settings(max_examples=150, deadline=None)
@given(before=_ANYTHING, dirt=st.text(max_size=200))
def test_whatever_stands_between_two_rows_both_are_read(
    tmp_path_factory: pytest.TempPathFactory, before: list[str], dirt: str
) -> None:
    path = tmp_path_factory.mktemp("dirt") / "rw.csv"
    first, second = (table(row(n, pmid=str(n), Title="Plain")).split("\r\n")[1] for n in (1, 2))
    lines = [table().strip(), first, ",".join(before), dirt, second, ""]
    path.write_bytes("\r\n".join(lines).encode("utf-8", "surrogatepass"))
    found, reading = events(path)
    assert {"1", "2"} <= {event.pmid for event in found}
    assert reading.rows == reading.kinds.total() + sum("left out" in one for one in reading.problems)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_a_table_or_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("bytes") / "rw.csv"
    path.write_bytes(data)
    with pytest.raises(UsageError, match="is not a Retraction Watch CSV"):
        events(path)
    path.write_bytes(table(row(1, pmid="1")).encode() + data)
    found, _ = events(path)
    assert found[0].pmid == "1"


@pytest.mark.parametrize(
    "content", [b"", b"PMID,Title\n1,x\n", b"\0\1\2binary", b"just some words\n", b"%PDF-1.4\n\xe2\xe3"]
)
def test_another_file_is_refused_in_one_sentence_with_the_remedy(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.csv"
    path.write_bytes(content)
    with pytest.raises(
        UsageError, match=r"is not a Retraction Watch CSV \(.*\); download retraction_watch.csv"
    ):
        events(path)


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    path, long = tmp_path / "rw.csv", "+Some Long Reason;" * 30
    with path.open("w", newline="") as stream:
        stream.write(table())
        for n in range(1, 12_001):
            stream.write(table(row(n, pmid=str(n), Reason=long)).split("\r\n", 1)[1])
    tracemalloc.start()
    reading = Reading()
    count = sum(1 for _ in read(path, reading))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 12_000
    assert path.stat().st_size > 8_000_000
    assert peak < 1_500_000


def test_a_file_of_one_endless_line_is_no_row(tmp_path: Path) -> None:
    path = tmp_path / "rw.csv"
    path.write_text(table(row(1, pmid="1")) + "x" * 2_000_000)
    found, reading = events(path)
    assert [event.pmid for event in found] == ["1"]
    assert reading.bad == 16


_EVENTS = st.lists(
    st.builds(
        Event,
        st.sampled_from(["retracted", "concern", "correction", "reinstated"]),
        st.sampled_from(["", "2019-01-02"]),
        st.sampled_from(["", "10.1/a", "10.1/b"]),
        st.sampled_from(["", "1", "2"]),
        st.sampled_from(["", "10.1/n"]),
        st.sampled_from(["", "9"]),
        st.sampled_from([(), ("One",), ("Two", "One")]),
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(_EVENTS, st.sets(st.sampled_from(["10.1/a", "10.1/b"])), st.sets(st.sampled_from(["1", "2"])))
def test_the_table_gives_back_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, written: list[Event], dois: set[str], pmids: set[str]
) -> None:
    path = tmp_path_factory.mktemp("table") / "t.sqlite"
    assert write_table(path, written) == len(written)
    held = RetractionTable(path)
    assert held.of(sorted(dois), sorted(pmids)) == [
        event for event in written if event.doi in dois or event.pmid in pmids
    ]
    names = {f"doi:{e.doi}" for e in written if e.doi} | {f"pmid:{e.pmid}" for e in written if e.pmid}
    assert set(held.names()) == names
    assert held.among(["doi:10.1/a", "pmid:2", "pmid:x"]) == names & {"doi:10.1/a", "pmid:2"}
    held.close()


# -- the verdict -----------------------------------------------------------------------------------


def verdict(*told: tuple[str, str], own: str = "", date: str = "") -> tuple[str, str] | None:
    mine = [Retraction(own, date, "", "PubMed")] if own else []
    found = stands(mine, [Event(kind, day, pmid="1") for kind, day in told], [], "RW")
    return None if found is None else (found.kind, found.date)


def test_the_gravest_counts_and_a_reinstatement_lifts_what_was_said_before() -> None:
    retracted, concern = ("retracted", "2019-01-01"), ("concern", "2018-01-01")
    correction, lifted = ("correction", "2017-01-01"), ("reinstated", "2020-01-01")
    assert verdict() is None
    assert verdict(concern, retracted, correction) == retracted
    assert verdict(correction, concern) == concern
    assert verdict(retracted, lifted) is None
    assert verdict(lifted, retracted) is None
    assert verdict(retracted, concern, correction, lifted) == correction
    assert verdict(retracted, lifted, ("retracted", "2021-05-05")) == ("retracted", "2021-05-05")
    assert verdict(lifted, ("concern", "2021-05-05")) == ("concern", "2021-05-05")
    assert verdict(("retracted", "2020-01-01"), lifted) == ("retracted", "2020-01-01")  # not before its day
    assert verdict(("retracted", ""), lifted) == ("retracted", "")  # nobody knows that it was before
    assert verdict(retracted, ("reinstated", "")) == retracted


_TOLD = st.tuples(
    st.sampled_from(["retracted", "concern", "correction", "reinstated"]),
    st.sampled_from(["", "2018-01-01", "2019-01-01", "2020-01-01"]),
)


@given(st.lists(_TOLD, max_size=7), st.randoms(use_true_random=False))
def test_the_verdict_is_that_of_a_plain_rule_in_any_order(
    told: list[tuple[str, str]], chance: Random
) -> None:
    """The oracle: strike what a later reinstatement lifts, then take the gravest kind and its first date."""
    lifts = [day for kind, day in told if kind == "reinstated"]
    left = [
        (kind, day)
        for kind, day in told
        if kind == "correction" or (kind != "reinstated" and not any("" < day < lift for lift in lifts))
    ]
    expected = None
    for kind in ("correction", "concern", "retracted"):
        if days := [day for one, day in left if one == kind]:
            expected = kind, min(filter(None, days), default="")
    shuffled = list(told)
    chance.shuffle(shuffled)
    assert verdict(*told) == verdict(*shuffled) == expected


def test_a_reinstatement_never_lifts_what_a_source_prints() -> None:
    lifted = ("reinstated", "2020-01-01")
    assert verdict(("retracted", "2019-01-01"), lifted, own="retracted", date="2021") == ("retracted", "2021")
    assert verdict(lifted, own="concern", date="2019") == ("concern", "2019")
    found = stands([Retraction("retracted", "2021", "PMID 5", "PubMed")], [Event(*lifted)], [], "RW")
    assert found == Retraction("retracted", "2021", "PMID 5; reinstated 2020-01-01 says RW", "PubMed")


def test_the_verdict_says_where_it_comes_from() -> None:
    event = Event("retracted", "2019-03-04", "10.1/a", "1", "10.1/n", "9", ("Fake Peer Review",))
    assert stands([], [event], [], "RW") == Retraction(
        "retracted", "2019-03-04", "PMID 9, doi:10.1/n (Fake Peer Review)", "RW"
    )
    own = Retraction("retracted", "2019", "PMID 9, J Test. 2019", "PubMed record")
    assert stands([own], [event], [], "RW") == Retraction(
        "retracted", "2019-03-04", "PMID 9, J Test. 2019", "PubMed record; RW"
    )
    notice = Notice("retracted", "pmid:9", Reference(title="Retraction: A", pmid="9", year=2020))
    assert stands([], [], [notice], "") == Retraction(
        "retracted", "2020", "PMID 9, Retraction: A", "a notice in this library, pmid:9"
    )


@pytest.mark.parametrize(
    ("names", "event", "is_notice", "about"),
    [
        (("pmid:1",), Event("retracted", doi="10.1/a", pmid="1"), False, True),
        (("doi:10.1/a",), Event("retracted", doi="10.1/a", pmid="1"), False, True),
        (("doi:10.1/a", "pmid:2"), Event("retracted", doi="10.1/a", pmid="1"), False, False),
        (("doi:10.1/a", "pmid:1"), Event("retracted", doi="10.1/b", pmid="1"), False, True),
        (("doi:10.1/a", "pmid:9"), Event("retracted", doi="10.1/a", notice_pmid="9"), False, False),
        (("doi:10.1/a",), Event("retracted", doi="10.1/a", notice_doi="10.1/a"), True, False),
        (("doi:10.1/a",), Event("retracted", doi="10.1/a", notice_doi="10.1/a"), False, True),
        (("pmcid:PMC1",), Event("retracted", doi="10.1/a", pmid="1"), False, False),
    ],
)
def test_which_rows_are_about_a_paper(
    names: tuple[str, ...], event: Event, is_notice: bool, about: bool
) -> None:
    assert bool(heeded(Paper(names, is_notice), [event])) is about
