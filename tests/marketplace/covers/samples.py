"""Texts to draw covers from: hostile ones and random ones."""

from hypothesis import strategies as st

HOSTILE = [
    "",
    " \t\n",
    "\x00\x0b\x1f\x7f\x85",
    "\ud800 lone \udfff",
    "\ufffe\uffff",
    '"><script>alert(1)</script>&amp;]]>',
    "\u202eturned\u2066",
    "x" * 10_000,
    "The " * 2_500,
    "戦争と平和を読み直すための「とても長い」題名の本です。" * 20,
    "ألف ليلة وليلة",
    "שיר השירים אשר לשלמה",
    "👩\u200d👩\u200d👧\u200d👦🇩🇪🇫🇷👍🏽" * 30,
    "e" + "\u0301" * 500,
    "\u0301",
    "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz",
    "-" * 500,
    "ß" * 60,
]
texts = st.one_of(
    st.text(st.characters(), max_size=60),
    st.text("The of ainßW.-—/éж漢،א👍\u200d\u0301\ud800", max_size=600),
    st.sampled_from(HOSTILE),
)
