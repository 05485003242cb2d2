"""Any text of protocol and sheets in an R script, in YAML and in JSON stays a text."""

import json
import shutil
import subprocess

import pytest
import yaml
from free_texts import all_ways, put
from hypothesis import given
from hypothesis import strategies as st

from singlearm.archive.replication import r_script
from singlearm.catalogue.json_files import json_text
from singlearm.catalogue.tables import columns
from singlearm.sheets.protocol import complete, described

HOSTILE = [
    '"); system("touch injected"); ("',
    "line\nsystem('touch injected')",
    "line\r\x0b\x0c\x85\u2028system('touch injected')",
    "`touch injected` $(touch injected) ; touch injected #",
    "a: b # c",
    "- [x, {y: z}]",
    "!!python/object/apply:os.system ['touch injected']",
    "%YAML 1.1\n---\n",
    "'single' \"double\" \\back\\ \\u0041 \x07",
    "\ufeffmark",
    "no",
    "True",
    "1e3",
    "",
    "2021-01-01",
    "漢字 \U0001f600",
]


def script(text, cluster):
    """An R script with the text in every place that the sheets or the protocol fill."""
    pooled = dict.fromkeys(columns("pooled"))
    pooled |= {"outcome": text, "model": text, "k": 2, "estimate": 0.5, "ci_low": 0.4}
    pooled |= {"ci_high": 0.6, "note": text}
    model = {"likelihood": "normal", "measure": "PLO", "tau2": "DL", "ci": "wald", "label": text}
    model |= {"cluster": text} if cluster else {}
    cells = [{"study_id": text, "events": 1, "total": 2, **({"trial": 1} if cluster else {})}] * 2
    return r_script(text, text, model, pooled, cells)


def ran(text):
    """The lines of a script that R runs, without the quoted table."""
    head, _, rest = text.partition('text = "')
    table, _, rest = rest.partition('")\n')
    assert '"' not in table
    assert "\\" not in table
    lines = (head + rest).splitlines()  # at every sign that any program takes for a line's end
    return [line for line in lines if not line.startswith("#")]


@pytest.mark.parametrize("cluster", [False, True])
@pytest.mark.parametrize("text", HOSTILE)
def test_r_runs_the_same_lines_whatever_the_texts_say(text, cluster):
    assert ran(script(text, cluster)) == ran(script("plain", cluster))


@given(st.text())
def test_r_runs_the_same_lines_for_any_text(text):
    assert ran(script(text, False)) == ran(script("plain", False))


@pytest.mark.skipif(not shutil.which("Rscript"), reason="no R here")
@pytest.mark.parametrize("text", HOSTILE)
def test_r_itself_reads_the_script(text, tmp_path):
    path = tmp_path / "script.R"
    path.write_text(script(text, True), encoding="utf-8")
    parse = f"cat(length(parse({json.dumps(str(path))})))"
    told = subprocess.run(["Rscript", "--vanilla", "-e", parse], capture_output=True, check=True)
    assert int(told.stdout) > 5


def hostile_protocol(text):
    """A protocol with the text as every value that may be any text, and as keys."""
    key = f"k{text}"
    protocol = {
        "review": {"name": "n", "title": text, "question": text, "authors": [text, ""]},
        "outcomes": {"a": {"label": text, "kind": "proportion"}, key: {"label": text}},
        "versions": {key: {"title": text, "layers": [text], "claims": text}},
        "studies": {"size_label": text, "labels": {key: text}},
        "subgroups": {"s": {"label": text, "from": text, "levels": [text, key]}},
        "moderators": {"m": {"label": text, "from": text, "kind": "continuous"}},
        "models": {"primary": "glmm", "glmm": {"label": text, "likelihood": "binomial_normal"}},
        "regressions": {"both": {"moderators": ["m", "m"]}},
        "multiverse": {"include": {key: {"where": {text: [text]}}}},
        "figures": {"forest": {}},
    }
    for way in sorted(all_ways() - {"models.primary", "outcomes.*.kind"}):
        put(protocol, tuple(way.split(".")), text)
    return protocol


@pytest.mark.parametrize("text", HOSTILE)
def test_yaml_gives_the_protocol_back(text):
    protocol = complete(hostile_protocol(text))
    assert yaml.safe_load(described(protocol, protocol)) == protocol


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cs"])))
def test_json_gives_any_text_back(text):
    content = {"k" + text: [text, {text: None}]}
    assert json.loads(json_text(content)) == content
