"""The colour palettes of covers."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Palette:
    """Text is `foil` on `cloth` or `ink` on `paper`; `accent` is visible on both but never used for text."""

    cloth: str
    foil: str
    paper: str
    ink: str
    accent: str


PALETTES = (
    Palette("#6d2b2b", "#f4e2bd", "#f5ebd7", "#571f1f", "#d98f4e"),  # oxblood
    Palette("#1f4d54", "#f2e6c8", "#eef0e2", "#173d43", "#e08e5c"),  # teal
    Palette("#c9a24f", "#2d2110", "#f7ecd0", "#4a2f12", "#8c3b24"),  # ochre
    Palette("#4a3357", "#f0e2d4", "#f3e8e0", "#3d294a", "#cf8370"),  # aubergine
    Palette("#2f4a3a", "#f0e3bb", "#f0ead6", "#243b2d", "#c98a4b"),  # forest
    Palette("#f0e6d0", "#2a3644", "#2a3644", "#f0e6d0", "#bf4b32"),  # cream
    Palette("#23405c", "#efe6d2", "#f1ead9", "#1c3248", "#d9a441"),  # navy
    Palette("#cf8263", "#2c140e", "#fbeee2", "#5a2413", "#3c4a66"),  # terracotta
    Palette("#33312f", "#e3c583", "#efe9dc", "#2a2826", "#c0603f"),  # charcoal
    Palette("#9cae93", "#1f2b20", "#f0f1e3", "#2b3d2d", "#7a4630"),  # sage
    Palette("#7d3350", "#fae6da", "#f8e9e4", "#66233f", "#e3a46f"),  # damson
    Palette("#a9bac6", "#1b2a38", "#f1f3ee", "#22394c", "#92423a"),  # mist
    Palette("#84431f", "#fbeed3", "#f8ecd7", "#5c2f14", "#e2ac52"),  # rust
    Palette("#2d4a86", "#f6e9cd", "#f3efe2", "#243b70", "#e2a13c"),  # cobalt
    Palette("#d9cdb4", "#4a2a22", "#f8f3e6", "#4a2a22", "#a4472f"),  # linen
)
