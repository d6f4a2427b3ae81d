"""ONNX TensorProto files as arrays, and compiled networks run in process through the C interface."""
import ctypes

import numpy as np

# TensorProto.DataType and aimc_type.
ONNX_TYPES = {1: "f4", 2: "u1", 3: "i1", 4: "u2", 5: "i2", 6: "i4", 7: "i8", 9: "?", 10: "f2", 11: "f8", 12: "u4", 13: "u8"}
AIMC_TYPES = {"f4": 0, "f8": 1, "f2": 2, "i1": 4, "i2": 5, "i4": 6, "i8": 7, "u1": 8, "u2": 9, "u4": 10, "u8": 11, "b1": 12}
NUMPY_TYPES = {number: "?" if name == "b1" else name for name, number in AIMC_TYPES.items()}


def read_varint(data, position):
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, position


def read_fields(data):
    """(number, value) of a protobuf message; integers as they are, everything else as bytes."""
    position = 0
    while position < len(data):
        key, position = read_varint(data, position)
        kind = key & 7
        if kind == 0:
            value, position = read_varint(data, position)
        else:
            size, position = read_varint(data, position) if kind == 2 else ({1: 8, 5: 4}[kind], position)
            value = data[position:position + size]
            position += size
        yield key >> 3, value


def signed(value):
    return value - (1 << 64) if value >> 63 else value


def read_integers(value):
    """A repeated integer field, one number or packed."""
    if isinstance(value, int):
        return [signed(value)]
    numbers, position = [], 0
    while position < len(value):
        number, position = read_varint(value, position)
        numbers.append(signed(number))
    return numbers


def read_tensor(path):
    """The array of a TensorProto file."""
    return parse_tensor(path.read_bytes())


def parse_tensor(data):
    """The array of a TensorProto."""
    dims, kind, raw, numbers = [], 1, None, []
    for field, value in read_fields(data):
        if field == 1:
            dims += read_integers(value)
        elif field == 2:
            kind = value
        elif field == 9:
            raw = value
        elif field in (4, 10):
            numbers += list(np.frombuffer(value, "<f4" if field == 4 else "<f8"))
        elif field in (5, 7, 11):
            numbers += read_integers(value)
    array = np.frombuffer(raw, ONNX_TYPES[kind]) if raw is not None else np.array(numbers).astype(ONNX_TYPES[kind])
    return array.reshape(dims)


class Array(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("type", ctypes.c_int), ("rank", ctypes.c_int32),
                ("dims", ctypes.POINTER(ctypes.c_int64))]


class ChipOptions(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_size_t), ("driver", ctypes.c_char_p), ("driver_arg", ctypes.c_char_p),
                ("fidelity", ctypes.c_int), ("seed", ctypes.c_uint32), ("trial", ctypes.c_uint32),
                ("time_seconds", ctypes.c_double), ("pool", ctypes.c_void_p), ("disabled_effects", ctypes.c_uint32)]


FIDELITIES = ["exact", "quantized", "noisy"]


class Network:
    """A container, loaded and ready to run; an error is a RuntimeError with the runtime's message."""

    def __init__(self, library, path, fidelity="exact", seed=0):
        self.lib = ctypes.CDLL(str(library))
        self.lib.aimc_last_error.restype = ctypes.c_char_p
        self.model, self.chip, self.session = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_void_p()
        self.check(self.lib.aimc_model_open(str(path).encode(), ctypes.byref(self.model)))
        options = ChipOptions(struct_size=ctypes.sizeof(ChipOptions), fidelity=FIDELITIES.index(fidelity), seed=seed)
        self.check(self.lib.aimc_chip_create(self.model, ctypes.byref(options), ctypes.byref(self.chip)))
        self.check(self.lib.aimc_session_create(self.chip, ctypes.byref(self.session)))

    def check(self, status):
        if status != 0:
            raise RuntimeError(self.lib.aimc_last_error().decode())

    def run(self, inputs):
        arrays, kept = (Array * max(1, len(inputs)))(), []
        for index, given in enumerate(inputs):
            data = np.ascontiguousarray(given).reshape(given.shape)
            dims = (ctypes.c_int64 * max(1, data.ndim))(*data.shape)
            kept += [data, dims]
            arrays[index] = Array(data.ctypes.data, AIMC_TYPES[data.dtype.str[1:]], data.ndim, dims)
        self.check(self.lib.aimc_session_run(self.session, arrays, len(inputs), None))
        return [self.output(index) for index in range(self.lib.aimc_model_output_count(self.model))]

    def output(self, index):
        array = Array()
        self.check(self.lib.aimc_session_output(self.session, index, ctypes.byref(array)))
        shape = [array.dims[i] for i in range(array.rank)]
        kind = np.dtype(NUMPY_TYPES[array.type])
        size = int(np.prod(shape, dtype=np.int64)) * kind.itemsize
        return np.frombuffer(ctypes.string_at(array.data, size) if size else b"", kind).reshape(shape)
