"""The shapes that accuracy is measured on."""

from bench.shapes.shape import Shape

SHAPES = {
    # Like a site for rating films: most of a reader's ratings fall within a few days, and popularity drifts.
    "small": Shape(
        readers=900, books=1_700, length=100, ratings=True, burst=0.8, half_life=300, arriving=0.3, loyalty=0.6
    ),
    "few-readers": Shape(readers=300, books=20_000, length=60),
    "long-histories": Shape(readers=2_000, books=8_000, length=300, spread=0.2, tastes=30),
    "repeats": Shape(readers=2_000, books=3_000, length=50, repeats=0.4, opens=0.5),
    "seasons": Shape(readers=2_500, books=2_000, length=40, season=2.0, days=3 * 365),
    "drift": Shape(readers=2_000, books=3_000, length=50, change=1.0, arriving=0.5, half_life=200),
    "series": Shape(readers=2_500, books=3_000, length=30, volumes=6, in_order=0.7),
    "only-ratings": Shape(readers=2_000, books=2_000, length=50, ratings=True, stars=2.2, opinion=1.5),
    "no-times": Shape(readers=3_000, books=3_000, length=30, times=False, described=False),
    "bestsellers": Shape(
        readers=8_000,
        books=2_000,
        length=8,
        loyalty=0.1,
        half_life=30,
        arriving=0.5,
        days=365,
        burst=1.0,
        burst_days=20,
    ),
    "a-bot": Shape(readers=2_000, books=4_000, length=30, bots=3, bot_length=2_500),
    "fifty-readers": Shape(readers=50, books=500, length=30, tastes=8),
}
"""Each is named for what it tests; sizes are such that a budget of 20 seconds is enough to train on it."""
