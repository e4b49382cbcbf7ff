"""What is never quoted, and what looks like it and is: both as papers print them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.quotable import KINDS, is_quotable, not_quotable

REFUSED = {
    "heading": [
        "Results",
        "Results:",
        "Conclusions.",
        "2.1 Study population",
        "MATERIALS AND METHODS",
        "Characteristics of the Study Population",
        "3. Discussion",
        "IV. Limitations",
    ],
    "reference": [
        "Smith AB, Jones C. Stem cells in multiple sclerosis. Lancet 2010;12(3):123-8. doi:10.1016/S0140-6",
        "12. Smith AB, Jones CD, van der Berg E, et al. A trial. N Engl J Med. 2010 Jan 5;362(1):12-24.",
        "[3] J. Smith, A. Lee, Deep learning for proteins, Nature 521 (2015) 436, doi:10.1038/nature14539",
        "Lancet 2010;12(3):123-8.",
        "Smith AB, Jones CD, Lee K, et al.",
    ],
    "names": ["Lynn S. Zijenah, PhD, Jean H. Humphrey, MD, and Brian J. Ward, MD"],
    "affiliation": [
        "Department of Neurology, University of Szeged, Szeged, Hungary",
        "1 Department of Medicine, Division of Cardiology, Brigham Hospital, Boston, MA 02115, USA.",
        "School of Public Health, Li Ka Shing Faculty of Medicine, The University of Hong Kong, Hong Kong",
    ],
    "contact": [
        "Correspondence to: Dr A Smith, Department of Surgery; a.smith@nhs.example",
        "E-mail: lei.wu@university.example",
    ],
    "notice": [
        "© 2020 Elsevier Ltd.",
        "Copyright © 2015 Elsevier Ltd. All rights reserved.",
        "All rights reserved.",
        "This is an open-access article distributed under the Creative Commons Attribution License.",
    ],
    "label": [
        "Figure 2.",
        "Table 1",
        "(Fig. 3A)",
        "Supplementary Table S4.",
        "Received: 12 March 2010; Accepted: 3 May 2010",
        "https://doi.org/10.1371/journal.pone.0007211",
    ],
    "keywords": ["Keywords: multiple sclerosis; stem cells; therapy", "Index terms — aspirin, stroke"],
    "no words": ["3 (12.5) 4 (16.7)", "P = 0.04", "…", " "],
}


@pytest.mark.parametrize(
    ("kind", "text"), [(kind, text) for kind, texts in REFUSED.items() for text in texts]
)
def test_what_says_nothing_is_refused_by_name(kind: str, text: str) -> None:
    assert not_quotable(text) == kind
    assert not is_quotable(text)


@pytest.mark.parametrize(
    "text",
    [
        "The authors declare no conflict of interest.",
        "Conflict of interest: none declared.",
        "Figure 1. Therapeutic potential of stem cells in multiple sclerosis.",
        "Table 2. Baseline characteristics of the patients.",
        "Figure 2 shows that survival improved.",
        "This work was supported by grant R01 NS12345 from the National Institutes of Health.",
        "MS: multiple sclerosis; MSC: mesenchymal stem cell",
        "Results: mortality fell by 12%.",
        "Conclusions Aspirin reduces mortality",
        "Aspirin",
        "Chest pain",
        "1. Nausea and vomiting",
        "Severe Combined Immune Deficiency",
        "Hepatitis A, Hepatitis B and Hepatitis C.",
        "Vitamin D and Vitamin K.",
        "BRCA1",
        "The Department of Health, University of Leeds, approved this study.",
        "University Hospital of Leeds enrolled 45 patients, 12 nurses and 3 doctors.",
        "Hospital mortality, 30-day mortality, and length of stay",
        "Smith et al. (2010) found that aspirin reduced mortality (Lancet 2010;12:123-8).",
        "Smith AB and colleagues showed in 2010 that aspirin works.",
        "Published data support the use of aspirin.",
        "Received treatment in 2010 and 2012 were compared.",
        "Zocor© lowered LDL cholesterol.",
        "Burosumab is a novel therapy for adults with XLH.© 2018 The Authors.",
        "Patients can contact the registry at help@registry.example to learn whether they are eligible.",
        "Keyword searches found 45 papers.",
        "没有治愈方法。",
    ],
)
def test_what_only_looks_like_it_is_quoted(text: str) -> None:
    assert not_quotable(text) == ""


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_every_text_is_judged_and_its_margins_do_not_matter(text: str) -> None:
    assert not_quotable(text) in {"", *KINDS}
    assert not_quotable(f"  {text}\n") == not_quotable(text)


@given(
    st.sampled_from(["We", "The patients", "Mice"]),
    st.sampled_from(["were treated with", "had no", "did not improve after"]),
    st.sampled_from(["aspirin", "interferon beta", "Stem Cells"]),
)
def test_a_plain_sentence_is_always_quoted(who: str, did: str, what: str) -> None:
    assert is_quotable(f"{who} {did} {what}.")
