"""The medians as a picture: a row for each workload, a mark for each contestant, time on a logarithmic scale. Its colours
can be read on white and on black; text follows the reader's scheme."""

import math
from html import escape

from workloads import WORKLOADS

PANELS = (("step", "cpp", "fiber", "floor", "tokio", "go", "libuv", "asio"), ("python", "asyncio", "uvloop"))
COLOURS = {"step": "#e5534b", "cpp": "#e0823d", "fiber": "#c69026", "floor": "#8b949e", "tokio": "#4184e4",
           "go": "#39a5a5", "libuv": "#57ab5a", "asio": "#986ee2", "python": "#e5534b", "asyncio": "#4184e4",
           "uvloop": "#57ab5a"}
RONDO = {"step", "cpp", "fiber", "python"}
LEFT, RIGHT, ROW, WIDTH = 130, 30, 20, 860
STYLE = ("text { font: 12px system-ui, sans-serif; fill: #57606a } .line { stroke: #8b949e; stroke-opacity: .35 } "
         "@media (prefers-color-scheme: dark) { text { fill: #adbac7 } }")


def unit(ns):
    for size, name in ((1e9, "s"), (1e6, "ms"), (1e3, "µs")):
        if ns >= size:
            return f"{ns / size:g} {name}"
    return f"{ns:g} ns"


def mark(who, x, y, title):
    """Rondo's are discs, peers rings, the floor a stroke."""
    inside = f"<title>{escape(title)}</title>"
    if who == "floor":
        return f'<path d="M{x:.1f} {y - 6}v12" stroke="{COLOURS[who]}" stroke-width="2.5">{inside}</path>'
    fill = f'fill="{COLOURS[who]}"' if who in RONDO else f'fill="none" stroke="{COLOURS[who]}" stroke-width="2"'
    return f'<circle cx="{x:.1f}" cy="{y}" r="{5 if who in RONDO else 4}" {fill}>{inside}</circle>'


class Panel:
    def __init__(self, results, keys, top):
        self.titles, self.figures, self.top = results["titles"], results["figures"], top
        self.keys = [k for k in keys if k in self.titles]
        self.rows = [w.key for w in WORKLOADS if any(self.value(w.key, k) for k in self.keys)]
        values = [self.value(w, k) for w in self.rows for k in self.keys if self.value(w, k)]
        self.low = math.floor(math.log10(min(values, default=1)))
        self.high = math.ceil(math.log10(max(values, default=10)))
        self.bottom = top + 40 + ROW * len(self.rows)

    def value(self, workload, who):
        figures = self.figures.get(workload, {}).get(who, {})
        return None if figures.get("early") and workload == "nap" else figures.get("ns")

    def x(self, ns):
        return LEFT + (WIDTH - LEFT - RIGHT) * (math.log10(ns) - self.low) / max(1, self.high - self.low)

    def legend(self):
        x = 14
        for key in self.keys:
            yield mark(key, x, self.top + 10, self.titles[key])
            yield f'<text x="{x + 10}" y="{self.top + 14}">{escape(self.titles[key])}</text>'
            x += 26 + 7 * len(self.titles[key])

    def scale(self):
        for power in range(self.low, self.high + 1):
            x = self.x(10.0**power)
            yield f'<path class="line" d="M{x:.1f} {self.top + 28}V{self.bottom - 8}"/>'
            yield f'<text x="{x:.1f}" y="{self.bottom + 8}" text-anchor="middle">{unit(10.0**power)}</text>'
        yield f'<text x="14" y="{self.bottom + 8}">left is faster</text>'

    def marks(self):
        for number, workload in enumerate(self.rows):
            y = self.top + 42 + ROW * number
            yield f'<text x="{LEFT - 14}" y="{y + 4}" text-anchor="end">{workload}</text>'
            for key in reversed(self.keys):
                ns = self.value(workload, key)
                if ns:
                    yield mark(key, self.x(ns), y, f"{workload}, {self.titles[key]}: {ns:,.4g} ns")

    def __iter__(self):
        yield from self.legend()
        yield from self.scale()
        yield from self.marks()


def svg(results):
    top, parts = 8, []
    for keys in PANELS:
        panel = Panel(results, keys, top)
        if panel.rows:
            parts += panel
            top = panel.bottom + 30
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" width="{WIDTH}" height="{top}">\n'
            f"<style>{STYLE}</style>\n" + "\n".join(parts) + "\n</svg>\n")
