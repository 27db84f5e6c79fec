"""Path data of the shapes that motifs share; outlines run clockwise and holes counter-clockwise."""

from math import cos, pi, sin


def disc(x: int, y: int, radius: int) -> str:
    """A circle."""
    return f"M{x - radius} {y}a{radius} {radius} 0 0 1 {2 * radius} 0a{radius} {radius} 0 0 1-{2 * radius} 0z"


def hole(x: int, y: int, radius: int) -> str:
    """A circle cut out of the shape around it."""
    return f"M{x - radius} {y}a{radius} {radius} 0 0 0 {2 * radius} 0a{radius} {radius} 0 0 0-{2 * radius} 0z"


def star(points: int, outer: int, inner: int, x: int = 0, y: int = 0) -> str:
    """A star with one point up."""
    corners = []
    for i in range(2 * points):
        angle, radius = pi * i / points, inner if i % 2 else outer
        corners.append(f"{round(x + radius * sin(angle))} {round(y - radius * cos(angle))}")
    return f"M{'L'.join(corners)}z"


def heart(x: int, y: int, size: int) -> str:
    """A heart whose notch is at the point given and whose tip is one and a half sizes below."""
    half, deep, far = size // 2, 3 * size // 2, 5 * size // 2
    return f"M{x} {y + deep}c-{far}-{size}-{size}-{deep + half} 0-{deep}c{size}-{half} {far} 0 0 {deep}z"
