"""Checks the JSON schema of protocols: every protocol given matches it, and wrong ones do not.

    python protocols_match_schema.py SCHEMA PROTOCOL...

Stops with status 1 where one of these is not so.
"""

import json
import re
import sys

import jsonschema
import yaml

schema_path, *protocols = sys.argv[1:]
with open(schema_path) as file:
    schema = json.load(file)
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)

for path in protocols:
    with open(path) as file:
        try:
            validator.validate(yaml.safe_load(file))
        except jsonschema.ValidationError as complaint:
            sys.exit(f"{path}: refused by {schema_path}: {complaint.message}")
    print(f"{path}: matches {schema_path}")

# One item of a list of steps each, and what is wrong with it.
wrong = [
    "{}",
    "{rests: 1 h}",
    "{rest: 1 h, hold: 4.2 V}",
    "{rest: [1 h]}",
    "{rest: 1 h, soak: 2 h}",
    "{rest: 1 h, repeat: 2}",
    "{rest: 1 h, record: {dv: 5 mV}}",
    "{rest: 1 h, record: {first: 1 s}}",
    "{rest: 1 h, until: []}",
    "{rest: 1 h, until: [V]}",
    "{rest: 1 h, until: [{all: [V > 4 V]}]}",
    "{rest: 1 h, until: [{goto: x}]}",
    "{charge: {to: 4.2 V}}",
    "{charge: {at: 1C, power: 5 W}}",
    "{charge: {resistance: 1 ohm}}",
    "{charge: {at: 1C, hold_until: C/20}}",
    "{hold: {I: 1 A, V: 4 V}, until: [t > 1 h]}",
    "{ramp: {of: resistance, to: 1 ohm, rate: 1 ohm/s}}",
    "{ramp: {of: voltage, to: 4 V}}",
    "{cv_scan: {E1: 3 V, E2: 4 V}}",
    "{cv_scan: {E1: 3 V, E2: 4 V, rate: 1 mV/s, cycles: 0}}",
    "{pulse: []}",
    "{pulse: [{I: 1C}]}",
    "{pulse: [{I: 1C, V: 4 V, t: 1 s}]}",
    "{profile: {file: x.csv}}",
    "{profile: {file: x.csv, columns: {time: t, power: p, current: i}}}",
    "{profile: {file: x.csv, columns: {time: t, power: p}, repeat: forever}}",
    "{eis: {amplitude: C/20}}",
    "{temperature: 45 degC, tolerance: 1 K}",
    "{loop: {steps: [{rest: 1 s}]}}",
    "{loop: {repeat: 0, steps: [{rest: 1 s}]}}",
    "{loop: {repeat: 2.5, steps: [{rest: 1 s}]}}",
    "{loop: {repeat: 2, steps: []}}",
    "{loop: {repeat: 2, counter: 2n, steps: [{rest: 1 s}]}}",
    "{loop: {for: {a: [1], b: [2]}, steps: [{rest: 1 s}]}}",
    "{if: {cond: n > 2}}",
    "{call: 5}",
    "{set: {}}",
    "{cycle: previous}",
    "{rest: 1 h, when: 5}",
]
for step in wrong:
    if validator.is_valid({"steps": [yaml.safe_load(step)]}):
        sys.exit(f"{schema_path}: accepts the wrong step {step}")
    # The mistake, and not what stands around it, is what is refused.
    assert validator.is_valid({"steps": [{"rest": "1 h"}]})
for text in ["{}", "{steps: []}", "{step: [{rest: 1 h}]}", "{steps: [{rest: 1 h}], start: {}}",
             "{steps: [{rest: 1 h}], start: {soc: 1 %, voltage: 3 V}}", "{steps: [{rest: 1 h}], safety: {V: [4 V]}}",
             "{steps: [{rest: 1 h}], vars: {2n: 1}}"]:
    if validator.is_valid(yaml.safe_load(text)):
        sys.exit(f"{schema_path}: accepts the wrong protocol {text}")
print(f"{schema_path}: refuses {len(wrong) + 7} wrong protocols")

# Every example of the guide, as `ShippedProtocols` reads them.
guide = schema_path.rsplit("/", 1)[0] + "/README.md"
with open(guide) as file:
    blocks = re.findall(r"```yaml\n(.*?)```", file.read(), re.DOTALL)
for block in blocks:
    text = "steps:\n" + block if block.startswith("  - ") else block
    document = {"steps": [{"rest": "1 s"}], **yaml.safe_load(text)}
    validator.validate(document)
print(f"{guide}: its {len(blocks)} examples match {schema_path}")
