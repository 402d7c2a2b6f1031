"""How long a model with a bank of some 16,000 rows takes to load, from a file that the system has in memory.

    python loading.py [--images 21] [--architecture wide_resnet50_2]

Runs this folder's program `loading`: it fits drawn images with a network of random weights, keeps every patch (784 an
image), and reads the model in each kind of storage.
"""

import re
import subprocess

import in_turn

parser = in_turn.parser(__doc__)
parser.add_argument("--images", type=int, default=21)
parser.add_argument("--architecture", default="wide_resnet50_2", help="or compact, the network in the program")
options = in_turn.parsed(parser)
ROW = re.compile(r"(\w+) +(\d+) x (\d+) +([\d.]+) MB +([\d.]+) ms, ([\d.]+), ([\d.]+) +([\d.]+) ms")


def main():
    command = [in_turn.built("loading"), str(options.images), options.architecture]
    found = ROW.findall(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    if not found:
        raise SystemExit("the program `loading` printed no row that this script can read")
    in_turn.title(f"Loading a model: {options.architecture} and a bank of {int(found[0][1]):,} rows of {found[0][2]}")
    print("| storage | file | load, median (least to greatest) | the first image |\n|---|---|---|---|")
    for storage, _, _, size, value, least, greatest, first in found:
        print(f"| {storage} | {size} MB | {value} ms ({least} to {greatest}) | {first} ms |")
    for storage, rows, _, _, value, least, greatest, _ in found:
        in_turn.target(f"load a model with {int(rows):,} rows in {storage}, seconds", float(value) / 1000, 0.1,
                       least=False, range=[float(least) / 1000, float(greatest) / 1000])


in_turn.main(main)
