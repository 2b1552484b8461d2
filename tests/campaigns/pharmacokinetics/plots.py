"""Draws the figures of the study as SVG; the same figures give the same bytes (fixed salt, no date).

Nothing else imports matplotlib: the documents and their check read figures only.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot as plt

# Okabe and Ito's colours, told apart with any kind of colour vision, and by their lightness in grey.
BLUE, SKY, ORANGE, VERMILION, GREY, INK = "#0072B2", "#56B4E9", "#E69F00", "#D55E00", "#B8B8B8", "#222222"
PALE = "#E9E9E9"

STRATEGIES = ("standard", "stepwise", "proportional", "forecast")
# Parts of the year: by figure, what it means, colour, and colour of the number within.
PARTS = (
    ("below", "too low", ORANGE, INK),
    ("between", "below the aim (adults)", PALE, INK),
    ("in_range", "in range, 6 to 9", BLUE, "white"),
    ("above", "above 9", VERMILION, "white"),
)
ROOM_FOR_A_NUMBER = 5
# What the interval is asked to cover: by figure, how far off its line, mark and colour.
COVERED = (("before", 0.2, "D", "white"), ("after", 0.0, "o", BLUE), ("option", -0.2, "s", ORANGE))

STYLE = {
    "svg.hashsalt": "infliximab-cds",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Arial", "sans-serif"],
    "font.size": 12,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 13,
    "axes.titleweight": "bold",
    "figure.facecolor": "white",
}


def draw(figures: dict[str, Any], folder: Path, *, suffix: str = "svg") -> list[Path]:
    """Draw every plot into `folder`; return the paths."""
    made = []
    with mpl.rc_context(STYLE):
        for name, plot in (("recovery", _recovery), ("decision", _decision), ("cohort", _cohort)):
            figure = plot(figures[name])
            path = folder / f"forecast-{name}.{suffix}"
            metadata = {"Date": None, "Creator": None} if suffix == "svg" else None
            figure.savefig(path, metadata=metadata, bbox_inches="tight", pad_inches=0.15, dpi=110)
            plt.close(figure)
            made.append(path)
    return made


def _bare(axes: Any) -> None:
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)


def _recovery(arms: dict[str, dict[str, Any]]) -> Any:
    """Error of the next trough as levels are fed back, and what the 80 % interval covers."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 5.2), sharey=True, width_ratios=(1.35, 1))
    rows = range(len(arms) - 1, -1, -1)
    shades = {"1": "#9FCBE6", "2": "#4A9ACB", "3": "#004B78"}
    for row, arm in zip(rows, arms.values(), strict=True):
        before = arm["before"]["rmse_ug_ml"]
        after = {number: arm["by_levels"][number]["rmse_ug_ml"] for number in shades}
        left.plot([min(after.values()), before], [row, row], color=GREY, linewidth=1.5, zorder=1)
        left.plot(before, row, marker="D", markersize=8, color="white", markeredgecolor=INK, zorder=3)
        for number, value in after.items():
            left.plot(
                value, row, marker="o", markersize=10, color=shades[number], markeredgecolor=INK, zorder=2
            )
        for what, up, mark, colour in COVERED:
            covered = arm[what]["coverage_percent"]
            right.plot(covered, row + up, marker=mark, markersize=9, color=colour, markeredgecolor=INK)
    left.set_yticks(list(rows), list(arms))
    left.set_ylim(-0.6, len(arms) - 0.4)
    left.set_xlim(left=0)
    left.set_title("Error of the next trough")
    left.set_xlabel("root mean square error, µg/mL")
    right.axvspan(75, 85, color=PALE, zorder=0)
    right.axvline(80, color=GREY, linewidth=1, zorder=0)
    right.set_xlim(68, 92)
    right.set_title("Truth inside the 80 % interval")
    right.set_xlabel("% of patients; grey: 75 to 85")
    marks = (
        ("D", "white", "no level"),
        *(("o", shade, f"{number} level{'s' * (number != '1')}") for number, shade in shades.items()),
        ("o", BLUE, "1 to 3 levels"),
        ("s", ORANGE, "an option, settled"),
    )
    handles = [
        mpl.lines.Line2D([], [], marker=mark, linestyle="", markersize=9, color=colour, markeredgecolor=INK)
        for mark, colour, _ in marks
    ]
    labels = [words for _, _, words in marks]
    figure.legend(handles, labels, loc="lower center", ncols=6, frameon=False, bbox_to_anchor=(0.5, -0.07))
    for axes in (left, right):
        _bare(axes)
        axes.grid(axis="y", color=PALE, zorder=0)
    figure.tight_layout()
    return figure


