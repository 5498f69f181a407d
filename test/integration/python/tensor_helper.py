"""Makes and reads tensors with clients/python/mis_tensor.py, alone and through a server that answers what it is sent.

Usage: tensor_helper.py <folder of generated code> <folder of mis_tensor.py> [<address>]
Prints one JSON object.
"""
import json
import sys

sys.path[:0] = sys.argv[1:3]

import grpc  # noqa: E402
import numpy as np  # noqa: E402
import extended_inference_pb2 as pb  # noqa: E402
import extended_inference_pb2_grpc as rpc  # noqa: E402
from mis_tensor import make_array, make_tensor  # noqa: E402
from tensorflow import tensor_pb2, types_pb2  # noqa: E402

SAMPLES = [
    np.float32(3), np.ones((2, 3), np.float32), np.arange(4, dtype=np.int64) - 2**53 - 1, np.array([], np.int32),
    np.zeros((0, 3), np.uint8), np.array([[True], [False]]), np.array([1.5, -2], np.float16), np.array(2**63, np.uint64),
    np.array([1 + 2j], np.complex64), np.arange(6, dtype=">i2").reshape(2, 3), np.arange(6, dtype=np.int8).reshape(2, 3).T,
    np.array("text"), np.array(["a", "é"]), np.array([b"\xff\x00", b""], object), 3, [1.5, 2.5], "hello",
]


def same(sample):
    given, read = np.asarray(sample), make_array(make_tensor(sample))
    if given.dtype.kind in "USO":
        plain = [v.encode() if isinstance(v, str) else v for v in given.ravel().tolist()]
        return read.shape == given.shape and read.ravel().tolist() == plain
    return read.shape == given.shape and read.dtype == given.dtype.newbyteorder("=") and bool((read == given).all())


def typed(dtype, shape, **fields):
    proto = tensor_pb2.TensorProto(dtype=dtype, **fields)
    proto.tensor_shape.SetInParent()
    for size in shape:
        proto.tensor_shape.dim.add(size=size)
    return make_array(proto).tolist()


result = {
    "same": [same(sample) for sample in SAMPLES],
    "repeated": typed(types_pb2.DT_INT16, [2, 2], int_val=[7, 8]),
    "zeros": typed(types_pb2.DT_FLOAT, [3]),
    "half": typed(types_pb2.DT_HALF, [1], half_val=[0x3E00]),
    "complex": [[v.real, v.imag] for v in typed(types_pb2.DT_COMPLEX64, [1], scomplex_val=[1, -2])],
    "scalar": typed(types_pb2.DT_DOUBLE, [], double_val=[0.5]),
}
try:
    make_tensor(np.array(["2020-01-01"], "datetime64[D]"))
except TypeError as error:
    result["refused"] = str(error)
if len(sys.argv) > 3:
    request = pb.ExtendedInferenceRequest(id=1)
    request.input["x"].CopyFrom(make_tensor(np.ones((1, 2), np.float32)))
    request.input["k"].CopyFrom(make_tensor(np.float32(3)))
    stub = rpc.ExtendedInferenceServiceStub(grpc.insecure_channel(sys.argv[3]))
    response = next(stub.predict(iter([request])))
    result["answer"] = {name: make_array(proto).tolist() for name, proto in response.output.items()}
    result["error"] = response.error.message
print(json.dumps(result))
