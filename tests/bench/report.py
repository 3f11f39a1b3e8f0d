"""Tables of a run's medians, as text or Markdown."""

from workloads import BARS, STEPS, WORKLOADS

NATIVE = ("step", "fiber", "cpp", "floor", "tokio", "go", "libuv", "asio")
PYTHON = ("python", "asyncio", "asyncio-old", "uvloop")


def number(value):
    return f"{value:.1f}" if value < 20 else f"{value:,.0f}"


def table(header, rows, markdown):
    if markdown:
        lines = ["| " + " | ".join(header) + " |", "|---|" + "---:|" * (len(header) - 1)]
        return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    return "\n".join("  ".join(cell.ljust(width) if i == 0 else cell.rjust(width)
                               for i, (cell, width) in enumerate(zip(row, widths))) for row in [header, *rows])


class Report:
    def __init__(self, results, markdown):
        self.figures, self.titles, self.markdown = results["figures"], results["titles"], markdown
        self.results = results

    def figure(self, workload, who, metric="ns"):
        return self.figures.get(workload, {}).get(who, {}).get(metric)

    def cell(self, workload, who, metric="ns"):
        value = self.figure(workload, who, metric)
        if value is None:
            return "–"
        early = self.figure(workload, who, "early") or 0
        return number(value) + (" (early)" if metric == "ns" and early > 0 else "")

    def present(self, keys, workloads, metric="ns"):
        return [k for k in keys if any(self.figure(w, k, metric) is not None for w in workloads)]

    def table(self, first, keys, workloads, metric="ns", label=lambda key: key):
        keys = self.present(keys, workloads, metric)
        rows = [[label(w), *(self.cell(w, k, metric) for k in keys)] for w in workloads
                if self.present(keys, [w], metric)]
        return table([first, *(self.titles[k] for k in keys)], rows, self.markdown) if rows else ""

    # ---- The tables ----

    def times(self, keys):
        return self.table("ns per operation", keys, [w.key for w in WORKLOADS])

    def memory(self):
        workloads = ["gather-100000", "gather-1000000", "sleepers-100000", "sleepers-1000000"]
        return self.table("bytes per task", NATIVE + PYTHON, workloads, "bytes")

    def lateness(self):
        rows = []
        for w in ("sleepers-100000", "sleepers-1000000"):
            for metric in ("p50", "p99", "early"):
                for_all = {k: self.figure(w, k, metric) for k in NATIVE + PYTHON if k in self.titles}
                if any(v is not None for v in for_all.values()):
                    label = f"{w}, woken early" if metric == "early" else f"{w}, {metric} us"
                    scale = 1 if metric == "early" else 1000
                    rows.append([label, *("–" if v is None else number(v / scale) for v in for_all.values())])
        keys = [k for k in NATIVE + PYTHON if k in self.titles]
        keep = [i for i, _ in enumerate(keys) if any(row[i + 1] != "–" for row in rows)]
        rows = [[row[0], *(row[i + 1] for i in keep)] for row in rows]
        return table(["lateness", *(self.titles[keys[i]] for i in keep)], rows, self.markdown) if rows else ""

    def flatness(self):
        sizes = ("10", "1000", "100000", "1000000")
        rows = [[self.titles[k], *(self.cell(f"gather-{size}", k) for size in sizes)] for k in NATIVE + PYTHON
                if k in self.titles and self.present([k], [f"gather-{size}" for size in sizes])]
        header = ["ns per task, at", *(f"{int(size):,} tasks" for size in sizes)]
        return table(header, rows, self.markdown) if rows else ""

    def steps(self):
        rows = [[w.key, w.what, self.cell(w.key, "floor")] for w in STEPS if self.figure(w.key, "floor") is not None]
        return table(["what the machine costs", "", "ns"], rows, self.markdown) if rows else ""

    def verdict(self, bar, who):
        """(text, whether it holds), or None when it cannot be judged."""
        value = self.figure(bar.workload, who, bar.metric)
        if value is None:
            return None
        if not bar.peer:
            return number(value), value <= bar.limit
        peer = self.figure(bar.workload, bar.peer, bar.metric)
        if peer is None or value == 0:
            return None
        if bar.workload == "nap" and self.figure(bar.workload, bar.peer, "early"):
            return "peer is early", True
        allowed = bar.suspensions * (self.figure("a switch", "floor") or 0) if who == "fiber" else 0
        return f"{peer / value:.2f} x", (value - allowed) * bar.factor <= peer

    def bars(self, who):
        rows, missed, judged = [], 0, 0
        for bar in BARS:
            verdicts = [self.verdict(bar, k) if k in bar.who else None for k in who]
            if not any(verdicts):
                continue
            judged += sum(v is not None for v in verdicts)
            missed += sum(v is not None and not v[1] for v in verdicts)
            rows.append([bar.workload, bar.text,
                         *("–" if v is None else f"{v[0]} {'holds' if v[1] else 'MISSED'}" for v in verdicts)])
        if not rows:
            return ""
        header = ["bar", "", *(self.titles[k] for k in who)]
        return table(header, rows, self.markdown) + f"\n\n{judged - missed} of {judged} hold."

    def legend(self):
        rows = [[w.key, w.what] for w in WORKLOADS if w.key in self.figures]
        return table(["workload", "what one operation is"], rows, self.markdown).replace("---:", "---")

    def notes(self):
        lines = [f"Medians of {self.results['rounds']} round(s), interleaved; {self.results['machine']}."]
        lines += ["Tokio is its current_thread runtime; Go has GOMAXPROCS 1, which is faster here, but for post: all",
                  "processors. (early): woke before its time."]
        lines += [f"Skipped: {name}: {reason}." for name, reason in self.results["missing"]]
        return "\n".join(lines)


def whole(results, markdown):
    r = Report(results, markdown)
    native = [k for k in ("step", "fiber", "cpp") if k in r.titles]
    python = [k for k in ("python",) if k in r.titles]
    parts = [r.times(NATIVE), r.times(PYTHON), r.flatness(), r.memory(), r.lateness(), r.steps(),
             r.bars(native), r.bars(python), r.legend(), r.notes()]
    return "\n\n".join(part for part in parts if part)


def short(results):
    r = Report(results, markdown=True)
    picture = "![What follows as a picture](tests/bench/results/bench.svg)"
    return "\n\n".join(part for part in (picture, r.times(NATIVE), r.times(PYTHON), r.memory(), r.notes()) if part)