def _decision(scenarios: dict[str, dict[str, dict[str, Any]]]) -> Any:
    """Where each year of the four strategies was spent, with what it took."""
    titles = {"same": "who follow the deciding models", "other": "who follow other models"}
    figure, grid = plt.subplots(2, 2, figsize=(12.5, 6.6), sharex=True)
    for column, (scenario, groups) in enumerate(scenarios.items()):
        for line, (group, strategies) in enumerate(groups.items()):
            axes = grid[line][column]
            axes.set_title(f"{group.capitalize()} {titles[scenario]}", pad=20)
            _years(axes, strategies, named=column == 0)
    for axes in grid[1]:
        axes.set_xlabel("% of the year, by the trough that ended each interval")
    handles = [mpl.patches.Patch(color=colour) for _, _, colour, _ in PARTS]
    figure.tight_layout(h_pad=1.5, w_pad=2.5)
    figure.legend(
        handles, [words for _, words, _, _ in PARTS], loc="lower center", ncols=4, frameon=False,
        bbox_to_anchor=(0.5, -0.06),
    )  # fmt: skip
    return figure


def _years(axes: Any, strategies: dict[str, dict[str, Any]], *, named: bool) -> None:
    rows = list(reversed(STRATEGIES))
    for row, name in enumerate(rows):
        year = strategies[name]
        shown = {part: year.get(f"{part}_percent", 0.0) for part, _, _, _ in PARTS}
        shown["between"] = max(0.0, 100.0 - sum(shown.values()))
        start = 0.0
        for part, _, colour, ink in PARTS:
            width = shown[part]
            axes.barh(row, width, left=start, color=colour, edgecolor="white", height=0.72)
            if width >= ROOM_FOR_A_NUMBER:
                axes.text(start + width / 2, row, f"{width:.0f}", ha="center", va="center", color=ink)
            start += width
        axes.text(112, row, f"{year['mg_per_kg']:.0f}", va="center", ha="right")
        axes.text(128, row, f"{year['infusions']:.1f}", va="center", ha="right")
    heads = {"va": "bottom", "ha": "right", "fontsize": 11}
    axes.text(114, len(rows) - 0.45, "mg/kg", **heads)
    axes.text(130, len(rows) - 0.45, "visits", **heads)
    axes.set_yticks(range(len(rows)), rows if named else [""] * len(rows))
    axes.get_yticklabels()[rows.index("forecast")].set_fontweight("bold")
    axes.set_xlim(0, 100)
    axes.set_ylim(-0.5, len(rows) - 0.4)
    axes.set_xticks([0, 25, 50, 75, 100])
    _bare(axes)


def _cohort(rows: list[dict[str, Any]]) -> Any:
    """Simulated quartiles of the measured trough beside the published ones."""
    figure, axes = plt.subplots(figsize=(9.5, 4.6))
    place = 0.0
    ticks: list[tuple[float, str]] = []
    for population, title, observed in (
        ("children", "Children: measured 3.89 [2.58–5.19]", (3.89, 2.58, 5.19)),
        ("adults", "Adults: measured median 3.3", (3.3, None, None)),
    ):
        median, low, high = observed
        axes.text(0, place + 0.35, title, weight="bold", va="bottom")
        members = [row for row in rows if row["population"] == population]
        bottom = place - len(members) - 0.3
        if low is not None:
            axes.fill_betweenx([bottom + 0.4, place], low, high, color=PALE, zorder=0)
        axes.plot([median, median], [bottom + 0.4, place], color=INK, linewidth=1.5, linestyle=(0, (4, 2)))
        for row in members:
            place -= 1
            lower, middle, upper = row["measured_quartiles_ug_ml"]
            axes.plot([lower, upper], [place + 0.4] * 2, color=SKY, linewidth=7, solid_capstyle="butt")
            axes.plot(middle, place + 0.4, marker="o", markersize=9, color=BLUE, markeredgecolor="white")
            axes.text(
                upper + 0.12, place + 0.4, f"{middle:.1f} [{lower:.1f}–{upper:.1f}]", va="center", fontsize=11
            )
            ticks.append((place + 0.4, row["name"]))
        place -= 1.1
    axes.set_yticks([at for at, _ in ticks], [name for _, name in ticks])
    axes.set_xlim(0, 10)
    axes.set_xlabel("trough, µg/mL: median and quartiles; grey and dashed: published")
    _bare(axes)
    return figure
