"""The soak's tables."""

from collections import Counter
from collections.abc import Mapping, Sequence


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print one, its first column left-justified."""
    texts = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[column]) for row in texts) for column in range(len(head))]
    print(f"\n{title}")
    for row in texts:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        print("  " + "  ".join(cells).rstrip())


def outcomes_table(outcomes: Mapping[str, Counter[str]]) -> None:
    kinds = sorted({kind for of_shape in outcomes.values() for kind in of_shape})
    total: Counter[str] = sum(outcomes.values(), Counter())
    rows = [(kind, *(outcomes[shape][kind] for shape in outcomes), total[kind]) for kind in kinds]
    sums = ("all", *(outcomes[shape].total() for shape in outcomes), total.total())
    table("Answers by shape of query and outcome", ("", *outcomes, "all"), [*rows, sums])


def times_table(took_s: Mapping[str, list[float]]) -> None:
    rows = []
    for kind, times_s in took_s.items():
        ordered = sorted(times_s)
        p50, p99 = (ordered[int(len(ordered) * part)] for part in (0.5, 0.99))
        rows.append((kind, len(ordered), f"{p50:.3f}", f"{p99:.3f}", f"{ordered[-1]:.3f}"))
    table("Seconds to an answer", ("", "count", "p50", "p99", "longest"), rows)


def counts_table(title: str, counts: Mapping[str, int]) -> None:
    table(title, ("", "count"), sorted(counts.items()))


def held_table(title: str, before: Mapping[str, int], after: Mapping[str, int]) -> None:
    rows = [(name, before.get(name, 0), after.get(name, 0)) for name in sorted(before.keys() | after.keys())]
    table(title, ("", "before", "after"), rows)
