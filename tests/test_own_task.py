"""The page of the helpers has a task that is not arithmetic: its code does what it says."""

import re
from typing import Any

import numpy as np
import pytest

from bookbuild.build import ROOT
from helpers import decoding, model_file, problems
from helpers.model import Seq2Seq
from helpers.task import Pairs


@pytest.fixture(scope="module")
def ran() -> dict[str, Any]:
    """What the code has made, after two epochs."""
    page = (ROOT / "chapters/helpers.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    short, changed = re.subn(r"EPOCHS = \d+", "EPOCHS = 2", code)
    assert changed == 1
    names: dict[str, Any] = {}
    exec(short.replace("DecoderStepper(model", "stepper = DecoderStepper(model"), names)
    return names


@pytest.mark.slow
def test_a_model_learns_it(ran: dict[str, Any]) -> None:
    """After two epochs most tokens are right, and no date of the exam was trained on."""
    dates: Pairs = ran["dates"]
    model: Seq2Seq = ran["model"]
    assert {"년", "월", "일", "-", "N"} <= set(dates.tokens)
    assert set(ran["train"]).isdisjoint(ran["test"])
    arrays = problems.batch(ran["test"][:200], task=dates)
    chosen = model.model([arrays.encoder_input, arrays.decoder_input]).numpy().argmax(axis=-1)
    assert np.mean(chosen == arrays.target.argmax(axis=-1)) > 0.5


@pytest.mark.slow
def test_it_is_stepped_and_kept(ran: dict[str, Any], tmp_path: Any) -> None:
    """A page is told the answers that it needs; a file keeps the task with the model."""
    stepper, model, test = ran["stepper"], ran["model"], ran["test"]
    assert len(stepper.trace.steps) == 11
    assert set(stepper.page_state()["models"][0]["task"]["answers"]) == set(test[:5])
    model_file.write(tmp_path / "dates.json", model)
    found = model_file.read(tmp_path / "dates.json")
    assert found.task == model.task
    assert decoding.answers(found, test[:20]) == decoding.answers(model, test[:20])
