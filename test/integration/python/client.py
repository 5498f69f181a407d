"""A client as the published one is: protos compiled by grpcio-tools, tensors laid out as tf.make_tensor_proto does.

Usage: client.py <folder of generated code> <address>
Prints one JSON object.
"""
import json
import struct
import sys

sys.path.insert(0, sys.argv[1])

import grpc  # noqa: E402
import basic_inference_pb2 as basic  # noqa: E402
import basic_inference_pb2_grpc as basic_grpc  # noqa: E402
import extended_inference_pb2 as extended  # noqa: E402
import extended_inference_pb2_grpc as extended_grpc  # noqa: E402
from tensorflow import tensor_pb2, types_pb2  # noqa: E402

NO_FALL = [-248, -47, -77] * 5 + [-247, -58, -69, -247, -44, -71, -246, -55, -77, -246, -47, -76]
FALL = [-313, 29, -185] * 5 + [-445, -84, -43, -296, -72, -111, 13, -1512, -1308, 47, -40, -428]


def make_tensor_proto(values, shape, dtype, typed):
    """The layout of TensorFlow's helper: bytes in tensor_content, or (`typed`) one number each in int_val."""
    proto = tensor_pb2.TensorProto(dtype=dtype)
    for size in shape:
        proto.tensor_shape.dim.add(size=size)
    if typed:
        proto.int_val.extend(values)
    else:
        proto.tensor_content = struct.pack("<%di" % len(values), *values)
    return proto


def make_ndarray(proto):
    """TensorFlow's reading: the content if there is one, else the typed field, its last value repeated."""
    count = 1
    for dim in proto.tensor_shape.dim:
        count *= dim.size
    if proto.tensor_content:
        return list(struct.unpack("<%df" % count, proto.tensor_content))
    values = list(proto.float_val)
    return values + values[-1:] * (count - len(values))


def run_extended(channel):
    stub = extended_grpc.ExtendedInferenceServiceStub(channel)

    def request(identifier, values, dtype=types_pb2.DT_INT32, typed=False, name="array"):
        message = extended.ExtendedInferenceRequest(id=identifier)
        message.input[name].CopyFrom(make_tensor_proto(values, [9, 3], dtype, typed))
        return message

    requests = [
        request(0, NO_FALL),
        request(-7, FALL),
        request(3, FALL, types_pb2.DT_INT16, typed=True),
        request(4, FALL, name="other"),
        request(5, NO_FALL),
    ]
    answers = []
    for response in stub.predict(iter(requests)):
        answer = {"id": response.id, "error": response.error.code, "message": response.error.message}
        if not response.error.code:
            proto = response.output["prediction"]
            answer["float_val"] = proto.float_val[0]
            answer["ndarray"] = make_ndarray(proto)
            answer["shape"] = [dim.size for dim in proto.tensor_shape.dim]
        answers.append(answer)
    status = None
    try:
        for _ in stub.predict(iter([request(1, FALL, name="other")]), metadata=[("x-error-mode", "status")]):
            pass
    except grpc.RpcError as error:
        status = {"code": error.code().name, "details": error.details()}
    return {"answers": answers, "status": status, "empty": len(list(stub.predict(iter([]))))}


def run_basic(channel):
    stub = basic_grpc.BasicInferenceServiceStub(channel)
    message = basic.BasicInferenceRequest(id=9)
    message.tensor.array.extend(FALL)
    message.tensor.shape.extend([9, 3])
    [response] = list(stub.predict(iter([message])))
    return {"id": response.id, "array": list(response.tensor.array), "shape": list(response.tensor.shape)}


with grpc.insecure_channel(sys.argv[2]) as channel:
    grpc.channel_ready_future(channel).result(timeout=10)
    print(json.dumps({"extended": run_extended(channel), "basic": run_basic(channel)}))
