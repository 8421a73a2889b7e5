"""How each pass is stored: quantized within a stated bound, shuffled and zstd-compressed per frame.

Values keep their units and need no scale factor: a plain HDF5 reader sees metres and pixels, at 6
to 20 % more bytes than scaled integers would take (measured on the demo). The chunk of one frame
and channel is a zstd frame with a content checksum behind HDF5's shuffle filter, so a flipped bit
raises instead of passing as data.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from io import BytesIO
from itertools import islice, pairwise
from pathlib import Path
from typing import IO, Any

import numpy as np

from simgen.errors import SimgenError
from simgen.record import PASSES, AnyArray

ZSTD_FILTER = 32015
ZSTD_LEVEL = 3
REPEATABLE = "mbtree=0:threads=8"
"""x264 parameters for equal bytes from equal pictures: with the macroblock tree its vector code
gives other bytes from run to run, and the bytes depend on the number of threads, the same on every
machine. Eight keep up with 60 frames/s of 1920x1080 px where there are as many cores."""
REORDERED = 2
"""Pictures by which x264 delays decoding, with its pyramid of bidirectional pictures."""
GOP = 30
"""Frames per closed group of pictures: the unit of random access into the video."""


@dataclass(frozen=True)
class PassCodec:
    """Stored type and quantization of one dense pass; `bound` states the error in words."""

    dtype: str
    bound: str
    step: float = 0.0
    """Values are rounded to multiples of this."""
    mantissa: int = 0
    """Explicit bits of the float32 mantissa that are kept; 0 keeps all."""

    def quantize(self, values: AnyArray) -> AnyArray:
        """Values as stored; inf and NaN survive."""
        if self.mantissa:
            drop = 23 - self.mantissa
            bits = np.ascontiguousarray(values, np.float32).view(np.uint32)
            finite = np.isfinite(values)
            half = np.uint32((1 << (drop - 1)) - 1) + ((bits >> np.uint32(drop)) & np.uint32(1))
            rounded = (bits + half) & np.uint32((0xFFFFFFFF << drop) & 0xFFFFFFFF)
            return np.where(finite, rounded, bits).view(np.float32)
        if self.step:  # a power of two: exact in float32
            values = np.rint(np.asarray(values, np.float32) / np.float32(self.step))
            values *= np.float32(self.step)
        return np.ascontiguousarray(values, self.dtype)


_FLOW = PassCodec("f4", "at most 1/256 px", step=1 / 128)
_COARSE_FLOW = PassCodec("f4", "at most 1/128 px", step=1 / 64)
_CHANGE = PassCodec("f4", "at most 3.1e-5 m", step=2.0**-14)
_COARSE_CHANGE = PassCodec("f4", "at most 2.5e-4 m", step=2.0**-11)
_DISTANCE = PassCodec("f4", "at most 6.2e-5 of the value", mantissa=13)
_FLAG = PassCodec("?", "exact")

CODECS: dict[str, PassCodec] = {
    "valid": _FLAG,
    "depth": _DISTANCE,
    "segmentation": PassCodec("u2", "exact"),
    "normal": PassCodec("f2", "at most 0.1 degree", step=1 / 512),
    "forward_flow": _FLOW,
    "backward_flow": _FLOW,
    "forward_depth_change": _CHANGE,
    "backward_depth_change": _CHANGE,
    "forward_occlusion": _FLAG,
    "backward_occlusion": _FLAG,
    "object_coordinates": PassCodec("f2", "at most 2.5e-4", step=1 / 2048),
    "temperature": PassCodec("f4", "at most 1/128 K", step=1 / 64),
    "transmittance": PassCodec("f2", "at most 2.5e-4", step=1 / 2048),
    "volume_depth": _DISTANCE,
}
"""Every dense pass but `rgb`, which is video."""


@dataclass(frozen=True)
class Profile:
    """What a shard keeps of a clip besides its exact state, and how finely."""

    passes: tuple[str, ...]
    codecs: Mapping[str, PassCodec]
    summary: str
    tracks: bool = True
    """Whether tracks are stored."""


PROFILES = {
    "full": Profile(tuple(PASSES), CODECS, "every pass"),
    "train": Profile(
        tuple(name for name in PASSES if name in ("rgb", "valid", "depth", "segmentation"))
        + tuple(name for name in PASSES if name.startswith(("forward_", "backward_"))),
        CODECS
        | {f"{way}_flow": _COARSE_FLOW for way in ("forward", "backward")}
        | {f"{way}_depth_change": _COARSE_CHANGE for way in ("forward", "backward")}
        | {"normal": PassCodec("f2", "at most 0.8 degree", step=1 / 64)},
        "what the losses of a trainer read",
    ),
    "replay": Profile(
        ("rgb",), CODECS, "the picture; the rest is rendered from the state", tracks=False
    ),
}


def compress(plane: AnyArray) -> bytes:
    """One chunk: bytes grouped by significance (HDF5 shuffle), then a checksummed zstd frame."""
    import zstandard

    data: Any = np.ascontiguousarray(plane)
    size = data.dtype.itemsize
    if size > 1:
        data = np.ascontiguousarray(data.reshape(-1).view(np.uint8).reshape(-1, size).T)
    return zstandard.ZstdCompressor(level=ZSTD_LEVEL, write_checksum=True).compress(data)


class DamagedChunk(SimgenError):
    """Stored bytes that are not what was written."""


def decompress(
    chunk: bytes | memoryview, dtype: str, shape: tuple[int, ...], out: AnyArray | None = None
) -> AnyArray:
    """The values of one chunk of `compress`, in `out` where it is given (contiguous, of that type
    and shape).

    Raises:
        DamagedChunk: its checksum or size is wrong.
    """
    import zstandard

    values = np.empty(shape, dtype) if out is None else out
    try:
        # Extra data: the checksum of a frame whose flag says it has none.
        plain = zstandard.ZstdDecompressor().decompress(
            chunk, max_output_size=values.nbytes, allow_extra_data=False
        )
    except zstandard.ZstdError as error:
        raise DamagedChunk(f"a damaged chunk: {error}") from None
    if len(plain) != values.nbytes:
        raise DamagedChunk(f"a damaged chunk: {len(plain)} bytes, expected {values.nbytes}")
    size = values.itemsize
    target = values.reshape(-1).view(np.uint8).reshape(-1, size)
    for k, part in enumerate(np.frombuffer(plain, np.uint8).reshape(size, -1)):
        target[:, k] = part
    return values


def planes(codec: PassCodec, array: AnyArray) -> Iterator[tuple[tuple[int, ...], AnyArray]]:
    """The chunks of one frame of a pass: channel offset and plane, channels apart."""
    stored = codec.quantize(array)
    if stored.ndim == 2:
        yield (), stored
    else:
        for channel in range(stored.shape[-1]):
            yield (channel,), stored[..., channel]


def pixel_format(width: int, height: int) -> str:
    """Half colour resolution where the size divides, else full."""
    return "yuv420p" if width % 2 == 0 and height % 2 == 0 else "yuv444p"


class VideoEncoder:
    """H.264 Annex B with closed groups of pictures, spooled to disk when it grows."""

    def __init__(self, width: int, height: int, fps: float) -> None:
        self._av = av = _quiet_av()
        self.pixel_format = pixel_format(width, height)
        context: Any = av.CodecContext.create("libx264", "w")
        rate = Fraction(fps).limit_denominator(100_000)
        context.width, context.height, context.pix_fmt = width, height, self.pixel_format
        context.framerate, context.time_base, context.gop_size = rate, 1 / rate, GOP
        context.colorspace, context.color_range, context.thread_count = 1, 1, 1
        context.options = {
            "preset": "veryfast",
            "crf": "16",
            "x264-params": f"keyint={GOP}:min-keyint={GOP}:scenecut=0:open-gop=0:{REPEATABLE}:"
            "repeat-headers=1:annexb=1:"
            "colorprim=bt709:transfer=bt709:colormatrix=bt709",
        }
        self._context = context
        self._spool: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=16 << 20)  # noqa: SIM115
        self._count = 0
        self.group_offsets: list[int] = []
        """Byte offset of every group of pictures."""

    def add(self, rgb: AnyArray) -> None:
        """Append one (H, W, 3) uint8 picture."""
        frame = self._av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
        frame = frame.reformat(format=self.pixel_format, dst_colorspace="ITU709")
        frame.pts = self._count
        self._count += 1
        self._take(self._context.encode(frame))

    def _take(self, packets: Any) -> None:
        for packet in packets:
            if packet.is_keyframe:
                self.group_offsets.append(self._spool.tell())
            self._spool.write(bytes(packet))

    def finish(self) -> tuple[tuple[int, int], Iterator[AnyArray]]:
        """Shape (group, byte) and the closed groups of pictures one by one, padded with zeros.

        Annex B allows zeros after a unit, so every row is a stream of its own and all rows after
        each other are the whole video.
        """
        self._take(self._context.encode(None))
        bounds = [*self.group_offsets, self._spool.tell()]
        sizes = [stop - start for start, stop in pairwise(bounds)]
        return (len(sizes), max(sizes)), self._rows(sizes)

    def _rows(self, sizes: list[int]) -> Iterator[AnyArray]:
        self._spool.seek(0)
        for size in sizes:
            row = np.zeros(max(sizes), np.uint8)
            row[:size] = np.frombuffer(self._spool.read(size), np.uint8)
            yield row
        self._spool.close()


def _quiet_av() -> Any:
    """PyAV, without the encoder's chatter."""
    import av
    import av.logging

    av.logging.set_level(av.logging.ERROR)
    return av


