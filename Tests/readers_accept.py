"""Opens what `spinodal export` writes with the programs that battery people open such files with.

    python readers_accept.py SPINODAL

Runs two cycles, exports them in every dialect that one of these readers knows, and compares the number of rows and
what each cycle charged and discharged with the source. Stops with status 1 if a reader disagrees or refuses.
"""

import csv
import logging
import os
import subprocess
import sys
import tempfile
import warnings

# The readers announce themselves and what they deprecate.
warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)

import ampworks
import bdf
from beep.structure.arbin import ArbinDatapath
from beep.structure.maccor import MaccorDatapath
from beep.structure.novonix import NovonixDatapath
from galvani import BioLogic

# In A·h: what an integral over the rows loses against a counter.
TOLERANCE = 1e-3

PROTOCOL = """
name: two cycles
start: {soc: 10 %}
defaults: {record: {dt: 30 s, dV: 10 mV}}
steps:
  - loop:
      repeat: 2
      steps:
        - rest: 2 min
        - {charge: {at: 1C, to: 4.1 V, hold_until: C/10}}
        - rest: 10 min
        - {discharge: {at: 1C}, until: ["V <= 3.0 V"]}
        - rest: 10 min
"""


def integral(times, currents, cycles):
    """Charge in and out in A·h of each cycle, by trapezia; a step of the current takes no time."""
    amounts = {cycle: [0.0, 0.0] for cycle in cycles}
    rows = list(zip(map(float, times), map(float, currents), cycles))
    for (t0, i0, before), (t1, i1, cycle) in zip(rows, rows[1:]):
        charge = (i0 + i1) / 2 * (t1 - t0) / 3600
        if cycle == before:
            amounts[cycle][0 if charge > 0 else 1] += abs(charge)
    return len(rows), [amounts[cycle] for cycle in sorted(amounts)]


def largest(frame):
    """The largest values of two counters that begin again with each cycle."""
    cycles = frame.groupby("cycle_index")[["charge_capacity", "discharge_capacity"]].max()
    return len(frame), cycles.values.tolist()


def with_batterydf(path):
    frame = bdf.read(path)
    return integral(frame["Test Time / s"], frame["Current / A"], frame["Cycle Count / 1"].astype(int))


def with_ampworks(path):
    frame = ampworks.read_csv(path)
    return integral(frame["Seconds"], frame["Amps"], frame["Cycle"].astype(int))


def with_galvani(path):
    rows, _ = BioLogic.MPTfile(path, encoding="latin1")
    cycles = sorted(set(rows["cycle number"]))
    of_cycle = [rows[rows["cycle number"] == cycle] for cycle in cycles]
    return len(rows), [[c["Q charge/mA.h"].max() / 1e3, c["Q discharge/mA.h"].max() / 1e3] for c in of_cycle]


def with_beep(datapath):
    return lambda path: largest(datapath.from_file(path).raw_data)


CHECKS = [
    ("bdf", "standard.bdf.csv", "batterydf", with_batterydf),
    ("bdf-machine", "machine.bdf.csv", "batterydf", with_batterydf),
    ("arbin", "arbin.csv", "batterydf", with_batterydf),
    ("arbin", "arbin.csv", "ampworks", with_ampworks),
    ("arbin-sql", "arbin-sql.csv", "ampworks", with_ampworks),
    ("arbin-matr", "matr_CH1.csv", "beep", with_beep(ArbinDatapath)),
    ("neware-seconds", "neware-seconds.csv", "batterydf", with_batterydf),
    ("neware-seconds", "neware-seconds.csv", "ampworks", with_ampworks),
    ("maccor", "maccor_000001.001", "beep", with_beep(MaccorDatapath)),
    ("maccor-mims", "maccor-mims.csv", "ampworks", with_ampworks),
    ("biologic", "biologic.mpt", "galvani", with_galvani),
    ("biologic", "biologic.mpt", "batterydf", with_batterydf),
    ("novonix", "novonix_CH01.csv", "batterydf", with_batterydf),
    ("novonix-ampm", "novonix-ampm_CH01.csv", "beep", with_beep(NovonixDatapath)),
]


def expected(path):
    """Rows, and what each cycle charged and discharged, by the source's own counters, which never begin again."""
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    amounts = {}
    before = [0.0, 0.0]
    for row in rows:
        counters = [float(row["Charging Capacity / Ah"]), float(row["Discharging Capacity / Ah"])]
        start, _ = amounts.setdefault(int(row["Cycle Count / 1"]), (before, None))
        amounts[int(row["Cycle Count / 1"])] = (start, [now - then for now, then in zip(counters, start)])
        before = counters
    return len(rows), [amounts[cycle][1] for cycle in sorted(amounts)]


def main(spinodal):
    spinodal = os.path.abspath(spinodal)
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        source = os.path.join(folder, "two.bdf.csv")
        with open(os.path.join(folder, "two.yaml"), "w") as file:
            file.write(PROTOCOL)
        cell = os.path.join(root, "cells", "lg-m50.json")
        run = [spinodal, "run", cell, os.path.join(folder, "two.yaml"), "-o", os.path.join(folder, "two")]
        subprocess.run(run, check=True, stdout=subprocess.DEVNULL)
        row_count, cycles = expected(source)
        assert len(cycles) == 2 and min(map(min, cycles)) > 1, cycles
        for dialect, name, reader, read in CHECKS:
            path = os.path.join(folder, name)
            export = [spinodal, "export", source, "--to", dialect, "-o", path, "--force"]
            subprocess.run(export, check=True, capture_output=True)
            try:
                found_rows, found = read(path)
                differences = [abs(a - b) for x, y in zip(found, cycles) for a, b in zip(x, y)]
                right = found_rows == row_count and len(found) == len(cycles) and max(differences) < TOLERANCE
                remark = f"{found_rows} of {row_count} rows, {found} A·h for {cycles}"
            except Exception as refusal:
                right, remark = False, f"refused: {refusal!r}"
            failures += not right
            print(f"{dialect}: " + (f"opened by {reader}" if right else f"{reader} FAILS: {remark}"))
    if failures:
        sys.exit(f"{failures} of {len(CHECKS)} files are not what their readers take them for")


main(sys.argv[1])
