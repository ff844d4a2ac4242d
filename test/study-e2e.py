"""Reads an exported study and nothing else: python3 study-e2e.py FOLDER. Says, as JSON, whether real stimuli evoke what
sham ones do not: mean of C3 - M2 from 0.45 to 0.75 s behind each stimulus, less that of the 0.5 s before it; means of
nights; every way in which a participant's nights could have been allocated. Wants numpy and MNE."""

import csv
import itertools
import json
import sys
from collections import Counter, defaultdict
from pathlib import Path

import mne
import numpy as np

root = Path(sys.argv[1])


def table(name):
    with open(root / name, newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


stimuli = table("stimuli.tsv")
nights = table("nights.tsv")
signals = {}


def signal(row):
    """C3 - M2 in microvolts, and its rate."""
    folder = root / row["participant_id"] / row["session_id"] / "eeg"
    files = sorted(folder.glob("*_eeg.bdf"))
    path = files[int(row["run"]) - 1]
    if path not in signals:
        raw = mne.io.read_raw_bdf(path, verbose="error")
        c3, m2 = raw.get_data(picks=["C3"])[0], raw.get_data(picks=["M2"])[0]
        signals[path] = ((c3 - m2) * 1e6, raw.info["sfreq"])
    return signals[path]


def evoked(row):
    """Behind the stimulus, and as long before it: what no stimulus can have changed."""
    values, rate = signal(row)
    at = float(row["sound_sample"])
    piece = lambda start, end: values[int(at + start * rate) : int(at + end * rate)]
    if at - 0.75 * rate < 0 or at + 0.75 * rate >= len(values):
        return float("nan"), float("nan")
    zero = np.mean(piece(-0.5, 0))
    return float(np.mean(piece(0.45, 0.75)) - zero), float(np.mean(piece(-0.75, -0.45)) - zero)


by_night = defaultdict(list)
for row in stimuli:
    if row["outcome"] == "given":
        by_night[row["participant_id"], int(row["night"])].append(evoked(row))
means = {night: float(np.nanmean([after for after, _ in pairs])) for night, pairs in by_night.items()}
earlier = {night: float(np.nanmean([before for _, before in pairs])) for night, pairs in by_night.items()}


def labels():
    found = defaultdict(set)
    for row in stimuli:
        if row.get("condition", "n/a") != "n/a":
            found[row["participant_id"], int(row["night"])].add(row["condition"])
    assert all(len(some) == 1 for some in found.values()), "a night of this study has one condition"
    return {night: some.pop() for night, some in found.items()}


def effect(real, means=means):
    """Mean over participants of the mean of real nights less that of sham nights."""
    differences = []
    for participant in sorted({participant for participant, _ in means}):
        mine = [night for night in means if night[0] == participant]
        a = [means[night] for night in mine if night in real]
        b = [means[night] for night in mine if night not in real]
        differences.append(np.mean(a) - np.mean(b))
    return float(np.mean(differences))


def arrangements(real):
    """Of each participant as many real nights as there were, on any of the nights."""
    choices = []
    for participant in sorted({participant for participant, _ in means}):
        mine = sorted(night for night in means if night[0] == participant)
        count = sum(night in real for night in mine)
        choices.append([set(some) for some in itertools.combinations(mine, count)])
    return [set().union(*some) for some in itertools.product(*choices)]


def tested():
    known = labels()
    if not known:
        return None
    real = {night for night, condition in known.items() if condition == "real"}
    every = np.abs([effect(some) for some in arrangements(real)])
    p_of = lambda value: float(np.mean(every >= value - 1e-9))
    return {
        "difference": effect(real),
        "p": p_of(abs(effect(real))),
        "before": effect(real, earlier),
        "arrangements": len(every),
        "shuffled": float(np.mean([p_of(value) <= 0.05 for value in every])),
    }


print(
    json.dumps(
        {
            "columns": list(stimuli[0]),
            "stimuli": len(stimuli),
            "nights": len(means),
            "split": sum(";" in row["recordings"] for row in nights),
            "outcomes": Counter(row["outcome"] for row in nights),
            "effect": tested(),
        }
    )
)
