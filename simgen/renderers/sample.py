# pyright: basic, reportInvalidTypeForm=false, reportGeneralTypeIssues=false
# pyright: reportCallIssue=false, reportReturnType=false, reportAttributeAccessIssue=false
# pyright: reportArgumentType=false, reportIndexIssue=false, reportOperatorIssue=false
"""Samples that cover their domain evenly, and are the same in every frame.

Every pixel has a stretch of one Owen-scrambled Sobol sequence (scrambling by hashing after Burley,
JCGT 9(4) 2020). What the denoiser sees takes stretches at random: in Morton order (Ahmed & Wonka,
ACM TOG 39(6) 2020) every block of 2^k x 2^k pixels covers the unit square evenly, which leaves less
noise and a finer grain, but in places a weave, which the denoiser takes for texture. Smoke is not
denoised and has that order. As the samples of a pixel do not change from frame to frame, a still
scene is a still picture.
"""

import warp as wp

MIX = wp.constant(wp.uint32(0x846CA68B))
FIRST = wp.constant(wp.uint32(0xA511E9B3))
SECOND = wp.constant(wp.uint32(0x63D83595))
"""Literals above 2^31 would be taken for negative numbers."""


@wp.func
def _spread(x: wp.uint32) -> wp.uint32:
    """The low 16 bits of x with zeros between them."""
    v = x & wp.uint32(0xFFFF)
    v = (v | (v << wp.uint32(8))) & wp.uint32(0x00FF00FF)
    v = (v | (v << wp.uint32(4))) & wp.uint32(0x0F0F0F0F)
    v = (v | (v << wp.uint32(2))) & wp.uint32(0x33333333)
    return (v | (v << wp.uint32(1))) & wp.uint32(0x55555555)


@wp.func
def hash_seed(x: wp.uint32) -> wp.uint32:
    """A well mixed integer (Wellons' `lowbias32`)."""
    v = (x ^ (x >> wp.uint32(16))) * wp.uint32(0x7FEB352D)
    v = (v ^ (v >> wp.uint32(15))) * MIX
    return v ^ (v >> wp.uint32(16))


@wp.func
def sample_index(x: wp.int32, y: wp.int32, sample: wp.int32, samples: wp.int32) -> wp.uint32:
    """Number of one of the `samples` of pixel (x, y), with nothing in common with neighbours."""
    pixel = hash_seed(wp.uint32(x) | (wp.uint32(y) << wp.uint32(16)))
    return pixel * wp.uint32(samples) + wp.uint32(sample)


@wp.func
def even_index(x: wp.int32, y: wp.int32, sample: wp.int32, samples: wp.int32) -> wp.uint32:
    """Number of one of the `samples` of pixel (x, y) in Morton order through the picture."""
    morton = _spread(wp.uint32(x)) | (_spread(wp.uint32(y)) << wp.uint32(1))
    return morton * wp.uint32(samples) + wp.uint32(sample)


@wp.func
def _reverse(x: wp.uint32) -> wp.uint32:
    v = (x << wp.uint32(16)) | (x >> wp.uint32(16))
    v = ((v & wp.uint32(0x00FF00FF)) << wp.uint32(8)) | (
        (v >> wp.uint32(8)) & wp.uint32(0x00FF00FF)
    )
    v = ((v & wp.uint32(0x0F0F0F0F)) << wp.uint32(4)) | (
        (v >> wp.uint32(4)) & wp.uint32(0x0F0F0F0F)
    )
    v = ((v & wp.uint32(0x33333333)) << wp.uint32(2)) | (
        (v >> wp.uint32(2)) & wp.uint32(0x33333333)
    )
    return ((v & wp.uint32(0x55555555)) << wp.uint32(1)) | (
        (v >> wp.uint32(1)) & wp.uint32(0x55555555)
    )


@wp.func
def _laine_karras(x: wp.uint32, seed: wp.uint32) -> wp.uint32:
    """A permutation in which every bit depends on lower bits only (Vegdahl's constants)."""
    v = x ^ (x * wp.uint32(0x3D20ADEA))
    v += seed
    v *= (seed >> wp.uint32(16)) | wp.uint32(1)
    v ^= v * wp.uint32(0x05526C56)
    return v ^ (v * wp.uint32(0x53A22864))


@wp.func
def _unit(x: wp.uint32) -> wp.float32:
    return wp.float32(x >> wp.uint32(8)) * 5.9604645e-8


@wp.func
def sample_square(index: wp.uint32, use: wp.int32) -> wp.vec2:
    """Sample `index` for one `use`: a point of [0, 1)^2; different uses are independent."""
    seed = hash_seed(wp.uint32(use) * wp.uint32(2) + wp.uint32(1))
    # Shuffled so that different uses pair up differently; reversing twice leaves the bits as
    # the first dimension of Sobol's sequence wants them.
    flipped = _laine_karras(_reverse(index), seed)
    shuffled = _reverse(flipped)
    # The second dimension's matrix is Pascal's triangle modulo 2: a sum over supersets of bits.
    v = shuffled ^ ((shuffled >> wp.uint32(1)) & wp.uint32(0x55555555))
    v ^= (v >> wp.uint32(2)) & wp.uint32(0x33333333)
    v ^= (v >> wp.uint32(4)) & wp.uint32(0x0F0F0F0F)
    v ^= (v >> wp.uint32(8)) & wp.uint32(0x00FF00FF)
    v ^= v >> wp.uint32(16)
    a = _reverse(_laine_karras(shuffled, hash_seed(seed ^ FIRST)))
    b = _reverse(_laine_karras(v, hash_seed(seed ^ SECOND)))
    return wp.vec2(_unit(a), _unit(b))
