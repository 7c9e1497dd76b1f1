"""Measures Spinodal and PyBaMM side by side; README.md says what and how.

    bench.py table [ROWS]   the table of ratios: .build/bench/table.md, .build/bench/raw.json;
                            of rows whose name matches a regular expression, or of all
    bench.py instructions   instructions and their shares by callgrind
    bench.py radial         the data of radial-elements.svg
    bench.py populations    phase-field particles of many sizes
    bench.py throughput     a study of 400 discharges with all its files, in one and two processes
    bench.py peer | whole | processes N
                            what the others start: PyBaMM answering jobs; a whole PyBaMM program; PyBaMM in N processes
"""

import csv
import json
import math
import os
import re
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

OUT = Path(".build/bench")
OURS = ".build/release/benchmark"
REFERENCES = Path("Tests/VerificationTests/References")
CURVES = {"discharge": "chen2020_1C", "cccv": "chen2020_cccv", "gitt": "chen2020_gitt"}


# The peer. A job is "CASE nx/ns/nxxnr RULE rtol atol [MODE]".


def faces(pybamm, rule):
    """The discretisation: 'stock', 'tuned' (radial mesh finer at the surface, quadratic extrapolation to it), or
    'harmonic' (tuned, and harmonic means on all faces, which makes it second order through the cell)."""
    if rule == "stock":
        return {}

    class Harmonic(pybamm.FiniteVolume):
        def node_to_edge(self, symbol, method="arithmetic"):
            return super().node_to_edge(symbol, "harmonic")

    volumes = Harmonic if rule == "harmonic" else pybamm.FiniteVolume
    quadratic = {"extrapolation": {"order": {"gradient": "quadratic", "value": "quadratic"}, "use bcs": False}}
    model = pybamm.lithium_ion.DFN()
    methods = {
        domain: volumes(quadratic) if isinstance(method, pybamm.FiniteVolume) else method
        for domain, method in model.default_spatial_methods.items()
    }
    submeshes = dict(model.default_submesh_types)
    for domain in ("negative particle", "positive particle"):
        submeshes[domain] = pybamm.MeshGenerator(pybamm.Exponential1DSubMesh, {"side": "right", "stretch": 2.0})
    return {"spatial_methods": methods, "submesh_types": submeshes}


def experiment(pybamm, case):
    step = pybamm.step
    if case == "cccv":
        return pybamm.Experiment(
            [
                (
                    step.current(5, termination="2.5V", period=20, duration=36000),
                    step.rest(duration=3600, period=30),
                    step.current(-2.5, termination="4.2V", period=30, duration=36000),
                    step.voltage(4.2, termination="0.25A", period=30, duration=36000),
                    step.rest(duration=3600, period=30),
                )
            ]
        )
    if case == "gitt":
        pulse = (step.current(2.5, duration=300, period=5), step.rest(duration=3300, period=30))
        return pybamm.Experiment([pulse] * 20)
    return pybamm.Experiment(
        [("Discharge at 1C until 2.5V", "Charge at 0.5C until 4.2V", "Hold at 4.2V until C/20")] * 100
    )


def spread(factor, low, high):
    return [low + (high - low) * (factor * (i + 1) % 1) for i in range(100)]


