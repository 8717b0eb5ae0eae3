"""An operator's packages: every way to name one ends in a wheel with a hash, and every mistake is told at once."""

from __future__ import annotations

import subprocess
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# A build backend of its own, so that no index is asked for one.
_BACKEND = """
import zipfile
from pathlib import Path

def build_wheel(directory, config_settings=None, metadata_directory=None):
    name = "{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(Path(directory, name), "w") as wheel:
        def add(path, text):
            wheel.writestr(zipfile.ZipInfo(path), text)
        add("{name}.py", Path("{name}.py").read_text())
        add("{name}-{version}.dist-info/METADATA", "Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n")
        add("{name}-{version}.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        add("{name}-{version}.dist-info/RECORD", "")
    return name
"""


def _project(directory: Path, name: str, text: str, version: str = "1.0") -> Path:
    directory.mkdir(parents=True)
    (directory / "pyproject.toml").write_text(
        f'[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n[project]\nname = "{name}"\n'
        f'version = "{version}"\n'
    )
    (directory / "backend.py").write_text(_BACKEND.format(name=name, version=version))
    (directory / f"{name}.py").write_text(text)
    return directory


def _git(directory: Path, *argv: str) -> None:
    who = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *who, *argv], cwd=directory, check=True, capture_output=True)


@pytest.fixture
def make(
    repository: Path, tmp_path: Path, run_module: Callable[[str, str, dict[str, Any]], dict[str, Any]]
) -> Callable[..., dict[str, Any]]:
    """The module, in a checkout of its own with an empty lock and the real uv."""
    checkout = tmp_path / "checkout"
    (checkout / ".tools/uv").parent.mkdir(parents=True)
    (checkout / ".tools/uv").symlink_to(repository / ".tools/uv")
    (checkout / "lock.txt").write_text("")
    own = checkout / "own-1.0-py3-none-any.whl"
    with zipfile.ZipFile(own, "w") as wheel:
        wheel.writestr("own-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: own\nVersion: 1.0\n")
        wheel.writestr("own-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("own-1.0.dist-info/RECORD", "")

    def run(*packages: str) -> dict[str, Any]:
        arguments = {"project": str(checkout), "lock": str(checkout / "lock.txt"), "wheel": str(own)}
        return run_module(
            "release",
            "release_packages",
            {**arguments, "packages": list(packages), "release": "1.0-0123456789ab", "python": "3.13"},
        )

    return run


@pytest.mark.slow
def test_the_same_content_is_the_same_release(make: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    """A directory, its wheel and its repository at a tag give one release id; another line of code gives another."""
    source = _project(tmp_path / "mine", "mine", "x = 1\n")
    _git(source, "init")
    _git(source, "add", ".")
    _git(source, "commit", "-m", "one")
    _git(source, "tag", "v1")
    of_directory = make(str(source))
    assert [wheel["name"] for wheel in of_directory["wheels"]] == ["mine-1.0-py3-none-any.whl"], of_directory
    assert of_directory["id"].startswith("1.0-")
    assert make(of_directory["wheels"][0]["path"])["id"] == of_directory["id"]
    (source / "mine.py").write_text("x = 2\n")
    assert make(str(source))["id"] != of_directory["id"]
    of_tag = make(f"mine @ git+file://{source}@v1")
    assert of_tag.get("id") == of_directory["id"], of_tag
    _git(source, "commit", "-a", "-m", "two")
    assert make(f"mine @ git+file://{source}")["id"] == make(str(source))["id"]


def test_every_mistake_is_told_at_once(make: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    """Each package that cannot be installed is named with the fix, and a token in an address is not shown."""
    (tmp_path / "empty").mkdir()
    said = make(
        "wheels/none-1.0-py3-none-any.whl",
        str(tmp_path / "empty"),
        "./no/such/directory",
        f"other @ git+file://token-canary@localhost{tmp_path}/no-repository@v1",
    )["msg"]
    for expected in (
        "none-1.0-py3-none-any.whl does not exist on the controller",
        "empty has no pyproject.toml",
        "./no/such/directory is no wheel, no directory on the controller",
        "no-repository@v1 cannot be asked",
    ):
        assert expected in said, said
    assert "canary" not in said
    assert "other @ git+file://***@" in said


def test_a_repository_s_project_must_be_the_one_named(make: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    """`name @ git+…` with another project behind it is refused, with the name that is right."""
    source = _project(tmp_path / "mine", "mine", "x = 1\n")
    _git(source, "init")
    _git(source, "add", ".")
    _git(source, "commit", "-m", "one")
    assert "is the project mine; write that name before the @" in make(f"yours @ git+file://{source}")["msg"]
