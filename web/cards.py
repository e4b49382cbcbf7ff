"""HTML of answers: quotes as cards, what a question went through, and what to do where nothing is found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qa.calibration import confidence_word
from qa.records import Answer, Lead, Quote, also_in, plural
from qa.terminal import also_searched, searched_for
from web import copies, exports
from web.render import (
    Layer,
    Markup,
    act,
    button,
    cited,
    marked,
    pressed,
    retraction,
    spot,
    text,
    wanted,
)

CONFIDENCE_MEANS = "The probability, from 0 to 1, that this quote answers the question."
UNCALIBRATED_MEANS = (
    "Uncalibrated: these numbers have not been measured for this library's encoder, reader and search; "
    "take the order, not the value, or fit them to your questions with: litquote calibrate"
)
#: What is said of each stage of a question while it runs, and behind the answer.
_STAGES = {
    "retrieve": ("{} found", "passage"),
    "read": ("{} read", "sentence"),
    "extract": ("{} chosen", "quote"),
}


def turn(number: int, asked: str, body: str) -> str:
    """One turn of the chat; ``number`` counts from 1."""
    return (
        f'<section class="lq-turn" id="lq-turn-{number}" aria-label="Question {number}">'
        f'<h2 class="lq-question">{text(asked)}</h2>{body}</section>'
    )


def pending(stages: Sequence[tuple[str, int, float]] = ()) -> str:
    """Shown until the answer is there: the ``stages`` done (name, how many, milliseconds), and a way out."""
    done = _laps(stages)
    now = "Reading" if done else "Searching"
    return (
        f'<div class="lq-pending"><p>{text(", ".join([*done, ""]))}{now}…</p>'
        f"{button('Stop', 'stop', {})}</div>"
    )


def stopped() -> str:
    """In the place of an answer that the user did not wait for."""
    return '<p class="lq-missing" data-announce="Stopped.">Stopped.</p>'


def _laps(stages: Sequence[tuple[str, int, float]]) -> list[str]:
    return [
        f"{_STAGES[name][0].format(plural(count, _STAGES[name][1]))} in {milliseconds / 1000:.2f} s"
        for name, count, milliseconds in stages
        if name in _STAGES
    ]


def confidence(value: float) -> str:
    """Word and number: ``0.83`` -> ``"likely 0.83"``."""
    word = confidence_word(value)
    if value >= 0.995:
        return f"{word} over 0.99"
    return f"{word} {value:.2f}" if value >= 0.005 else f"{word} under 0.01"


def place(quote: Quote, library: str = "") -> dict[str, Any]:
    """Where a quote stands, as the value of a click; ``library`` is the key of the one it comes from."""
    return spot(library, quote.document_id, quote.text_sha256, (quote.start, quote.end), quote.focus)


def show(quote: Quote, library: str = "", event: str = "click") -> str:
    """A button that shows a quote where it stands."""
    return button("Show", event, place(quote, library), name=f"Show in {quote.citation.label}")


def card(quote: Quote, number: int | None, *, calibrated: bool, library: str = "", judging: str = "") -> str:
    """A quote with its paper and its place; without a number it is no answer and has no confidence.

    ``judging`` are the buttons by which the user says whether it answers.
    """
    shift = quote.start
    focus = Layer(quote.focus[0] - shift, quote.focus[1] - shift, "<mark>", "</mark>")
    if number is None:
        words, chip, sure = text(quote.text), "show", ""
        label = f"Show this sentence in {quote.citation.label}"
    else:
        words = marked(quote.text, 0, len(quote.text), Markup([focus]))
        chip, label = f"[{number}]", f"Show quote {number} in {quote.citation.label}"
        note = "" if calibrated else " <small>uncalibrated</small>"
        means = CONFIDENCE_MEANS if calibrated else f"{CONFIDENCE_MEANS} {UNCALIBRATED_MEANS}"
        value = text(confidence(quote.confidence))
        sure = f'<span class="lq-confidence" title="{text(means)}">{value}{note}</span>'
    csl = quote.citation.csl
    journal = str(csl.get("container-title", ""))
    paper = f"<strong>{text(quote.citation.label)}</strong> {text(str(csl.get('title', '')))}"
    paper += f" <cite>{text(journal)}</cite>" if journal else ""
    also = f'<p class="lq-also">{text(also_in(quote))}</p>' if quote.also else ""
    if quote.listed_in:
        also += f'<p class="lq-listed">{text("; ".join(map(str, quote.listed_in)))}</p>'
    where = act("click", place(quote, library))
    return (
        f'<article class="lq-card" {where}>{retraction(quote.retraction)}'
        f'{cited(quote.cites)}{_evidence(quote)}<div class="lq-said">'
        f'<button type="button" class="lq-chip" aria-label="{text(label)}" {where} '
        f'title="Show in the paper">{chip}</button><blockquote>{words}</blockquote></div>'
        f'<p class="lq-paper">{paper}</p>'
        f'<p class="lq-where"><span>{text(quote.place)}</span>{sure}</p>{also}{judging}</article>'
    )


def _evidence(quote: Quote) -> str:
    """The evidence's date and kind, and whether only the abstract is held: before what it says."""
    dates = quote.citation.csl.get("issued", {}).get("date-parts", [[]])
    told = [str(dates[0][0])] if dates and dates[0] else []
    told += [one[:1].upper() + one[1:] for one in quote.designs]
    told += ["abstract only"] if quote.abstract_only else []
    items = "".join(f"<li>{text(one)}</li>" for one in told)
    return f'<ul class="lq-evidence" aria-label="Evidence">{items}</ul>' if told else ""


