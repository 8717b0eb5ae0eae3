"""What a node runs, kept as whole directories beside each other: written once, switched by one rename, proven later."""

from __future__ import annotations

import os
import re
import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

FILES = {"env": 0o600, "strategies": 0o640, "overrides": 0o640, "unit": 0o644}
"""The files of a generation by their names in it, with their modes. Overrides are optional."""

CURRENT = "current"
UNPROVEN = ".unproven"
RETURNED = ".returned"
GOOD = ".good"
RELEASE = "release"
ID = re.compile(r"\d{8}T\d{6}Z-.+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """All that decides what a node does.

    Attributes:
        files: Text by the names of FILES; a file that is not there is left out.
        release: Directory of the release.
    """

    files: dict[str, str]
    release: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """Where systemd and the node look; the files are links into the current generation, the unit is a copy.

    Attributes:
        links: Path of each file but the unit, by the names of FILES.
        unit: The unit's file.
        release: The link that people's commands follow.
    """

    links: dict[str, Path]
    unit: Path
    release: Path


def write(path: Path, text: str, mode: int, group: int = 0) -> None:
    """Write a whole file, root's, that is on disk before it has its name."""
    half = path.with_name(f".{path.name}.half")
    half.unlink(missing_ok=True)
    descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.fchown(descriptor, -1, group)
        os.fchmod(descriptor, mode)
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    half.replace(path)


def point(link: Path, target: str) -> None:
    """Make a link, or let it point elsewhere, in one step."""
    half = link.with_name(f".{link.name}.half")
    half.unlink(missing_ok=True)
    half.symlink_to(target)
    half.replace(link)


def settle(directory: Path) -> None:
    """Have a directory's names on disk."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def text_of(path: Path) -> str | None:
    """What a file holds; None when it is not there."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(tz=UTC)


@dataclass(frozen=True, slots=True)
class Generations:
    """The generations of one instance under one directory.

    Attributes:
        root: The directory.
        group: Id of the node's own group, which reads what it trades.
    """

    root: Path
    group: int = 0

    def ids(self) -> list[str]:
        """All whole generations, oldest first."""
        if not self.root.is_dir():
            return []
        return sorted(path.name for path in self.root.iterdir() if ID.fullmatch(path.name) and path.is_dir())

    def current(self) -> str | None:
        """The generation that the next start of the node runs."""
        link = self.root / CURRENT
        return link.readlink().name if link.is_symlink() and link.exists() else None

    def unproven(self) -> bool:
        """Whether the current generation was switched to and has not been proven since."""
        return (self.root / UNPROVEN).exists()

    def returned_from(self) -> str | None:
        """The generation that was left when somebody went back to the current one; None after a deploy."""
        return text_of(self.root / RETURNED)

    def proven(self, name: str) -> str:
        """When the node was READY with it for the last time; empty for never."""
        return text_of(self.root / name / GOOD) or ""

    def content(self, name: str) -> Content:
        """What it holds."""
        place = self.root / name
        texts = {kind: text_of(place / kind) for kind in FILES}
        return Content(
            files={kind: text for kind, text in texts.items() if text is not None},
            release=str((place / RELEASE).readlink()),
        )

    def documents(self) -> list[dict[str, object]]:
        """One mapping per generation, oldest first: id, release, good, proven, current."""
        current = self.current()
        return [
            {
                "id": name,
                "release": Path(self.content(name).release).name,
                "good": bool(self.proven(name)),
                "proven": self.proven(name),
                "current": name == current,
            }
            for name in self.ids()
        ]

    def find(self, content: Content) -> str | None:
        """The newest generation that holds just this; the current one first."""
        candidates = [*self.ids(), *filter(None, [self.current()])]
        return next((name for name in reversed(candidates) if self.content(name) == content), None)

    def way_back(self) -> str | None:
        """The generation, other than the current one, with which the node was READY most recently."""
        others = [(self.proven(name), name) for name in self.ids() if name != self.current()]
        return max(((when, name) for when, name in others if when), default=(None, None))[1]

    def add(self, content: Content, *, good: bool = False) -> str:
        """Write a generation; it has its name only when all of it is on disk."""
        name = f"{now():%Y%m%dT%H%M%SZ}-{Path(content.release).name}"
        while (self.root / name).exists():
            name += "-next"
        half = self.root / ".half"
        shutil.rmtree(half, ignore_errors=True)
        self.root.mkdir(mode=0o711, parents=True, exist_ok=True)
        # The node's own user opens its strategies through here, and may not look around.
        half.mkdir(mode=0o711)
        for kind, text in content.files.items():
            write(half / kind, text, FILES[kind], self.group)
        (half / RELEASE).symlink_to(content.release)
        if good:
            write(half / GOOD, now().isoformat(), 0o644)
        settle(half)
        half.rename(self.root / name)
        settle(self.root)
        return name

    def switch(self, name: str, live: Live, *, returning: bool) -> None:
        """Let the next start run a generation. Before the rename of `current` nothing new counts, after it all does."""
        before = self.current()
        write(self.root / UNPROVEN, name, 0o644)
        if returning and before not in {None, name}:
            write(self.root / RETURNED, str(before), 0o644)
        elif not returning:
            (self.root / RETURNED).unlink(missing_ok=True)
        settle(self.root)
        content = self.content(name)
        if before is not None:
            # They lead to what is current, now the old and then the new, so they can be there early.
            self._lead(live, content)
        write(live.unit, content.files["unit"], FILES["unit"])
        point(self.root / CURRENT, name)
        settle(self.root)
        settle(live.unit.parent)
        self._lead(live, content)
        for kind, link in live.links.items():
            if kind not in content.files:
                link.unlink(missing_ok=True)
                settle(link.parent)
        point(live.release, content.release)
        settle(live.release.parent)

    def _lead(self, live: Live, content: Content) -> None:
        for kind, link in live.links.items():
            target = self.root / CURRENT / kind
            if kind in content.files and not (link.is_symlink() and link.readlink() == target):
                point(link, str(target))
                settle(link.parent)

    def is_live(self, name: str, live: Live) -> bool:
        """Whether systemd and the node would find just this generation."""
        content = self.content(name)
        return (
            self.current() == name
            and live.release.is_symlink()
            and all(
                link.is_symlink() and link.readlink() == self.root / CURRENT / kind
                if kind in content.files
                else not os.path.lexists(link)
                for kind, link in live.links.items()
            )
            and text_of(live.unit) == content.files["unit"]
        )

    def prove(self, name: str, *, ready: bool) -> None:
        """Note that the node runs a generation, and whether it was READY."""
        if ready:
            write(self.root / name / GOOD, now().isoformat(), 0o644)
        (self.root / UNPROVEN).unlink(missing_ok=True)
        settle(self.root)

    def disprove(self, name: str) -> None:
        """Note that a generation is not one to go back to."""
        with suppress(FileNotFoundError):
            (self.root / name / GOOD).unlink()

    def surplus(self, keep: int) -> list[str]:
        """What need not be kept: all but the current one, the ways back, and the newest that failed."""
        others = [name for name in self.ids() if name != self.current()]
        good = sorted((name for name in others if self.proven(name)), key=self.proven)
        failed = [name for name in others if not self.proven(name)]
        kept = {*good[-max(keep - 1, 0) :], *failed[-1:]} if keep > 1 else set()
        return [name for name in others if name not in kept]

    def remove(self, name: str) -> None:
        """Remove a generation; a half removed one has no name any more."""
        gone = self.root / f".gone-{name}"
        (self.root / name).rename(gone)
        shutil.rmtree(gone)


def releases_named(everything: Path) -> list[str]:
    """The releases that generations of any instance on this host name."""
    return sorted({str(link.readlink()) for link in everything.glob(f"*/*/{RELEASE}")})
