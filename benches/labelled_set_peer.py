#!/usr/bin/env python3
"""Runs detect-secrets over both halves of the labelled set, beside leakproof's own figures.

    LEAKPROOF_EXPANDED=DIR cargo test --test it detection -- --nocapture   # writes the records, prints our figures
    pip install detect-secrets && python3 benches/labelled_set_peer.py DIR

A record is found when detect-secrets, with all its default plugins, reports anything in the line that holds it. Records
that the labels call ambiguous are left out, as they are in the test. Only totals are printed.
"""
import json
import sys
from pathlib import Path

from detect_secrets.core.scan import scan_line
from detect_secrets.settings import default_settings


def line(record):
    """The record as it would stand in a file of its context."""
    name, value = record["name"], record["value"]
    if record["context"] in ("compose", "k8s", "ecs"):
        return f"  {name}: {json.dumps(value)}"
    if record["context"] in ("dockerfile_env", "history"):
        return f"ENV {name}={json.dumps(value)}"
    return f"{name}={json.dumps(value)}"


def main():
    folder = Path(sys.argv[1])
    with default_settings():
        for half in ("tuning", "held-out"):
            found = missed = alarms = 0
            for text in (folder / f"{half}.jsonl").read_text().splitlines():
                record = json.loads(text)
                if record["ambiguous"]:
                    continue
                said = any(True for _ in scan_line(line(record)))
                secret = record["label"] == "secret"
                found += said and secret
                missed += secret and not said
                alarms += said and not secret
            precision, recall = found / max(found + alarms, 1), found / max(found + missed, 1)
            f1 = 2 * precision * recall / max(precision + recall, 1e-9)
            print(f"detect-secrets, {half} half: precision {precision:.3f}, recall {recall:.3f}, F1 {f1:.3f}")


main()