class Peer:
    """One built problem of PyBaMM; called, it solves it and returns what Spinodal's line of JSON has."""

    def __init__(self, pybamm, case, mesh, rule, rtol, atol, mode="legacy"):
        import numpy

        self.numpy, self.case = numpy, case
        nx, ns, _, nr = (int(n) for n in re.split("[/x]", mesh))
        values = pybamm.ParameterValues("Chen2020")
        outputs = ["Time [s]", "Voltage [V]"]
        keywords = {"var_pts": {"x_n": nx, "x_s": ns, "x_p": nx, "r_n": nr, "r_p": nr}, **faces(pybamm, rule)}
        options = {}
        if case == "sweep":
            self.inputs = [
                {
                    "Negative particle diffusivity [m2.s-1]": 3.3e-14 * a,
                    "Positive particle diffusivity [m2.s-1]": 4e-15 * b,
                    "Current function [A]": 5 * c,
                }
                for a, b, c in zip(
                    spread(0.8191725133961645, 0.7, 1.4),
                    spread(0.6710436067037893, 0.7, 1.4),
                    spread(0.5497004779019703, 0.8, 1.2),
                )
            ]
            values.update({name: "[input]" for name in self.inputs[0]})
            options = {"num_threads": 2, "num_solvers": 2}
        elif case != "discharge":
            keywords |= {"experiment": experiment(pybamm, case), "experiment_model_mode": mode}
        if case == "discharge":
            outputs = ["Voltage [V]"]
        solver = pybamm.IDAKLUSolver(rtol=float(rtol), atol=float(atol), output_variables=outputs, options=options)
        self.simulation = pybamm.Simulation(
            pybamm.lithium_ion.DFN(), parameter_values=values, solver=solver, **keywords
        )
        self.rows = reference(CURVES[case]) if case in CURVES else []
        self()

    def __call__(self):
        cpu, wall = time.process_time(), time.perf_counter()
        if self.case == "discharge":
            times = [row[1] for row in self.rows] + [3700.0]
            solution = self.simulation.solve([0, 3700], t_interp=times)
            voltages = solution["Voltage [V]"].data
        elif self.case == "sweep":
            solution = self.simulation.solve(
                [0, 4800], t_interp=self.numpy.arange(0, 4800, 20.0), inputs=self.inputs
            )
        else:
            solution = self.simulation.solve(calc_esoh=False)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        line = {"cpu_ms": [1e3 * cpu], "wall_ms": [1e3 * wall]}
        line["peak_rss_MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
        if self.case != "sweep":
            line["end_s"] = float(solution.t[-1])
        if self.case == "discharge":
            line |= errors((row[1], voltage - row[2]) for row, voltage in zip(self.rows, voltages))
        elif self.rows:
            line |= errors(self.deviations(solution))
        return line

    def deviations(self, solution):
        """Times since the beginning of the step and deviations at the instants that both have."""
        for number, step in enumerate((step for cycle in solution.cycles for step in cycle.steps), 1):
            times = step["Time [s]"].entries
            voltages = step["Voltage [V]"].entries
            for row in self.rows:
                if row[0] == number:
                    i = self.numpy.abs(times - times[0] - row[1]).argmin()
                    if abs(times[i] - times[0] - row[1]) < 1e-3:
                        yield row[1], voltages[i] - row[2]


def reference(name):
    """Rows (step, time since it began, voltage) without the last one of each step."""
    lines = [line.split(",") for line in (REFERENCES / f"{name}.csv").read_text().split()]
    labels, rows, start = lines[0], [], 0.0
    for fields in lines[1:]:
        step = int(fields[labels.index("step")]) if "step" in labels else 1
        clock = float(fields[labels.index("time_s")])
        if not rows or rows[-1][0] != step:
            start = clock
        rows.append((step, clock - start, float(fields[labels.index("voltage_V")])))
    return [row for row, after in zip(rows, rows[1:]) if row[0] == after[0]]


def errors(deviations):
    """Largest deviation 60 s and more after the beginning of a step, and root mean square over all, in mV."""
    pairs = [(clock, 1e3 * float(deviation)) for clock, deviation in deviations]
    return {
        "max_mV": max(abs(deviation) for clock, deviation in pairs if clock >= 60),
        "rms_mV": (sum(deviation**2 for _, deviation in pairs) / len(pairs)) ** 0.5,
    }


def load_pybamm():
    # One thread for each solve; numpy reads this when it is loaded.
    os.environ |= {"OPENBLAS_NUM_THREADS": "1", "PYBAMM_DISABLE_TELEMETRY": "true"}
    import pybamm

    pybamm.set_logging_level("ERROR")
    return pybamm


def serve():
    pybamm = load_pybamm()
    built = {}
    # The line of JSON is the only thing on standard output.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        job = line.strip()
        if job not in built:
            built[job] = Peer(pybamm, *job.split())
        print(json.dumps(built[job]()), file=answers, flush=True)


def whole(path):
    """What a user's script does: import, build, solve, write the file."""
    pybamm = load_pybamm()
    labels = ["Time [s]", "Voltage [V]", "Current [A]", "Discharge capacity [A.h]"]
    solver = pybamm.IDAKLUSolver(rtol=1e-4, atol=1e-6, output_variables=labels)
    simulation = pybamm.Simulation(
        pybamm.lithium_ion.DFN(), parameter_values=pybamm.ParameterValues("Chen2020"), solver=solver
    )
    solution = simulation.solve([0, 3700], t_interp=[float(t) for t in range(3701)])
    solution.save_data(path, labels, to_format="csv")


# The measurements.


class Server:
    """A process that answers jobs, one line each."""

    def __init__(self, *command):
        self.command = command
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self, job):
        print(job, file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"bench.py: '{job}' was not answered")
        return json.loads(line)