def decode_video(stream: bytes) -> Iterator[AnyArray]:
    """(H, W, 3) uint8 pictures of one or more whole groups of pictures."""
    return (_picture(frame).copy() for frame in _decoded(stream))


def decode_window(groups: Iterable[bytes], wanted: range) -> AnyArray:
    """(wanted, H, W, 3) uint8 pictures of groups that follow each other; `wanted` counts from the
    first frame of the first group. In memory the channels lie apart, as trainers want them.

    Raises:
        DamagedChunk: the groups have fewer frames.
    """
    every = (frame for group in groups for frame in _decoded(group))
    out = np.empty((0, 3, 0, 0), np.uint8)
    count = 0
    for frame in islice(every, wanted.start, wanted.stop, wanted.step):
        picture = np.moveaxis(_picture(frame), -1, 0)
        if not count:
            out = np.empty((len(wanted), *picture.shape), np.uint8)
        out[count] = picture
        count += 1
    if count < len(wanted):
        raise DamagedChunk(f"a damaged video: {count} of {len(wanted)} frames")
    return np.moveaxis(out, 1, -1)


def write_mp4(path: Path, groups: Iterable[bytes], fps: float) -> None:
    """Stored groups of pictures as they are, in an MP4 with its index in front; nothing is encoded
    again."""
    av = _quiet_av()
    rate = Fraction(fps).limit_denominator(100_000)
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as file:
        track, before = None, 0
        for group in groups:
            if track is None:
                with av.open(BytesIO(group), format="h264") as stream:
                    track = file.add_stream_from_template(stream.streams.video[0])
                    track.time_base = 1 / rate
            packets, shown = _timed(group)
            for number, (packet, place) in enumerate(zip(packets, shown, strict=True), before):
                packet.stream, packet.time_base, packet.duration = track, 1 / rate, 1
                packet.dts, packet.pts = number - REORDERED, before + place
                file.mux(packet)
            before += len(packets)


