"""Writes board.tfevents with TensorBoard's own writer and messages: pip install tensorboard==2.21.0; python board.py

TensorBoard's dataclass-like helpers add nothing here: these are the messages that curve_test.go writes.
"""

import pathlib

from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2, tensor_shape_pb2, types_pb2
from tensorboard.summary.writer.record_writer import RecordWriter

NOW = 1_700_000_000.25
E, S = event_pb2, summary_pb2.Summary

text = S.Value(tag="sample", metadata=summary_pb2.SummaryMetadata(plugin_data={"plugin_name": "text"}))
text.tensor.CopyFrom(tensor_pb2.TensorProto(
    dtype=types_pb2.DT_STRING, string_val=["3+4 → 7".encode()],
    tensor_shape=tensor_shape_pb2.TensorShapeProto(dim=[tensor_shape_pb2.TensorShapeProto.Dim(size=1)])))

with open(pathlib.Path(__file__).parent / "board.tfevents", "wb") as f:
    w = RecordWriter(f)
    for event in (
        E.Event(wall_time=NOW, file_version="brain.Event:2"),
        E.Event(wall_time=NOW, step=300, summary=S(value=[S.Value(tag="loss", simple_value=1.5), S.Value(tag="norm", simple_value=2)])),
        E.Event(wall_time=NOW, step=200, session_log=E.SessionLog(status=E.SessionLog.START)),
        E.Event(wall_time=NOW, step=200, summary=S(value=[text])),
    ):
        w.write(event.SerializeToString(deterministic=True))
    w.flush()
