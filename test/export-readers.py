"""Reads an exported file with MNE: python3 export-readers.py FILE OUT. Microvolts as doubles go to OUT, channel by channel."""

import json
import sys

import mne

path, out = sys.argv[1:]
read = mne.io.read_raw_bdf if path.endswith(".bdf") else mne.io.read_raw_edf
raw = read(path, preload=True, verbose="error")
(raw.get_data() * 1e6).astype("<f8").tofile(out)
print(
    json.dumps(
        {
            "mne": mne.__version__,
            "names": raw.ch_names,
            "rate": raw.info["sfreq"],
            "frames": int(raw.n_times),
            "start": raw.info["meas_date"].isoformat(),
            "annotations": [
                [float(each["onset"]), float(each["duration"]), str(each["description"])] for each in raw.annotations
            ],
        }
    )
)
