"""Reads a YAML file of ours: a key given twice, a bad line or a wrong shape is a problem with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import yaml

from nodecfg.errors import ConfigurationError, Problem

if TYPE_CHECKING:
    from pathlib import Path

_LARGEST_FILE: Final = 1_000_000


def read_mapping(path: Path, *, example: str, named_by: str) -> dict[Any, Any]:
    """Read a file that holds one mapping.

    Args:
        path: The file.
        example: How a right file looks, for the fix.
        named_by: What names the file, for the fix when it does not exist.

    Raises:
        ConfigurationError: It cannot be read, is not YAML or not a mapping.
    """
    try:
        with path.open("rb") as file:
            # Not its size: a pipe has none, and some devices never end.
            content = file.read(_LARGEST_FILE + 1)
        if len(content) > _LARGEST_FILE:
            raise file_error(path, "is larger than 1 MB", example)
        document = yaml.load(content.decode(), Loader=_UniqueKeyLoader)  # noqa: S506 is a SafeLoader
    except FileNotFoundError:
        raise file_error(path, "does not exist", f"create it, or correct {named_by}") from None
    except UnicodeDecodeError:
        raise file_error(path, "is not UTF-8 text", "save it as UTF-8") from None
    except OSError as error:
        raise file_error(path, f"cannot be read: {error.strerror}", "name a readable file") from None
    except RecursionError:
        raise file_error(path, "is nested too deeply", example) from None
    except (yaml.YAMLError, ValueError) as error:
        # ValueError: a scalar such as 2024-13-45 that only looks like a date, or a NUL in the path.
        raise file_error(path, _reason(error), "correct the YAML there") from None
    if not isinstance(document, dict):
        raise file_error(path, "is empty" if document is None else "is not a mapping", example)
    return document


def file_error(path: Path, problem: str, fix: str) -> ConfigurationError:
    """Return the error about a file as a whole."""
    return ConfigurationError([Problem(variable=str(path), value_masked="(file)", problem=problem, fix=fix)])


class _UniqueKeyLoader(yaml.SafeLoader):
    """YAML's safe loader that refuses a key given twice; plain YAML silently keeps the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 overridden signature
        seen: set[tuple[str, str]] = set()
        for key_node, _ in node.value:
            if not isinstance(key_node, yaml.ScalarNode) or key_node.tag == "tag:yaml.org,2002:merge":
                continue
            key = (key_node.tag, key_node.value)
            if key in seen:
                problem = f"key {key_node.value!r} is given twice"
                raise yaml.constructor.ConstructorError(None, None, problem, key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


def _reason(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or "a value cannot be read"
    return f"is not YAML: {what}" + (f" (line {mark.line + 1}, column {mark.column + 1})" if mark else "")
