"""The bytes of a checkpoint that TensorFlow 2.21 wrote (`SaveV2`), one tensor of each type that is read."""

from __future__ import annotations

from base64 import b64decode
from pathlib import Path

import torch
from torch import Tensor

INDEX = b64decode(
    "AAAGCAEaAggBAAUPYnJhaW4IDhIEEgIIAigENUw+7pAABRFlbXB0eQgBEgYSABICCAMgBDXY6oKiAAUVZmxhZ3MIChIIEgIIARICCAIg"
    "BCgCNV+wzoEACw1nbG9iYWxfc3RlcAgDEgAgBigENeQCvIUABBFoYWxmCBMSBBICCAIgCigENS8sxH4ADRFuZXQvY29udi9iaWFzCAES"
    "BBICCAEgDigENUIsMhYJBxl3ZWlnaHRzCAESDBICCAISAggDEgIIAiASKDA1lJo6kAQJEcOcbsOvY29kZQgCEgQSAggBIEIoCDU1cP61"
    "AAURc21hbGwIBBIEEgIIAyBKKAM1Eon5RwAEEXdpZGUICRIEEgIIAiBNKBA1dQ1PywAAAAABAAAAAB8l5ioAAAAAAQAAAADA8qGwAAED"
    "eACjAgAAAAABAAAAAFEcW6qoAgi1Ag8AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAV/uAiyR1R9s="
)
DATA = b64decode(
    "AD9AwAEA9QEAAAA4AEAAAMC/AAAAAAAAgD4AAAA/AABAPwAAgD8AAKA/AADAPwAA4D8AAABAAAAQQAAAIEAAADBAVVVVVVVV1T8BAv8A"
    "AAAAAAEAAP//////////"
)
CONTENT: dict[str, Tensor] = {
    "brain": torch.tensor([0.5, -3.0], dtype=torch.bfloat16),
    "empty": torch.zeros(0, 3),
    "flags": torch.tensor([[True, False]]),
    "global_step": torch.tensor(501, dtype=torch.int32),
    "half": torch.tensor([0.5, 2.0], dtype=torch.float16),
    "net/conv/bias": torch.tensor([-1.5]),
    "net/conv/weights": torch.arange(12.0).reshape(2, 3, 2) / 4,
    "net/Ünïcode": torch.tensor([1 / 3], dtype=torch.float64),
    "small": torch.tensor([1, 2, 255], dtype=torch.uint8),
    "wide": torch.tensor([2**40, -1]),
}


def write_tensorflow_checkpoint(folder: Path, name: str = "mvnet-501") -> Path:
    """Puts it, and the text that tells of it, into a folder; the index."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.index").write_bytes(INDEX)
    (folder / f"{name}.data-00000-of-00001").write_bytes(DATA)
    (folder / "checkpoint").write_text(f'model_checkpoint_path: "/elsewhere/log/{name}"\n')
    return folder / f"{name}.index"
