#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes engine/core/class_groups_table.h: of which everyday thing each class of ImageNet is a kind.

    class_groups.py /usr/share/wordnet/data.noun CLASSES.tsv >engine/core/class_groups_table.h

The hierarchy is WordNet 3.0's (Debian: wordnet-base); CLASSES.tsv has an id such as n02123045 in its
second column. The groups are ours: what people call such things, neither "entity" nor "tabby". A class
belongs to the nearest of them above it; a group of a single class is none.
"""
import collections
import sys

GROUPS = {
    "dog": "n02084071", "wolf": "n02114100", "wild dog": "n02115335", "fox": "n02118333",
    "cat": "n02121808", "big cat": "n02127808", "bear": "n02131653", "bird": "n01503061",
    "snake": "n01726692", "lizard": "n01674464", "turtle": "n01662784", "frog": "n01639765",
    "salamander": "n01629276", "crocodile": "n01696633", "fish": "n02512053", "shark": "n01482330",
    "ray": "n01495701", "spider": "n01772222", "crab": "n01976957", "lobster": "n01982650",
    "beetle": "n02164464", "butterfly": "n02274259", "insect": "n02159955", "monkey": "n02484322",
    "ape": "n02470325", "lemur": "n02496913", "whale": "n02062744", "rabbit": "n02323902",
    "elephant": "n02503517", "pig": "n02395003", "antelope": "n02419796", "rodent": "n02329401",
    "weasel": "n02441326", "marsupial": "n01874434", "car": "n02958343", "truck": "n04490091",
    "bus": "n02924116", "van": "n04520170", "bicycle": "n02834778", "ship": "n04194289",
    "boat": "n02858304", "aircraft": "n02686568", "locomotive": "n03684823", "sled": "n04235291",
    "ball": "n02778669", "bottle": "n02876657", "jug": "n03603722", "bowl": "n02880940",
    "pot": "n03990474", "pan": "n03880531", "glass": "n03438257", "chair": "n03001627",
    "table": "n04379243", "cabinet": "n02933112", "lamp": "n03636248", "clock": "n03046257",
    "computer": "n03082979", "keyboard": "n03614007", "telephone": "n04401088",
    "camera": "n02942699", "guitar": "n03467517", "piano": "n03928116",
    "wind instrument": "n04586932", "stringed instrument": "n04338517",
    "percussion instrument": "n03915437", "gun": "n03467984", "hat": "n03497657",
    "helmet": "n03513137", "shoe": "n04199027", "skirt": "n04230808", "coat": "n03057021",
    "sweater": "n04370048", "necktie": "n03815615", "scarf": "n04143897", "bag": "n02773037",
    "box": "n02883344", "basket": "n02801938", "pen": "n03906997", "knife": "n03623556",
    "fence": "n03327234", "bridge": "n02898711", "building": "n02913152", "wheel": "n04574999",
    "bread": "n07679356", "fruit": "n07705931", "squash": "n07715561", "vegetable": "n07707451",
    "mushroom": "n12992868", "sandwich": "n07695965", "flower": "n11669921",
}


def read_nouns(path):
    """The places above every noun, by its place in the file."""
    above = {}
    with open(path, encoding="latin-1") as lines:
        for line in lines:
            if line.startswith(" "):
                continue  # the licence
            fields = line.split("|")[0].split()
            pointers = 4 + 2 * int(fields[3], 16)
            above[fields[0]] = [
                fields[i + 1]
                for i in range(pointers + 1, pointers + 1 + 4 * int(fields[pointers]), 4)
                if fields[i] in ("@", "@i") and fields[i + 2] == "n"
            ]
    return above


def group_of(noun, above, names):
    level = [noun]
    while level:
        for each in level:
            if each in names:
                return names[each]
        level = [up for each in level for up in above[each]]
    return None


def main():
    above = read_nouns(sys.argv[1])
    names = {noun[1:]: name for name, noun in GROUPS.items()}
    members = collections.defaultdict(list)
    with open(sys.argv[2], encoding="utf-8") as lines:
        for line in lines:
            columns = line.split("\t")
            if len(columns) > 1 and columns[1].strip()[1:].isdigit():
                name = group_of(columns[1].strip()[1:], above, names)
                if name:
                    members[name].append(columns[1].strip())
    print("// SPDX-License-Identifier: Apache-2.0")
    print("//")
    print("// Written by models/labels/class_groups.py; do not edit. A name, then the ids of its kinds.")
    print("#pragma once\n\n#include <string_view>\n\nnamespace overfeat {\n")
    print("// clang-format off")
    print(
        "// NOLINTBEGIN(bugprone-suspicious-missing-comma): a line of text goes on in the next one"
    )
    print("inline constexpr std::string_view kClassGroups[] = {")
    for name in sorted(name for name in members if len(members[name]) > 1):
        ids = sorted(members[name])
        print(f'    "{name}:"')
        for i in range(0, len(ids), 8):
            end = "," if i + 8 >= len(ids) else ""
            print('    "' + "".join(f" {each}" for each in ids[i:i + 8]) + f'"{end}')
    print("};\n// NOLINTEND(bugprone-suspicious-missing-comma)\n// clang-format on\n\n}  // namespace overfeat")


if __name__ == "__main__":
    main()
