"""Records in HDF5: every array with its unit, axes and meaning, read back into the same
dataclass."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, is_dataclass
from importlib import import_module
from typing import Any, TypeGuard, TypeVar, cast, get_args, get_origin, get_type_hints

import numpy as np

from simgen.codec import ZSTD_LEVEL, compress
from simgen.errors import SimgenError
from simgen.record import AnyArray, Record, Solver, array_specs

R = TypeVar("R", bound=Record)
_CHUNK = 1 << 20
"""Bytes per chunk of a small array."""


def to_json(value: Any) -> str:
    """JSON text with sorted keys; NaN and inf as JavaScript writes them."""
    return json.dumps(value, sort_keys=True, allow_nan=True)


def describe(dataset: Any, axes: str, unit: str, description: str) -> None:
    """Unit, meaning and axis labels beside the data."""
    dataset.attrs["unit"] = unit
    dataset.attrs["description"] = description
    names = axes.split()
    dataset.attrs["axes"] = names
    for i, name in enumerate(names):
        dataset.dims[i].label = "channel" if name.isdigit() else name


def write_record(group: Any, record: Record) -> None:
    """Every array of a record with unit, axes and meaning; nested records as sub-groups."""
    specs = array_specs(type(record))
    for f in fields(record):  # pyright: ignore[reportArgumentType]
        value = getattr(record, f.name)
        if value is None:
            continue
        if f.name in specs:
            spec = specs[f.name]
            dataset = write_array(group, f.name, value)
            describe(dataset, spec.axes, spec.unit, spec.description)
            if spec.step:
                dataset.attrs["error_bound"] = f"at most {spec.step / 2:g} {spec.unit}"
        elif isinstance(value, Record):
            write_record(group.create_group(f.name), value)
        elif _are_records(value):
            for name, part in value.items():
                write_record(group.create_group(f"{f.name}/{name}"), part)
        elif is_dataclass(value) and not isinstance(value, type):
            group.attrs[f.name] = to_json(asdict(value))
        else:
            group.attrs[f.name] = value if isinstance(value, int | float) else to_json(value)


def _are_records(value: Any) -> TypeGuard[Mapping[str, Record]]:
    return isinstance(value, Mapping) and all(
        isinstance(part, Record) for part in cast("Mapping[str, Any]", value).values()
    )


def zstd_filter() -> Any:
    """The package that teaches HDF5 to read and write zstd chunks.

    Raises:
        SimgenError: it is not installed; HDF5 itself would speak of a folder that does not exist.
    """
    try:
        return import_module("hdf5plugin")
    except ImportError:
        raise SimgenError(
            "shards are compressed with zstd, which HDF5 reads through the package 'hdf5plugin': "
            "pip install hdf5plugin"
        ) from None


def make_dataset(group: Any, name: str, shape: Sequence[int], dtype: Any, chunk: Any) -> Any:
    """An empty dataset for chunks of `codec.compress`, which plain HDF5 reads with its zstd
    plugin."""
    return group.create_dataset(
        name,
        shape=tuple(shape),
        dtype=dtype,
        chunks=tuple(chunk),
        shuffle=np.dtype(dtype).itemsize > 1,
        **zstd_filter().Zstd(clevel=ZSTD_LEVEL),
    )


def write_array(group: Any, name: str, array: AnyArray, *, rows: int = 0) -> Any:
    """A dataset whose chunks are `rows` rows of `array` (0: about 1 MB), each with a checksum."""
    if array.ndim == 0 or array.size == 0:
        return group.create_dataset(name, data=array)
    rows = int(np.clip(rows or _CHUNK // max(1, array[0].nbytes), 1, len(array)))
    dataset = make_dataset(group, name, array.shape, array.dtype, (rows, *array.shape[1:]))
    for start in range(0, len(array), rows):
        part = array[start : start + rows]
        if len(part) < rows:  # HDF5 stores the last chunk whole
            part = np.concatenate([part, np.zeros((rows - len(part), *part.shape[1:]), part.dtype)])
        dataset.id.write_direct_chunk((start, *(0,) * (array.ndim - 1)), compress(part))
    return dataset


def read_record(group: Any, record: type[R]) -> R:
    """The record stored by `write_record`."""
    hints = get_type_hints(record)
    specs = array_specs(record)
    values: dict[str, Any] = {}
    for f in fields(record):  # pyright: ignore[reportArgumentType]
        stored: Any = group.get(f.name)
        if f.name in specs and stored is not None:
            values[f.name] = stored[()]
        elif f.name in group.attrs:
            values[f.name] = _from_attribute(group.attrs[f.name], hints[f.name])
        elif stored is not None:
            inner, many = _record_type(hints[f.name])
            if many:
                values[f.name] = {name: read_record(stored[name], inner) for name in stored}
            else:
                values[f.name] = read_record(stored, inner)
    return record(**values)


def _record_type(hint: Any) -> tuple[type[Record], bool]:
    """The Record class in a field's annotation, and whether it is a mapping of them."""
    if get_origin(hint) is Mapping:
        return get_args(hint)[1], True
    candidates = [hint, *get_args(hint)]
    return next(c for c in candidates if isinstance(c, type) and issubclass(c, Record)), False


def _from_attribute(value: Any, hint: Any) -> Any:
    if hint in (float, int):
        return hint(value)
    decoded = json.loads(value)
    if hint is Solver:
        return Solver(**(decoded | {"warnings": tuple(decoded["warnings"])}))
    return tuple(cast("list[Any]", decoded)) if isinstance(decoded, list) else decoded