def _timed(group: bytes) -> tuple[list[Any], list[int]]:
    """Packets of a group of pictures in the order of decoding, and the place of each in the order
    of showing: a decoder gives pictures in that order, each with the time of its packet."""
    context: Any = _quiet_av().CodecContext.create("h264", "r")
    context.thread_count = 1
    packets = [p for p in (*context.parse(group), *context.parse(None)) if p.size]
    for number, packet in enumerate(packets):
        packet.pts = packet.dts = number
    order = [frame.pts for packet in (*packets, None) for frame in context.decode(packet)]
    return packets, np.argsort(order).tolist()


def _decoded(stream: bytes) -> Iterator[Any]:
    """The decoder's frames of one or more whole groups of pictures."""
    context: Any = _quiet_av().CodecContext.create("h264", "r")
    context.thread_count = 1
    for packet in (*context.parse(stream), *context.parse(None)):
        yield from context.decode(packet)
    yield from context.decode(None)


def _picture(frame: Any) -> AnyArray:
    """(H, W, 3) uint8 view of a decoded frame in RGB."""
    rgb = frame.reformat(format="rgb24", src_colorspace="ITU709")
    (plane,) = rgb.planes
    rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
    return rows[: rgb.height, : 3 * rgb.width].reshape(rgb.height, rgb.width, 3)