CORES = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None


def take_turns(servers, on_one_core):
    """Lets both sides work on the same core, or on all: the cores of a shared server differ in speed."""
    if CORES:
        for process in (0, *(server.process.pid for server in servers)):
            os.sched_setaffinity(process, {max(CORES)} if on_one_core else CORES)


class Program:
    """A program that is started anew for every job and measured from outside."""

    def __call__(self, command):
        start = time.perf_counter()
        process = subprocess.Popen(command.split(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = status
        if status:
            sys.exit(f"bench.py: '{command}' failed")
        return {
            "cpu_ms": [1e3 * (usage.ru_utime + usage.ru_stime)],
            "wall_ms": [1e3 * (time.perf_counter() - start)],
            "peak_rss_MB": usage.ru_maxrss * 1024 / 1e6,
        }


# What the errors of the peer ask of our mesh: the cheapest of a scan that is at least as accurate.
COARSE = "mesh=10/5/10x6 order=3 tolerance=1e-3"
PULSES = "mesh=8/4/8x6 order=3 tolerance=1e-3"
MEDIUM = "mesh=14/7/14x9 order=3 tolerance=1e-3"
FINE = "mesh=25/8/25x12 order=4 tolerance=1.5e-4"
SAME = "mesh=20/20/20x20 order=1 tolerance=1e-4"
STANDARD = "mesh=20/10/20x24 tolerance=1e-4"
PEER_COARSE = "10/5/10x15 tuned 1e-4 1e-6"
# How stress is coupled, and what it may cost.
FORMS = [
    ("dilute", "dilute flux", "≤ 1.5 ×"),
    ("consistent", "consistent flux", "≤ 1.5 ×"),
    ("activated", "dilute flux and activation volumes", "≤ 1.5 ×"),
    ("graded", "D(x)", "≤ 1.5 ×"),
    ("layered", "E(x)", None),
]
# Work, ratios that must and should be reached, our job, the job it is compared with, rounds, solves of each per round.
ROWS = [
    ("1C discharge, same mesh", 7, 12, f"discharge {SAME}", "discharge 20/20/20x20 stock 1e-4 1e-6", 15, 3),
    ("1C discharge, max ≤ 0.66 mV", 10, 20, f"discharge {MEDIUM}", "discharge 20/10/20x20 tuned 1e-4 1e-6", 15, 3),
    ("1C discharge, max ≤ 0.17 mV", 20, 50, f"discharge {FINE}", "discharge 40/20/40x60 harmonic 1e-4 1e-6", 11, 3),
    ("… against the peer's stock rule", None, None, f"discharge {FINE}", "discharge 80/40/80x40 stock 1e-6 1e-6", 11, 1),
    ("CC-CV, 5 steps", 10, 25, f"cccv {COARSE}", f"cccv {PEER_COARSE}", 11, 3),
    ("GITT, 20 pulses", 10, 25, f"gitt {PULSES}", f"gitt {PEER_COARSE}", 11, 1),
    ("100 CC-CV cycles", 10, 25, f"cycles {COARSE}", f"cycles {PEER_COARSE}", 11, 1),
    ("100 discharges, 2 threads", 8, 15, f"sweep {COARSE}", f"sweep {PEER_COARSE}", 11, 1),
]
LCO = "lco mesh=10/10/10x10 tolerance=1e-3"


def median(answers, key="cpu_ms"):
    return statistics.median(value for answer in answers for value in answer[key])


def interleaved(pairs, rounds, turns=1):
    """Asks each (server, job) in turn, round after round; the first round only warms up."""
    answers = [[] for _ in pairs]
    for number in range(rounds + 1):
        for kept, (server, job) in zip(answers, pairs):
            turn = [server(job) for _ in range(turns)]
            kept += turn if number else []
    return answers


def error(answer):
    return f"{answer['max_mV']:.2f} / {answer['rms_mV']:.2f}" if "max_mV" in answer else "–"


def milliseconds(answers):
    return f"{median(answers):.3g}"


def slope(answers):
    """Exponent of the cost as a function of the number of unknowns, by least squares."""
    import math

    points = [(math.log(a[0]["unknowns"]), math.log(median(a))) for a in answers]
    x, y = (statistics.mean(p[i] for p in points) for i in (0, 1))
    return sum((p - x) * (q - y) for p, q in points) / sum((p - x) ** 2 for p, _ in points)


def table(wanted="."):
    ours, peer, program = Server(OURS), Server(sys.executable, __file__, "peer"), Program()
    raw = {}
    head = ["Work", "Spinodal ms", "other ms", "max / RMS mV", "other's", "ratio", "on the wall", "must", "aim"]
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]

    def add(*cells):
        lines.append("| " + " | ".join("" if cell is None else str(cell) for cell in cells) + " |")
        print(lines[-1], flush=True)

    def compare(name, must, aim, pairs, rounds, turns):
        if not re.search(wanted, name):
            return
        in_threads = "threads" in name
        take_turns((ours, peer), not in_threads)
        if in_threads:
            # Some programs count their cores at the start: these must not have been confined to one.
            pairs = [(Server(*server.command), job) for server, job in pairs]
        raw[name] = interleaved(pairs, rounds, turns)
        mine, other = raw[name]
        cpu, wall = (median(other, key) / median(mine, key) for key in ("cpu_ms", "wall_ms"))
        bounds = [f"≥ {bound}" if bound else None for bound in (must, aim)]
        add(
            name, milliseconds(mine), milliseconds(other), error(mine[0]), error(other[0]), f"**{cpu:.1f}**",
            f"{wall:.1f}", *bounds,
        )  # fmt: skip

    for line in lines:
        print(line)
    for name, must, aim, mine, other, rounds, turns in ROWS:
        compare(name, must, aim, [(ours, mine), (peer, other)], rounds, turns)
    compare("LCO discharge, against IDA with KLU", 5, 9, [(ours, LCO), (ours, f"{LCO} solver=sparse")], 15, 3)

    take_turns((ours, peer), True)
    for form, words, wanted_cost in FORMS:
        name = f"stress in flux and reaction of both electrodes, {words}, against none"
        if re.search(wanted, name):
            plain = f"discharge {STANDARD}" + (" form=graded" if form == "graded" else "")
            raw[name] = interleaved([(ours, f"strained {STANDARD} form={form}"), (ours, plain)], 15, 3)
            costs = [median(answers) for answers in raw[name]]
            numbers = (f"{cost:.3g}" for cost in costs)
            add(name, *numbers, None, None, f"**{costs[0] / costs[1]:.2f} ×**", None, wanted_cost, None)

    test = OUT / "discharge.yaml"
    test.write_text("name: 1C\ndefaults: {record: {dt: 1 s}}\nsteps:\n  - {discharge: 1C, until: [V <= Vmin]}\n")
    run = f".build/release/spinodal run cells/lg-m50.json {test} -o {OUT}/ours --force --mesh 20/20/20x20 --tolerance 1e-4"
    script = f"{sys.executable} {__file__} whole {OUT}/peer.csv"
    compare("whole program, records every second", 60, 150, [(program, run), (program, script)], 11, 1)

    for name, form in (("radial", "20/20/20x{}"), ("through-cell", "{0}/{0}/{0}x20")):
        name = f"cost ∝ unknowns^p, {name} 10 → 160"
        if re.search(wanted, name):
            jobs = [(ours, f"discharge mesh={form.format(n)} tolerance=1e-4") for n in (10, 20, 40, 80, 160)]
            raw[name] = interleaved(jobs, 11)
            costs = " · ".join(map(milliseconds, raw[name]))
            add(name, costs, None, None, None, f"**p = {slope(raw[name]):.2f}**", None, "≤ 1.05", "1.0")
    name = "memory of 1 000 CC-CV cycles"
    if re.search(wanted, name):
        raw[name] = sizes = memory()
        result = f"**{max(sizes):.1f} MB**, {sizes[-1] - sizes[len(sizes) // 5]:+.1f} MB in the last 4/5"
        add(name, None, None, None, None, result, None, "flat, < 60 MB", "< 30 MB")
    (OUT / "table.md").write_text("\n".join(lines) + "\n")
    (OUT / "raw.json").write_text(json.dumps(raw))


def memory():
    """Resident memory in MB while 1 000 cycles run and are written to a file."""
    test = OUT / "cycles.yaml"
    test.write_text(
        "name: cycles\ndefaults: {record: {dt: 60 s}}\nsteps:\n  - loop:\n      repeat: 1000\n      steps:\n"
        "        - {discharge: 1C, until: [V <= Vmin]}\n"
        "        - {charge: {at: C/2, to: Vmax, hold_until: C/20}}\n"
    )
    command = f".build/release/spinodal run cells/lg-m50.json {test} -o {OUT}/cycles --force --mesh 10/5/10x6 --tolerance 1e-3"
    process = subprocess.Popen(command.split(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    sizes = []
    while process.poll() is None:
        found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{process.pid}/status").read_text())
        sizes += [int(found[1]) * 1024 / 1e6] if found else []
        time.sleep(0.1)
    if process.returncode:
        sys.exit("bench.py: the thousand cycles failed")
    return sizes


def instructions():
    """Instructions of one solve, and the shares of what it does."""
    binary = OUT / "stripped"
    # Valgrind cannot read the debug information of Swift.
    subprocess.run(["strip", "-g", "-o", binary, OURS], check=True)
    rows = [
        "| Work | instructions / 10⁶ | residual % | setup % | solve % | kernels % | vectors % | control % |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for job in (f"discharge {SAME}", f"discharge {MEDIUM}", f"discharge {FINE}", LCO):
        profile = OUT / "callgrind.out"
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={profile}", "--collect-atstart=no"]
        command += ["--toggle-collect=$s9benchmark9discharge*KF", binary, *job.split()]
        subprocess.run(command, check=True, capture_output=True)

        def listed(pattern, inclusive):
            """The counts of the functions with such names."""
            options = ["--threshold=100", f"--inclusive={inclusive}"]
            text = subprocess.run(["callgrind_annotate", *options, profile], check=True, capture_output=True, text=True)
            return [int(n.replace(",", "")) for n in re.findall(rf"^ *([\d,]+) .*(?:{pattern})", text.stdout, re.M)]

        total = listed("PROGRAM TOTALS", "no")[0]
        shares = [
            100 * max(listed(name, "yes"), default=0) / total
            for name in ("CellModelC8residual", "SolverC6factor", "SolverC5solve")
        ]
        names = "linear_sum(?:_array)?|scale|weighted_norm|combine(?:_two)?|begin|take|predicted|(?:general|fraction)_weights"
        vectors = 100 * sum(listed(rf":(?:{names})(?:\.(?:avx2|default)[.\d]*)? |:N_V", "no")) / total
        kernels = sum(shares)
        shares += [kernels, vectors, 100 - kernels - vectors]
        rows.append(f"| {job} | {total / 1e6:.2f} | " + " | ".join(f"{share:.1f}" for share in shares) + " |")
    print(*rows, sep="\n")
    (OUT / "instructions.md").write_text("\n".join(rows) + "\n")


def radial():
    """Error by the radial elements alone, on a fixed mesh through the cell, for each order."""
    ours = Server(OURS)
    through, tolerance = "20/10/20", "tolerance=1e-7"
    times = [row[1] for row in reference("chen2020_1C")]
    exact = ours(f"discharge mesh={through}x64 order=4 {tolerance} curve=curve")["voltage_V"]
    rows = ["# order, radial unknowns of a particle, max mV (t >= 60 s), rms mV, CPU ms"]
    for order in (1, 2, 3, 4, 6):
        for count in sorted({order * n for n in (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 24, 32, 48) if 4 <= order * n <= 48}):
            job = f"discharge mesh={through}x{count} order={order}"
            curve = ours(f"{job} {tolerance} curve=curve")["voltage_V"]
            cost = min(ours(f"{job} tolerance=1e-4 repeats=9")["cpu_ms"])
            off = errors((t, a - b) for t, a, b in zip(times, curve, exact))
            rows.append(f"{order} {count + 1} {off['max_mV']:.5g} {off['rms_mV']:.5g} {cost:.4g}")
        rows += ["", ""]
    (OUT / "radial-elements.dat").write_text("\n".join(rows) + "\n")


def populations():
    """Half cells of phase-field spheres: time, memory, and cost against the number of sizes."""
    rows = ["| Sizes | current | unknowns | steps | CPU s | memory MB |", "|---|---|---|---|---|---|"]
    costs = []
    for classes, rate in ((10, 20), (10, 1), (10, 0.1), (5, 20), (20, 20), (40, 20)):
        answer = Server(OURS)(f"population classes={classes} rate={rate} mesh=20/10/20x20 tolerance=1e-5")
        seconds = answer["cpu_ms"][0] / 1e3
        costs += [[answer]] if rate == 20 else []
        current = f"{rate}C" if rate >= 1 else f"C/{1 / rate:.0f}"
        rows.append(
            f"| {classes} | {current} | {answer['unknowns']} | {answer['steps']} | {seconds:.1f} | {answer['peak_rss_MB']:.0f} |"
        )
        print(rows[-1], flush=True)
    perstep = [[{**a[0], "cpu_ms": [a[0]["cpu_ms"][0] / a[0]["steps"]]}] for a in costs]
    rows.append(f"\nCPU time of a step ∝ unknowns^{slope(perstep):.2f}\n")
    print(rows[-1])
    for row in platelets():
        rows.append(row)
        print(row, flush=True)
    (OUT / "populations.md").write_text("\n".join(rows) + "\n")


def platelets():
    """A full cell of the size of MPET's default one, two particles in each of 10/5/10 volumes, at 1C: whole programs."""
    cell = json.loads(Path("cells/lfp-graphite-18650.json").read_text())
    parameters = cell["Parameterisation"]
    parameters["Cell"]["Nominal cell capacity [A.h]"] = 1.1044
    pores = {"Thickness [m]": 5e-5, "Porosity": 0.4, "Transport efficiency": 0.4**1.5}
    parameters["Negative electrode"] |= pores | {
        "Particle radius [m]": 5e-7,
        "Diffusivity [m2.s-1]": 1.25e-12,
        "Surface area per unit volume [m-1]": 1.656e6,
    }
    parameters["Positive electrode"] |= pores | {
        "Particle radius [m]": 1e-8,
        "Surface area per unit volume [m-1]": 4.14e7,
        "OCP [V]": 3.422,
        "Maximum concentration [mol.m-3]": 22904,
        "Minimum stoichiometry": 0.01,
        "Maximum stoichiometry": 0.99,
    }
    parameters["User-defined"] = {
        "Positive electrode": {
            "Particle shape": {"Shape factor": 1},
            "Regular solution": {"Standard potential [V]": 3.422, "Interaction energy [J.mol-1]": 11176},
            "Allen-Cahn": {
                "Gradient energy [J.m-1]": 5.0148e-10,
                "Length [m]": 5e-8,
                "Coherency strain energy [J.m-3]": 1.916e8,
                "Wetted stoichiometry": 0.98,
                "Cells": 50,
            },
            "Lattice-gas kinetics": {"Exchange current density [A.m-2]": 0.16},
            "Size distribution": {"x": [9e-9, 1.1e-8], "y": [1, 1]},
        },
        "Negative electrode": {
            "Particle shape": {"Shape factor": 2},
            "Cahn-Hilliard": {"Gradient energy [J.m-1]": 4e-7, "Intervals": 20},
            "Size distribution": {"x": [4e-7, 6e-7], "y": [1, 1]},
        },
    }
    prefix = OUT / "platelets"
    prefix.with_suffix(".json").write_text(json.dumps(cell))
    prefix.with_suffix(".yaml").write_text(
        "defaults: {record: {dt: 10 s}}\nsteps:\n  - {discharge: {at: 1C, to: 2.5 V}}\n"
    )
    yield "| Tolerance | steps | CPU s, median of 7 | of MPET's 17.5 s | RMS mV |\n|---|---|---|---|---|"
    reference = None
    for tolerance in ("1e-7", "1e-5", "1e-4", "1e-3"):
        times = []
        for _ in range(1 if reference is None else 7):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            command = [".build/release/spinodal", "run", prefix.with_suffix(".json"), prefix.with_suffix(".yaml")]
            command += ["--mesh", "10/5/10x20", "--tolerance", tolerance, "-o", prefix, "--force"]
            subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        with open(f"{prefix}.bdf.csv") as file:
            # Without the last seconds, in which the voltage falls by volts.
            curve = [float(row["Voltage / V"]) for row in csv.DictReader(file)][:-2]
        if reference is None:
            reference = curve
            continue
        error = 1e3 * math.sqrt(sum((a - b) ** 2 for a, b in zip(curve, reference, strict=True)) / len(curve))
        steps = json.loads(Path(f"{prefix}.summary.json").read_text())["details"]["solver"]["steps"]
        seconds = statistics.median(times)
        yield f"| {tolerance} | {steps} | {seconds:.3f} | 1/{17.5 / seconds:.0f} | {error:.4f} |"


def throughput():
    """Discharges per second with all their files, one and two at a time, beside PyBaMM in as many processes."""
    (OUT / "discharge.yaml").write_text(
        "name: discharge\nvars: {factor: 1}\ndefaults: {record: {dt: 20 s}}\n"
        "steps:\n  - {discharge: {at: factor * 1C}, until: [V <= Vmin]}\n"
    )
    (OUT / "study.yaml").write_text(
        f"name: throughput\ncell: {Path('cells/lg-m50.json').resolve()}\nprotocol: discharge.yaml\n"
        "mesh: 20/20/20x20\ntolerance: 1e-4\nvary:\n  sample:\n    latin hypercube:\n      count: 400\n      seed: 1\n"
        "      over:\n"
        '        negative: {"Negative electrode/Diffusivity [m2.s-1]": {from: 2.3e-14, to: 4.6e-14}}\n'
        '        positive: {"Positive electrode/Diffusivity [m2.s-1]": {from: 2.8e-15, to: 5.6e-15}}\n'
        '        factor: {vars/factor: {from: 0.8, to: 1.2}}\n'
    )
    seconds = {}
    for _ in range(3):
        for count in (1, 2):
            folder = OUT / "study"
            subprocess.run(["rm", "-rf", folder], check=True)
            began = time.perf_counter()
            command = [".build/release/spinodal", "compare", OUT / "study.yaml", "-o", folder, "--tables", "-j", str(count)]
            subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
            seconds.setdefault(("ours", count), []).append(time.perf_counter() - began)
            answer = subprocess.run([sys.executable, __file__, "processes", str(count)], capture_output=True, check=True)
            seconds.setdefault(("PyBaMM", count), []).append(json.loads(answer.stdout)["seconds"])
    median = {key: statistics.median(values) for key, values in seconds.items()}
    print("| At a time | Spinodal, runs/s | PyBaMM, runs/s | ratio |\n|---|---|---|---|")
    for count in (1, 2):
        ours, peer = median["ours", count], median["PyBaMM", count]
        print(f"| {count} | {400 / ours:.0f} | {400 / peer:.0f} | {peer / ours:.1f} |")
    print(f"\nspeed-up by the second processor: {median['ours', 1] / median['ours', 2]:.2f}")


def discharge_and_write(number):
    """In a process of PyBaMM: one of the discharges, written to a file."""
    a, b, c = (factor * (number + 1) % 1 for factor in (0.8191725133961645, 0.6710436067037893, 0.5497004779019703))
    inputs = {
        "Negative particle diffusivity [m2.s-1]": 2.3e-14 * (1 + a),
        "Positive particle diffusivity [m2.s-1]": 2.8e-15 * (1 + b),
        "Current function [A]": 5 * (0.8 + 0.4 * c),
    }
    numpy, simulation = discharge_and_write.state
    solution = simulation.solve([0, 5000], t_interp=numpy.arange(0, 5000, 20.0), inputs=inputs)
    names = ["Time [s]", "Voltage [V]", "Current [A]", "Discharge capacity [A.h]"]
    columns = numpy.column_stack([solution[name].data for name in names])
    numpy.savetxt(OUT / f"peer-{number}.csv", columns, delimiter=",", header=",".join(names), comments="")


def build_discharge():
    import numpy
    import pybamm

    values = pybamm.ParameterValues("Chen2020")
    names = ("Negative particle diffusivity [m2.s-1]", "Positive particle diffusivity [m2.s-1]", "Current function [A]")
    values.update({name: "[input]" for name in names})
    outputs = ["Time [s]", "Voltage [V]", "Current [A]", "Discharge capacity [A.h]"]
    solver = pybamm.IDAKLUSolver(rtol=1e-4, atol=1e-6, output_variables=outputs)
    simulation = pybamm.Simulation(pybamm.lithium_ion.DFN(), parameter_values=values, solver=solver)
    discharge_and_write.state = numpy, simulation
    discharge_and_write(0)


def processes(count):
    """PyBaMM in several processes, each built and warm before the clock starts."""
    import multiprocessing

    with multiprocessing.Pool(int(count), build_discharge) as pool:
        pool.map(discharge_and_write, range(2 * int(count)), chunksize=1)
        began = time.perf_counter()
        pool.map(discharge_and_write, range(400), chunksize=10)
        print(json.dumps({"seconds": time.perf_counter() - began}))


if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    commands = {"table": table, "instructions": instructions, "radial": radial, "populations": populations, "throughput": throughput}
    commands |= {"peer": serve, "whole": whole, "processes": processes}
    if len(sys.argv) < 2 or sys.argv[1] not in commands:
        sys.exit(__doc__)
    commands[sys.argv[1]](*sys.argv[2:])