def completed(given: Answer) -> str:
    """What was searched for, where that is not what was asked, or not all."""
    also = also_searched(given.trace.get("expansions", ()))
    words = [line for line in (searched_for(given), also[:1].upper() + also[1:]) if line]
    return f'<p class="lq-completed">{"<br>".join(map(text, words))}</p>' if words else ""


def filtered(counts: Mapping[str, Any]) -> str:
    """What the filters left to be searched, or nothing where there were none."""
    if not counts:
        return ""
    left, whole = counts["left"], counts["all"]
    return (
        f'<p class="lq-completed">Searched {plural(left["documents"], "paper")} of {whole["documents"]:,} '
        "that the filters leave.</p>"
    )


def _judging(quote: Quote, turn: int, place: int, verdict: bool | None) -> str:
    """What the user says of a quote; pressed where it was said."""
    buttons = "".join(
        button(
            words, "like", {"turn": turn, "quote": place, "answers": answers},
            name=f"Quote {place} {words}", more=pressed(verdict is answers),
        )
        for answers, words in ((True, "answers"), (False, "does not answer"))
    )  # fmt: skip
    return f'<div class="lq-judging">{buttons}</div>'


def answer(
    given: Answer,
    *,
    library: str = "",
    number: int = 1,
    missing: int = 0,
    verdicts: Mapping[tuple[str, int, int], bool] | None = None,
) -> str:
    """Quotes as numbered cards, or a plain "not found" with the nearest sentences folded away.

    ``number`` is the turn's, from 1; ``missing`` how many papers the library's papers cite and it lacks;
    ``verdicts`` what the user said of quotes (:meth:`qa.feedback.Feedback.of`).
    """
    said = verdicts or {}
    calibrated = bool(given.trace.get("calibrated", True))
    filters = given.trace.get("filters") or {}
    head = completed(given) + filtered(filters)
    tools = _tools(given, number)
    if given.status == "not_found":
        body = f'{head}<p class="lq-missing" data-announce="{text(given.summary)}">{text(given.summary)}</p>'
        body += _remedies(given.leads, filters, number, missing, library)
        if given.nearest:
            cards = "".join(card(one, None, calibrated=calibrated, library=library) for one in given.nearest)
            body += (
                f'<details class="lq-nearest" data-key="nearest-{number}">'
                f"<summary>The nearest sentences, which are not answers</summary>{cards}</details>"
            )
        return body + tools
    cards = "".join(
        card(quote, n, calibrated=calibrated, library=library, judging=_judging(
            quote, number, n, said.get((quote.text_sha256, quote.start, quote.end))
        ))
        for n, quote in enumerate(given.quotes, 1)
    )  # fmt: skip
    means = CONFIDENCE_MEANS if calibrated else f"{CONFIDENCE_MEANS} {UNCALIBRATED_MEANS}"
    first = f"{given.summary}. The first, from {given.quotes[0].citation.label}: {given.quotes[0].text}"
    return (
        f'{head}<p class="lq-count" data-announce="{text(first)}">{text(given.summary)}</p>{cards}'
        f'<details class="lq-means" data-key="means-{number}"><summary>What the numbers mean</summary>'
        f"<p>{text(means)}</p></details>{tools}"
    )


def _tools(given: Answer, number: int) -> str:
    """Copying and asking again, and how long the answer took."""
    laps = given.trace.get("milliseconds", {})
    counts = {
        "retrieve": given.trace.get("passages", 0),
        "read": given.trace.get("sentences", 0),
        "extract": len(given.quotes),
    }
    times = _laps([(name, count, laps[name]) for name, count in counts.items() if name in laps])
    buttons = "".join(
        f'<button type="button" class="lq-plain" data-copy="{text(copied)}">{name}</button>'
        for name, copied in (
            ("Copy as text", copies.as_text(given)),
            ("Copy as Markdown", copies.as_markdown(given)),
        )
    )
    again = button("Ask again", "retry", {"turn": number})
    again += button("Save the question", "apply", {"turn": number})
    times_line = f'<span class="lq-times">{text("; ".join(times))}</span>' if times else ""
    taken = exports.form(number, [given])
    return f'<div class="lq-tools">{buttons}{again}{times_line}{taken}</div>'


def _remedies(
    leads: Sequence[Lead], filters: Mapping[str, Any], number: int, missing: int, library: str
) -> str:
    """What may help to find an answer."""
    items = [
        f"{text(str(lead))} {button('Fetch it', 'download', wanted(library, lead.document_id, lead.number))}"
        for lead in leads
    ]
    if filters and filters["left"]["documents"] < filters["all"]["documents"]:
        out = filters["all"]["documents"] - filters["left"]["documents"]
        items.append(
            f"The filters leave out {plural(out, 'paper')}. "
            f"{button('Ask without them', 'retry', {'turn': number, 'unfiltered': True})}"
        )
    if missing:
        lacks = "is not" if missing == 1 else "are not"
        items.append(
            f"{plural(missing, 'paper')} that yours cite {lacks} in the library; see under <em>Library</em> "
            "what fetching would ask of whom."
        )
    items.append("Ask in other words, or add papers under <em>Library</em>.")
    return f'<ul class="lq-remedies">{"".join(f"<li>{item}</li>" for item in items)}</ul>'
