"""Makes list.csv, list-quoted.csv and list.json: a list of images as Python's csv module writes and reads it.

Run: python make_csv.py (no packages). Names hold what has to be quoted: commas, quotes, line ends, spaces, other scripts.
"""

import csv
import json
import pathlib

HEADER = ["label", "path", "mask", "use"]
ROWS = [
    ["good", "plain.png", "", "train"],
    ["0", "with space.png", "", "train"],
    ["good", "comma, and more.png", "", "test"],
    ['scratch "deep"', 'quote".png', "masks/quote.png", "test"],
    ["1", '"whole".png', "masks/whole, too.png", "test"],
    ["a\nb", "two\r\nlines.png", "masks/two\nlines.png", "test"],
    ["Käse", "größe/日本.png", "masks/日本.png", "test"],
    [" blank ", " blank.png", "masks/ blank.png", "test"],
]

folder = pathlib.Path(__file__).parent
with open(folder / "list.csv", "w", newline="", encoding="utf-8") as file:
    csv.writer(file).writerows([HEADER] + [[field for field in row] for row in ROWS[:-1]])
with open(folder / "list-quoted.csv", "w", newline="", encoding="utf-8-sig") as file:
    csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([HEADER] + ROWS)

read = {}
for name, encoding in [("list.csv", "utf-8"), ("list-quoted.csv", "utf-8-sig")]:
    with open(folder / name, newline="", encoding=encoding) as file:
        read[name] = list(csv.DictReader(file, strict=True))
(folder / "list.json").write_text(json.dumps(read, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
