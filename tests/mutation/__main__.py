"""Change the product in some 200 small ways, and see which changes no test notices: `make check-mutants`.

The own mutator stands here because neither mutmut nor cosmic-ray changes SQL, which holds half of the rules.
"""

import argparse
import collections
import json
import random
import time
from collections.abc import Iterable, Sequence

from tests.fixtures import cluster
from tests.mutation import areas, database, mutants, record, running
from tests.mutation.mutants import Mutant
from tests.mutation.running import Result, Verdict

_SELDOM = {"argument": 0.3, "constant": 0.3, "statement": 0.6, "drop constraint": 0.5}
"""Operators with many places, of which most change little that matters."""


def main() -> None:
    options = _options()
    record.FOLDER.mkdir(parents=True, exist_ok=True)
    with cluster.server():
        known = record.load(jobs=options.jobs, folders=options.tests, again=options.record)
        drawn = [one for area in _areas(options.area) for one in _draw(area, known, options)]
        if options.list:
            print("\n\n".join(f"{one.id} {one.operator} {one.path}:{one.line}\n{one.diff}" for one in drawn))
            return
        began = time.monotonic()
        results = list(_run(drawn, known, options))
    _report(results, time.monotonic() - began)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--area", action="append", help="only this area (may be repeated); `list` names them")
    parser.add_argument("--count", type=float, default=1.0, help="times as many mutants; 0 for every one")
    parser.add_argument("--seed", default="1", help="another draw")
    parser.add_argument("--only", nargs="*", help="only the mutants of these ids, of all that there are")
    parser.add_argument("--jobs", type=int, default=2, help="mutants at once")
    parser.add_argument(
        "--budget", type=float, default=8, help="seconds of the processor in tests for each mutant"
    )
    parser.add_argument("--tests", nargs="*", default=["tests"], help="folders or modules of tests")
    parser.add_argument("--record", action="store_true", help="record again which tests reach what")
    parser.add_argument(
        "--quick", action="store_true", help="run survivors once, not again against more tests"
    )
    parser.add_argument("--list", action="store_true", help="show the mutants and run none")
    return parser.parse_args()


def _areas(names: Sequence[str] | None) -> list[areas.Area]:
    every = [*areas.AREAS, areas.DATABASE]
    if unknown := set(names or ()) - {area.name for area in every}:
        raise SystemExit(f"No area {', '.join(unknown)}. There are: {', '.join(area.name for area in every)}")
    return [area for area in every if names is None or area.name in names]


def _draw(area: areas.Area, known: record.Record, options: argparse.Namespace) -> list[Mutant]:
    """The area's share, by weight and without repetition; the same for the same seed and source."""
    if area is areas.DATABASE:
        every = [one for thing in known.objects for one in _of_database(thing)]
    else:
        every = [one for path in area.files() for one in mutants.of_module(area.name, path, areas.ROOT)]
    if options.only is not None:
        return [one for one in every if one.id in options.only]
    chance = random.Random(f"{options.seed} {area.name}")  # noqa: S311 - a sample, not a secret
    drawn = sorted(
        every, key=lambda one: chance.random() ** (1 / _SELDOM.get(one.operator, 1.0)), reverse=True
    )
    return drawn[: round(area.count * options.count)] if options.count else drawn


def _of_database(thing: dict[str, str]) -> Iterable[Mutant]:
    for operator, text in database.changes(thing):
        diff = mutants.diff(thing["statement"], text) if thing["kind"] == "function" else f"-{text}"
        yield Mutant(areas.DATABASE.name, operator, thing["name"], 0, (thing["said"],), text, diff)


def _run(drawn: Sequence[Mutant], known: record.Record, options: argparse.Namespace) -> Iterable[Result]:
    """Every mutant; survivors again, against five times as many tests."""
    print(f"running {len(drawn)} mutants", flush=True)
    living: list[Mutant] = []
    for result in running.run(drawn, record=known, jobs=options.jobs, budget=options.budget):
        _show(result)
        if result.verdict is Verdict.SURVIVED and not options.quick:
            living.append(result.mutant)
        else:
            yield result
    print(f"running {len(living)} of them again, against more tests", flush=True)
    for result in running.run(living, record=known, jobs=options.jobs, budget=5 * options.budget):
        _show(result)
        yield result


def _show(result: Result) -> None:
    mutant = result.mutant
    print(
        f"{mutant.id} {result.verdict:9} {mutant.path}:{mutant.line} {mutant.operator}  {result.test}",
        flush=True,
    )


def _report(results: Sequence[Result], seconds: float) -> None:
    by_area: dict[str, list[Result]] = collections.defaultdict(list)
    for result in results:
        by_area[result.mutant.area].append(result)
    for result in results:
        if not result.is_killed:
            mutant = result.mutant
            print(
                f"\n{mutant.id} {result.verdict} {result.tests} tests: {mutant.operator}, {mutant.path}:{mutant.line}"
            )
            print(mutant.diff)
    print(f"\n{'area':20} {'mutants':>7} {'killed':>7} {'errors':>7} {'score':>6}")
    for area, of_area in [*by_area.items(), ("all", list(results))]:
        killed = sum(result.is_killed for result in of_area)
        errors = sum(result.verdict is Verdict.ERROR for result in of_area)
        print(f"{area:20} {len(of_area):7} {killed:7} {errors:7} {100 * killed / max(1, len(of_area)):5.0f}%")
    print(f"{seconds / 60:.0f} minutes; details in {record.FOLDER / 'results.json'}")
    (record.FOLDER / "results.json").write_text(
        json.dumps(
            [{"id": r.mutant.id, "verdict": r.verdict, "test": r.test, "tests": r.tests} for r in results]
        )
    )


if __name__ == "__main__":
    main()
