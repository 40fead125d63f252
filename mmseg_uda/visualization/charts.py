"""Curves as SVG, to be put into HTML."""

import io
from collections.abc import Mapping, Sequence

import matplotlib
from matplotlib.figure import Figure


def line_chart(
    series: Mapping[str, Sequence[tuple[float, float]]],
    title: str,
    boundaries: Mapping[str, float] | None = None,
) -> str:
    """Losses over iterations, logarithmic where all values are positive.

    Args:
        series: ``{label: [(x, y), ...]}``.
        title: Heading of the chart.
        boundaries: ``{name: x}`` of vertical lines, such as the starts of stages.

    Returns:
        An ``<svg>`` element.
    """
    # Text stays text (small files); a fixed salt makes equal charts equal bytes.
    with matplotlib.rc_context({'svg.fonttype': 'none', 'svg.hashsalt': 'mmseg_uda', 'font.size': 9}):
        figure = Figure(figsize=(7.2, 3.0), layout='constrained')
        axes = figure.add_subplot(title=title, xlabel='iteration')
        for label, points in series.items():
            axes.plot(*zip(*points, strict=True), label=label, marker='.', markersize=3, linewidth=1.2)
        values = [y for points in series.values() for _, y in points]
        if values and min(values) > 0:
            axes.set_yscale('log')
        for name, x in (boundaries or {}).items():
            axes.axvline(x, color='0.5', linewidth=0.8, linestyle='--')
            axes.text(x, 1.0, f' {name}', transform=axes.get_xaxis_transform(), va='top', color='0.4', fontsize=7)
        axes.grid(alpha=0.25)
        if series:
            axes.legend(fontsize=7, loc='center left', bbox_to_anchor=(1.0, 0.5), frameon=False)
        buffer = io.StringIO()
        figure.savefig(buffer, format='svg', metadata=dict(Date=None, Creator=None, Format=None, Type=None))
    svg = buffer.getvalue()
    return svg[svg.index('<svg') :]
