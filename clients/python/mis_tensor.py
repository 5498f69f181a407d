"""TensorProto from NumPy arrays and back, without TensorFlow.

Needs numpy, and the modules that protoc generates from runtime/grpc/proto (docs/client.md, "Python"). make_tensor and
make_array stand in for tf.make_tensor_proto and tf.make_ndarray: scalars, text, bytes and empty arrays included.
"""

import numpy as np
from tensorflow import tensor_pb2, types_pb2

_BITS16 = {types_pb2.DT_HALF: np.float16, types_pb2.DT_BFLOAT16: np.uint16}  # NumPy has no bfloat16: its bits
_TYPES = {
    types_pb2.DT_FLOAT: (np.float32, "float_val"), types_pb2.DT_DOUBLE: (np.float64, "double_val"),
    types_pb2.DT_INT8: (np.int8, "int_val"), types_pb2.DT_INT16: (np.int16, "int_val"),
    types_pb2.DT_INT32: (np.int32, "int_val"), types_pb2.DT_INT64: (np.int64, "int64_val"),
    types_pb2.DT_UINT8: (np.uint8, "int_val"), types_pb2.DT_UINT16: (np.uint16, "int_val"),
    types_pb2.DT_UINT32: (np.uint32, "uint32_val"), types_pb2.DT_UINT64: (np.uint64, "uint64_val"),
    types_pb2.DT_BOOL: (np.bool_, "bool_val"), types_pb2.DT_COMPLEX64: (np.complex64, "scomplex_val"),
    types_pb2.DT_HALF: (np.float16, "half_val"), types_pb2.DT_BFLOAT16: (np.uint16, "half_val"),
}
_NUMBERS = {np.dtype(dtype): number for number, (dtype, _) in reversed(_TYPES.items()) if number != types_pb2.DT_BFLOAT16}


def make_tensor(values, dtype=None):
    """A TensorProto of anything that numpy.array takes; dtype as for numpy.array, e.g. np.int16."""
    array = np.asarray(values, dtype)
    if array.dtype.kind not in "USO":
        array = array.astype(array.dtype.newbyteorder("="))
    proto = tensor_pb2.TensorProto()
    proto.tensor_shape.SetInParent()  # a scalar has a shape, too: one without dimensions
    for size in array.shape:
        proto.tensor_shape.dim.add(size=size)
    if array.dtype.kind in "USO":
        proto.dtype = types_pb2.DT_STRING
        proto.string_val.extend(v.encode() if isinstance(v, str) else bytes(v) for v in array.ravel().tolist())
        return proto
    if array.dtype not in _NUMBERS:
        raise TypeError(f"no tensor has elements of {array.dtype}")
    proto.dtype = _NUMBERS[array.dtype]
    proto.tensor_content = np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes()
    return proto


def make_array(proto):
    """The NumPy array of a TensorProto; strings are an array of bytes objects, bfloat16 its bits as uint16."""
    shape = [dim.size for dim in proto.tensor_shape.dim]
    if proto.dtype == types_pb2.DT_STRING:
        return np.array([*proto.string_val, None], object)[:-1].reshape(shape)
    dtype, field = _TYPES[proto.dtype]
    if proto.tensor_content:
        return np.frombuffer(proto.tensor_content, np.dtype(dtype).newbyteorder("<")).astype(dtype).reshape(shape)
    values = np.array(getattr(proto, field), np.uint16 if proto.dtype in _BITS16 else None)
    if proto.dtype in _BITS16:
        values = values.view(dtype)
    elif dtype is np.complex64:
        values = values.astype(np.float32).view(np.complex64)
    count = int(np.prod(shape, dtype=np.int64))
    missing = max(0, count - len(values))  # fewer values than elements: the last one repeats; none at all: zeros
    return np.concatenate([values, np.repeat(values[-1:] if len(values) else 0, missing)]).astype(dtype).reshape(shape)
