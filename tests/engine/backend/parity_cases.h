// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "engine/net/graph.h"

namespace overfeat::test {

// One network that every backend must compute like the reference.
struct ParityCase {
    std::string name;  // letters, digits and underscores
    net::Graph graph;
    Shape input;
};

// All of them; a new backend adds nothing here.
const std::vector<ParityCase>& parityCases();

// Those of parity_operator_cases.cpp.
void addOperatorCases(std::vector<ParityCase>& cases);

// The whole network in words: every node with its options and the shapes it works on.
std::string describe(const ParityCase& parity_case);

}  // namespace overfeat::test
