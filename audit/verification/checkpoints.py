"""Verification checks that each statement of a checkpoint file about the log of that time is still true.

A log can be cut off, rewritten as a whole, or restored from a backup without a new incarnation. It is then
consistent in itself, and only differs from its checkpoints. A restore excuses what it took away, once it is confirmed.
"""

from collections import Counter
from collections.abc import Iterable

from audit.checkpoints import heads, newest, restores
from audit.checkpoints.folder import File
from audit.merkle import Frontier
from audit.verification.report import Report
from audit.verify_export import SignedCheckpoint


class Comparison:
    """Compares checkpoints with a tree that grows leaf by leaf."""

    def __init__(self, files: Iterable[File], restores: dict[int, int]) -> None:
        self._files = list(files)
        self._restores = restores
        self._at_size: dict[int, list[tuple[str, SignedCheckpoint]]] = {}
        for file in self._files:
            if file.checkpoint is not None:
                self._at_size.setdefault(file.checkpoint.size, []).append((file.name, file.checkpoint))
        self._incarnation = 0
        self._verified = 0
        self._differs = False
        self._replaced: Counter[int] = Counter()
        self._newest: tuple[str, SignedCheckpoint] | None = None

    def compare(self, report: Report, tree: Frontier, *, incarnation: int) -> None:
        """Compare the checkpoints of the tree's size; `incarnation` is its last leaf's."""
        self._incarnation = max(self._incarnation, incarnation)
        for name, checkpoint in self._at_size.pop(tree.size, ()):
            if restores.is_replaced(checkpoint, self._restores):
                self._replaced[checkpoint.incarnation] += 1
            elif checkpoint.root == tree.root():
                self._verified = tree.size
                self._newest = name, checkpoint
                report.checkpoints += 1
            elif not self._differs:
                # All later ones differ, too. The change lies after the last one that holds.
                self._differs = True
                report.add("leaves differ from a checkpoint", f"checkpoint {name}", self._verified + 1)

    def finish(self, report: Report, *, size: int) -> None:
        """Name the checkpoints beyond the end of the log, unusable files, incarnations, and changed heads of chains."""
        _, incarnation = newest.size_and_incarnation()
        for file in self._files:
            if file.checkpoint is None:
                report.add(f"checkpoint changed ({file.problem})", f"checkpoint {file.name}")
            elif file.checkpoint.incarnation > incarnation:
                report.add(f"incarnation {incarnation} lower than a checkpoint's", f"checkpoint {file.name}")
        self._name_incarnations(report, incarnation)
        self._name_truncation(report, size)
        if self._newest is not None and not self._differs:
            self._compare_heads(report, *self._newest)
        for replaced, count in sorted(self._replaced.items()):
            report.notes.append(
                f"{count} checkpoints of incarnation {replaced} lie beyond what a restore kept, and were not compared."
            )

    def _name_incarnations(self, report: Report, incarnation: int) -> None:
        """Name a number that no checkpoint and no confirmed restore has: the owner can raise and lower it."""
        signed = [file.checkpoint.incarnation for file in self._files if file.checkpoint]
        highest = max(incarnation, self._incarnation)
        if signed and highest > max([*signed, *self._restores]):
            report.add(f"incarnation {highest} without a confirmed restore", "installation")
        if incarnation < max(self._restores, default=0):
            report.add(f"incarnation {incarnation} lower than a confirmed restore's", "installation")

    def _name_truncation(self, report: Report, size: int) -> None:
        beyond = [entry for entries in self._at_size.values() for entry in entries]
        lost = [entry for entry in beyond if not restores.is_replaced(entry[1], self._restores)]
        self._replaced.update(entry[1].incarnation for entry in beyond if entry not in lost)
        if lost:
            name, checkpoint = max(lost, key=lambda entry: entry[1].size)
            missing = checkpoint.size - size
            report.add(f"log ends {missing} leaves before a checkpoint", f"checkpoint {name}", size)

    @staticmethod
    def _compare_heads(report: Report, name: str, checkpoint: SignedCheckpoint) -> None:
        (now,) = heads.roots(sizes=[checkpoint.size])
        if now != (checkpoint.chains, checkpoint.heads):
            report.add("heads of chains differ from a checkpoint", f"checkpoint {name}", checkpoint.size)
