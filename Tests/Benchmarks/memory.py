"""Peak memory of `patchcore fit` and `patchcore predict`, beside what fit says that it needs.

    memory.py PROGRAM DESCRIPTION IMAGES WEIGHTS|- [BUDGET ...]

Fits the images of a folder without a budget and with each budget (such as 512M), then predicts the first 10 and the
first 100 images with the model, one process each. Prints the greatest resident memory of each process as the system
counts it (ru_maxrss), which includes the pages of mapped files, and the size of the model. Fails if a fit exceeds its
budget, or if budgets change the model.
"""
import hashlib
import os
import re
import subprocess
import sys
import tempfile
import time


def run(arguments):
    """Runs a process; returns its status, what it wrote to standard error, its peak memory in MB, and its seconds."""
    with tempfile.TemporaryFile() as errors, tempfile.TemporaryFile() as output:
        start = time.monotonic()
        process = subprocess.Popen(arguments, stdout=output, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        text = errors.read().decode(errors="replace").replace("\r", "\n")
        return process.returncode, text, usage.ru_maxrss * 1024 / 1e6, time.monotonic() - start


def size_of(budget):
    unit = {"K": 10, "M": 20, "G": 30, "T": 40}.get(budget[-1].upper())
    return float(budget[:-1]) * 2**unit / 1e6 if unit else float(budget) / 1e6


def main():
    program, description, images, weights, *budgets = sys.argv[1:]
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        digests = {}
        for budget in [None, *budgets]:
            model = os.path.join(folder, f"model-{budget}")
            command = [program, "fit", description, "--images", images, "-o", model]
            command += [] if weights == "-" else ["--weights", weights]
            command += [] if budget is None else ["--memory", budget]
            status, text, peak, seconds = run(command)
            plan = re.search(r"memory: .*", text)
            print(f"fit, memory {budget}: status {status}, peak {peak:.1f} MB, {seconds:.1f} s")
            print("  " + (plan.group(0) if plan else text.strip().splitlines()[-1]))
            if status != 0:
                print("  " + text.strip().splitlines()[-1])
                continue
            digests[budget] = hashlib.sha256(open(model, "rb").read()).hexdigest()
            if budget is not None and peak > size_of(budget):
                failures.append(f"the fit took {peak:.1f} MB of {size_of(budget):.1f} MB")
        if len(set(digests.values())) > 1:
            failures.append(f"the models differ: {digests}")
        model = os.path.join(folder, "model-None")
        names = sorted(
            os.path.join(path, name) for path, _, files in os.walk(images) for name in files)
        print(f"model: {os.path.getsize(model) / 1e6:.1f} MB")
        for count in [1, 10, 100]:
            status, text, peak, seconds = run([program, "predict", model, *(names * 100)[:count]])
            print(f"predict, {count} images: status {status}, peak {peak:.1f} MB, {seconds:.1f} s")
    for failure in failures:
        print("FAILED:", failure)
    sys.exit(1 if failures else 0)


main()
