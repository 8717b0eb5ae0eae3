"""From a file to its rows, one after the other: parquet, CSV or JSON lines, plain or in gzip or zip."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
import zlib
from contextlib import closing, contextmanager
from functools import partial
from typing import IO, TYPE_CHECKING, Any

from simvenue.market.recordings.formats import KNOWN, by_header, by_shape, message
from simvenue.market.recordings.records import RecordingError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from simvenue.market.recordings.records import Record

type Row = tuple[int, list[Record]]
"""A row's number, the first after a header being 0, and what it holds."""

_BATCH = 4096
_LONGEST_LINE = 4 * 1024 * 1024
_PARQUET = b"PAR1"
_GZIP = b"\x1f\x8b"
_ZIP = b"PK\x03\x04"


def rows(path: Path) -> Iterator[Row]:
    """Read a file's rows; never more than a few thousand are in memory.

    Raises:
        RecordingError: the file or one of its rows cannot be used; raised when that row is reached.
    """
    try:
        with path.open("rb") as file:
            start = file.read(4)
        if start == _PARQUET:
            yield from _parquet(path)
        else:
            with _text(path, start) as lines:
                yield from _lines(path, lines)
    except FileNotFoundError as error:
        raise RecordingError(f"{path} does not exist; set it to a recording") from error
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, UnicodeDecodeError, csv.Error) as error:
        raise RecordingError(f"{path} cannot be read ({error}); fetch or make the recording anew") from error


def _parquet(path: Path) -> Iterator[Row]:
    # Slow to import and only needed for these files.
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        with closing(pq.ParquetFile(path)) as table:
            found = by_header(table.schema_arrow.names)
            if found is None:
                raise _unknown(path, table.schema_arrow.names)
            known = found[0]
            number = 0
            for batch in table.iter_batches(_BATCH, columns=list(known.columns)):
                columns = (batch.column(name).to_pylist() for name in known.columns)
                for cells in zip(*columns, strict=True):
                    yield _row(path, number, partial(known.read, cells))
                    number += 1
    except pa.ArrowException as error:
        raise RecordingError(f"{path} cannot be read as parquet ({error}); fetch or make it anew") from error


@contextmanager
def _text(path: Path, start: bytes) -> Iterator[IO[str]]:
    if start == _ZIP:
        with zipfile.ZipFile(path) as archive:
            members = [name for name in archive.namelist() if not name.endswith("/")]
            if len(members) != 1:
                raise RecordingError(f"{path} holds {len(members)} files; unpack it and choose one")
            with archive.open(members[0]) as binary:
                yield io.TextIOWrapper(binary, encoding="utf-8-sig", newline="")
    elif start.startswith(_GZIP):
        with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as text:
            yield text
    else:
        with path.open("r", encoding="utf-8-sig", newline="") as text:
            yield text


def _lines(path: Path, text: IO[str]) -> Iterator[Row]:
    lines = _bounded(path, text)
    first = next(lines, None)
    if first is None:
        return
    if first.lstrip().startswith("{"):
        for number, line in enumerate(_from(first, lines)):
            yield _row(path, number, partial(_message, line))
        return
    table = csv.reader(_from(first, lines))
    cells = next(table)
    found = by_header(cells)
    if found is None:
        found = by_shape(cells)
        if found is None:
            raise _unknown(path, cells)
        table = csv.reader(_from(first, lines))
    known, places = found
    for number, picked in enumerate(table):
        yield _row(path, number, partial(_picked, known.read, picked, places))


def _picked(read: Callable[[list[Any]], Iterator[Record]], cells: list[str], places: list[int]) -> Iterator[Record]:
    if len(cells) <= max(places):
        raise ValueError(f"it has {len(cells)} cells only")
    return read([cells[place] for place in places])


def _message(line: str) -> Iterator[Record]:
    try:
        document = json.loads(line)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    return message(document)


def _bounded(path: Path, text: IO[str]) -> Iterator[str]:
    for number, line in enumerate(iter(partial(text.readline, _LONGEST_LINE), "")):
        if len(line) == _LONGEST_LINE:
            raise RecordingError(f"{path} line {number + 1} is longer than {_LONGEST_LINE} characters; is it a table?")
        if line.strip():
            yield line


def _from(first: str, others: Iterator[str]) -> Iterator[str]:
    yield first
    yield from others


def _row(path: Path, number: int, read: Callable[[], Iterator[Record]]) -> Row:
    try:
        return number, list(read())
    except ValueError as error:
        raise RecordingError(f"{path} row {number}: {error}; correct or remove that row") from error


def _unknown(path: Path, names: list[str]) -> RecordingError:
    return RecordingError(f"{path} has the columns {', '.join(names)[:200]}; known are {KNOWN}")
