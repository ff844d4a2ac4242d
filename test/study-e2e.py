"""Reads an exported study and nothing else: python3 study-e2e.py FOLDER. Says, as JSON, whether real stimuli evoke what
sham ones do not: mean of C3 - M2 from 0.45 to 0.75 s behind each stimulus, less that of the 0.5 s before it; means of
nights; every way in which a participant's nights could have been allocated. And whether all times in the tables are those
that the samples give. Wants numpy and MNE."""

import csv
import itertools
import json
import sys
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import mne
import numpy as np

root = Path(sys.argv[1])


def table(name):
    with open(root / name, newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


stimuli = table("stimuli.tsv")
nights = table("nights.tsv")
signals = {}


def bdf(path):
    """C3 - M2 in microvolts, its rate, and the time on the wall that its header has."""
    if path not in signals:
        raw = mne.io.read_raw_bdf(path, verbose="error")
        c3, m2 = raw.get_data(picks=["C3"])[0], raw.get_data(picks=["M2"])[0]
        signals[path] = ((c3 - m2) * 1e6, raw.info["sfreq"], raw.info["meas_date"].replace(tzinfo=None))
    return signals[path]


def files_of(row):
    folder = root / row["participant_id"] / row["session_id"] / "eeg"
    return sorted(folder.glob("*_eeg.bdf"))


def signal(row):
    values, rate, _ = bdf(files_of(row)[int(row["run"]) - 1])
    return values, rate


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
    found = effect(real)
    return {
        "difference": found,
        "p": float(np.mean(every >= abs(found) - 1e-9)),
        "before": effect(real, earlier),
        "arrangements": len(every),
        # What labels show that are not the true ones, half of them less, of what these show.
        "shuffled": float(np.median(every)) / abs(found),
    }


def utc(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def times(night):
    """When a night began, how long it was, and where its tables and files disagree with the samples."""
    faults = []

    def hold(what, told, expected, within):
        if not abs(told - expected) <= within:
            faults.append(f"{what} is {told}, expected {expected}")

    zone = ZoneInfo(night["time_zone"])
    folder = root / night["participant_id"] / night["session_id"]
    begun = {row["filename"]: row["acq_time"] for row in table(next(folder.glob("*_scans.tsv")))}
    parts = []
    for path in files_of(night):
        values, rate, on_the_wall = bdf(path)
        start = utc(begun[str(path.relative_to(folder))])
        local = start.astimezone(zone).replace(microsecond=0, tzinfo=None)
        hold(f"header of {path.name}", (on_the_wall - local).total_seconds(), 0, 0)
        # A last record that is not full is filled up: what is of the night ends where its last mark says.
        events = table(path.relative_to(root).with_name(path.name.replace("_eeg.bdf", "_events.tsv")))
        (frames,) = [int(event["sample"]) for event in events if event["trial_type"] == "end"]
        if not frames <= len(values) < frames + rate:
            faults.append(f"{path.name} has {len(values)} samples and ends at {frames}")
        about = json.loads(path.with_name(path.name.replace(".bdf", ".json")).read_text())
        hold(f"duration of {path.name}", about["RecordingDuration"], frames / rate, 1e-9)
        parts.append((events, start, frames / rate, rate))
    ends = [start + timedelta(seconds=length) for _, start, length, _ in parts]
    first, last = parts[0][1], ends[-1]
    length = sum(part[2] for part in parts)
    pauses = sum((after[1] - before).total_seconds() for before, after in zip(ends, parts[1:]))
    hold("recorded", 60 * float(night["recorded"]), length, 0.05)
    hold("between", 60 * float(night["between"]), pauses, 0.1)
    for name, at in ("start", first), ("end", last), ("lights_off", first), ("lights_on", last):
        hold(name, (utc(night[name]) - at).total_seconds(), 0, 0.1)

    mine = [row for row in stimuli if row["participant_id"] == night["participant_id"] and row["night"] == night["night"]]
    previous = None
    for row in mine:
        _, start, _, rate = parts[int(row["run"]) - 1]
        if row["outcome"] == "given":
            seconds = float(row["sound_sample"]) / rate
            hold(f"time of {row['id']}", (utc(row["time"]) - start).total_seconds(), seconds, 0.02)
        if row["interval"] != "n/a":
            hold(f"interval of {row['id']}", float(row["interval"]), (utc(row["time"]) - previous).total_seconds(), 0.002)
        if previous is not None and not previous < utc(row["time"]):
            faults.append(f"{row['id']} is not behind the one before")
        previous = utc(row["time"])
    for place, (events, _, _, rate) in enumerate(parts):
        onsets = [float(event["onset"]) for event in events]
        if onsets != sorted(onsets):
            faults.append(f"events of run {place + 1} are not in their order")
        for event in events:
            hold("onset", float(event["onset"]), float(event["sample"]) / rate, 1e-5)
        told = [event["sample"] for event in events if event["trial_type"] == "stimulus"]
        if told != [row["sound_sample"] for row in mine if row["run"] == str(place + 1) and row["outcome"] == "given"]:
            faults.append(f"stimuli of run {place + 1} are not those of stimuli.tsv")
    shift = last.astimezone(zone).utcoffset() - first.astimezone(zone).utcoffset()
    return {
        "participant": night["participant_id"],
        "night": int(night["night"]),
        "start": night["start"],
        "seconds": length + pauses,
        "shiftHours": shift.total_seconds() / 3600,
        "faults": faults,
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
            "times": [times(row) for row in nights if row["session_id"] != "n/a"],
        }
    )
)
