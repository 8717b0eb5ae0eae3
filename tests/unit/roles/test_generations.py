"""Generations of a node: whatever is interrupted, `current` leads to one whole set, with a way back."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.roles.conftest import load

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType


class PowerLossError(BaseException):
    """Ends an act between two of its steps on the disk."""


@pytest.fixture
def code(repository: Path) -> ModuleType:
    """The role's module utilities."""
    return load(repository / "roles/tradingnode/module_utils/generations.py")


@pytest.fixture
def live(code: ModuleType, tmp_path: Path) -> Any:  # noqa: ANN401 - a class of a file loaded by its path
    """Where systemd and the node would look."""
    links = {kind: tmp_path / f"main.{kind}" for kind in ("env", "strategies", "overrides")}
    return code.Live(links=links, unit=tmp_path / "tradingnode.service", release=tmp_path / "current")


def _content(code: ModuleType, tmp_path: Path, number: int) -> Any:  # noqa: ANN401 - see live
    release = tmp_path / f"releases/0.{number}"
    release.mkdir(parents=True, exist_ok=True)
    files = {kind: f"{kind} {number}" for kind in ("env", "strategies", "unit")}
    return code.Content(
        files=files | ({"overrides": f"overrides {number}"} if number % 2 else {}), release=str(release)
    )


def _seen(live: Any, generations: Any) -> dict[str, str]:  # noqa: ANN401 - see live
    """What a start of the node would read, by way of the links."""
    place = generations.root / "current"
    files = {kind: link.read_text() for kind, link in live.links.items() if link.exists()}
    return files | {"release": str((place / "release").readlink())}


def test_a_switch_shows_one_whole_generation(code: ModuleType, live: Any, tmp_path: Path) -> None:  # noqa: ANN401 - see live
    """After the switch every path leads into the new generation, and the host is known to be unproven until READY."""
    generations = code.Generations(tmp_path / "generations/main")
    for number in (1, 2):
        wanted = _content(code, tmp_path, number)
        name = generations.add(wanted)
        generations.switch(name, live, returning=False)
        assert generations.is_live(name, live)
        assert generations.unproven()
        assert _seen(live, generations)["release"] == wanted.release
        assert live.unit.read_text() == f"unit {number}"
        generations.prove(name, ready=True)
        assert not generations.unproven()
    assert (generations.root / name / "env").stat().st_mode & 0o777 == 0o600


def test_interrupted_anywhere_a_start_reads_one_generation(
    code: ModuleType,
    live: Any,  # noqa: ANN401 - see live
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Power lost before each step of adding and switching: settings, strategies and release are all old or all new.

    The next run sees that it has something to finish, and finishes it.

    """
    generations = code.Generations(tmp_path / "generations/main")
    old = generations.add(_content(code, tmp_path, 1))
    generations.switch(old, live, returning=False)
    generations.prove(old, ready=True)
    steps = {name: getattr(code, name) for name in ("write", "point", "settle")}
    for stop in itertools.count():
        left = stop

        def step(name: str, *arguments: Any) -> None:  # noqa: ANN401 - whatever the step takes
            nonlocal left
            if left == 0:
                raise PowerLossError
            left -= 1
            steps[name](*arguments)

        for name in steps:
            monkeypatch.setattr(code, name, lambda *arguments, name=name: step(name, *arguments))
        wanted = _content(code, tmp_path, stop + 2)
        was = generations.content(generations.current())
        try:
            generations.switch(generations.add(wanted), live, returning=False)
        except PowerLossError:
            done = False
        else:
            done = True
        monkeypatch.undo()
        now = generations.content(generations.current())
        assert now in (was, wanted)
        files = {kind: text for kind, text in now.files.items() if kind != "unit"}
        assert _seen(live, generations) == files | {"release": now.release}
        # What would not be noticed again by the next run must be whole already.
        assert now == was or generations.unproven()
        generations.switch(name := generations.find(wanted) or generations.add(wanted), live, returning=False)
        assert generations.is_live(name, live)
        generations.prove(name, ready=True)
        if done:
            assert stop > 10
            break


def test_the_way_back_is_the_one_that_traded_last(code: ModuleType, live: Any, tmp_path: Path) -> None:  # noqa: ANN401 - see live
    """A generation that was never READY, or failed later, is not gone back to; the last good one is."""
    generations = code.Generations(tmp_path / "generations/main")
    one, two, three = (generations.add(_content(code, tmp_path, number)) for number in (1, 2, 3))
    for name in (one, two, one):
        generations.switch(name, live, returning=False)
        generations.prove(name, ready=True)
    generations.switch(three, live, returning=False)
    assert generations.way_back() == one
    generations.disprove(one)
    assert generations.way_back() == two
    generations.disprove(two)
    assert generations.way_back() is None


def test_what_is_needed_to_go_back_is_kept(code: ModuleType, live: Any, tmp_path: Path) -> None:  # noqa: ANN401 - see live
    """Failed deploys never push out the current generation nor the good ones before it."""
    generations = code.Generations(tmp_path / "generations/main")
    names = [generations.add(_content(code, tmp_path, number)) for number in range(8)]
    for name in names[:4]:
        generations.switch(name, live, returning=False)
        generations.prove(name, ready=True)
    surplus = generations.surplus(3)
    assert set(names) - set(surplus) == {names[3], names[2], names[1], names[7]}
    assert set(names) - set(generations.surplus(1)) == {names[3]}
    generations.remove(names[0])
    assert names[0] not in generations.ids()
    assert code.releases_named(tmp_path / "generations") == sorted(
        {str(tmp_path / f"releases/0.{number}") for number in range(1, 8)}
    )
