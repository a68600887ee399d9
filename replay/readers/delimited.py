"""Delimited text files (CSV, TSV, plain or gzip), a block at a time."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext, suppress
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from replay.errors import LogError
from replay.readers.digests import Digests, check_unchanged, stamp
from replay.readers.lines import Lines
from replay.readers.sources import Form
from replay.readers.strays import Part, StrayLines
from replay.readers.text import MISSING

_BLOCK = 1 << 23  # bytes: some 50,000 to 100,000 rows
_GUESS = 1 << 20  # bytes that types are guessed from
_HEADER = 1 << 16
_GZIP = b"\x1f\x8b"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_DELIMITERS = (",", "\t", ";", "|")
_GUESSED = (pa.null(), pa.bool_(), pa.int64(), pa.float64(), pa.date32())
_NOT_UTF8 = "expected UTF-8 text, found other bytes; save the file as UTF-8"
_SHOWN = 60  # characters of a line that is shown
_BAD_COUNT = re.compile(r"CSV parse error: Row #(\d+): Expected (\d+) columns, got (\d+): (.*)", re.DOTALL)
_BAD_VALUE = re.compile(r"In CSV column #(\d+): Row #(\d+): CSV conversion error to (\w+): (.*)", re.DOTALL)


class DelimitedSource:
    """One delimited text file.

    Categories, times, amounts and ids are taken as the text that stands there, so a type cannot change on the way;
    numbers are float64.  A field that is empty or, unquoted, one of `MISSING` is missing.

    Parameters
    ----------
    path : Path
    digests : Digests
    names : sequence of str, optional
        Column names of a tab-separated file that has no header and knows no quotes.
    """

    def __init__(self, path: Path, digests: Digests, names: Sequence[str] | None = None) -> None:
        self.name = str(path)
        self._path = path
        self._digests = digests
        self._names = names
        self._stamp = stamp(path)

    def digest(self) -> str:
        """Return a fingerprint of the file's bytes."""
        return self._digests.of(self._path)

    def schema(self) -> pa.Schema:
        """Return names of all columns, and types as the first rows suggest them."""
        return self._schema

    @cached_property
    def _schema(self) -> pa.Schema:
        guessed = self._open(_GUESS, {}, self._stray(), []).schema
        return pa.schema([pa.field(f.name, _settle(f.type)) for f in guessed])

    def batches(self, forms: Mapping[str, Form]) -> Iterator[pa.RecordBatch]:
        """Yield the asked columns: numbers as float64, everything else as text."""
        for part in self._read(forms, None):
            yield part.batch

    def parts(self, forms: Mapping[str, Form]) -> Iterator[Part]:
        """Yield the same with the lines left out, those that have not as many columns as the first.

        Raises
        ------
        LogError
            As `batches`, and if hardly any line has as many.
        """
        yield from self._read(forms, self._stray())

    def _read(self, forms: Mapping[str, Form], stray: StrayLines | None) -> Iterator[Part]:
        names, row = self.schema().names, 0
        reader = self._open(_BLOCK, forms, stray, names)
        while (batch := self._next(reader, stray, names)) is not None:
            strays = stray.take(row, batch.num_rows) if stray else None
            if batch.num_rows or strays:
                yield Part(row, batch, strays)
            row += batch.num_rows + (len(strays.at) if strays else 0)
        if stray and (strays := stray.take(row, 0)):  # those behind the last line that fits
            yield Part(row, pa.RecordBatch.from_pylist([], schema=reader.schema), strays)
            row += len(strays.at)
        if stray and stray.count == row > 0:
            raise LogError(f"{self.name}: {stray.refusal()}")
        check_unchanged(self._path, self._stamp)

    def _next(self, reader: Any, stray: StrayLines | None, names: Sequence[str]) -> pa.RecordBatch | None:
        try:
            with stray.hushed() if stray else nullcontext():
                batch: pa.RecordBatch = reader.read_next_batch()
        except StopIteration:
            return None
        except (pa.ArrowException, OSError) as error:
            raise LogError(self._say(error, names, stray)) from error
        return batch

    def _open(self, block: int, forms: Mapping[str, Form], stray: StrayLines | None, names: Sequence[str]) -> Any:
        from pyarrow import csv  # noqa: PLC0415  # not every log is text

        try:
            with stray.hushed() if stray else nullcontext():
                return csv.open_csv(
                    self._stream(),
                    csv.ReadOptions(use_threads=False, block_size=block, column_names=self._names),
                    csv.ParseOptions(
                        delimiter=self._delimiter,
                        quote_char=False if self._names else '"',
                        newlines_in_values=not self._names,
                        invalid_row_handler=stray,
                    ),
                    csv.ConvertOptions(
                        include_columns=list(forms),
                        column_types={
                            name: pa.float64() if form == "number" else pa.string() for name, form in forms.items()
                        },
                        null_values=[*MISSING],
                        strings_can_be_null=True,
                        quoted_strings_can_be_null=False,
                    ),
                )
        except (pa.ArrowException, OSError) as error:
            raise LogError(self._say(error, names, stray)) from error

    def _stray(self) -> StrayLines:
        return StrayLines(self._lines, header=not self._names)

    def _lines(self) -> Lines:
        return Lines(self._stream, self._delimiter, quotes=not self._names)

    @property
    def _delimiter(self) -> str:
        start = self._start()
        return "\t" if self._names else _delimiter(start)

    def _start(self) -> bytes:
        try:
            with self._stream() as stream:
                start: bytes = stream.read(_HEADER)
        except (pa.ArrowException, OSError) as error:
            raise LogError(self._say(error, [])) from error
        if start.startswith(_UTF16):
            raise LogError(f"{self.name}: expected UTF-8 text, found UTF-16; save it as UTF-8")
        if not start.strip() and not self._names:
            raise LogError(f"{self.name}: expected a first line of column names, found an empty file; write it again")
        return start

    def _stream(self) -> Any:
        with self._path.open("rb") as file:
            packed = file.read(len(_GZIP)) == _GZIP
        return pa.input_stream(str(self._path), compression="gzip" if packed else None)

    def _say(self, error: BaseException, names: Sequence[str], stray: StrayLines | None = None) -> str:
        """Say in our words what Arrow says of a line."""
        said = str(error).strip()
        if stray and stray.gave_up:
            return f"{self.name}: {stray.refusal()}"
        if count := _BAD_COUNT.search(said):
            row, expected, found, text = count.groups()
            where = f"{self.name}: line {self._line(row)}"
            if stray and stray.undecodable:
                return f"{where}: {_NOT_UTF8}"
            return f"{where}: expected {expected} columns, found {found}: {text[:_SHOWN]!r}; mend or remove it"
        if value := _BAD_VALUE.search(said):
            column, row, type_, text = value.groups()
            where = f"{self.name}: line {self._line(row)}, column {names[int(column)]!r}"
            if type_ == "string":
                return f"{where}: {_NOT_UTF8}"
            otherwise = "" if self._names else ", or name the column under categorical"
            return (
                f"{where}: expected a number, found {text.removeprefix('invalid value ')[:_SHOWN]}; mend it{otherwise}"
            )
        return f"{self.name}: cannot be read as delimited text: {said.splitlines()[0]}; write or copy it again"

    def _line(self, row: str) -> int:
        """Return the line that a row begins on, or its number if the file cannot be read up to it."""
        with suppress(pa.ArrowException, OSError):
            return int(self._lines().find(np.array([int(row)]))[0]) or int(row)
        return int(row)


def _settle(guessed: pa.DataType) -> pa.DataType:
    """Return the type as far as a guess goes; times of day and the like are text."""
    return guessed if guessed in _GUESSED or pa.types.is_timestamp(guessed) else pa.string()


def _delimiter(start: bytes) -> str:
    """Return the delimiter that is most frequent in the first line, outside of quotes."""
    header = re.sub(r'"[^"]*"', "", start.split(b"\n", 1)[0].decode("utf-8", "replace"))
    return max(_DELIMITERS, key=header.count)
