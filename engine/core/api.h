// SPDX-License-Identifier: Apache-2.0
#pragma once

// What liboverfeat.so shows of itself; everything else in it is hidden (engine/CMakeLists.txt).
// Within the programs, which are linked with the rooms, it means nothing.
#define OVERFEAT_API [[gnu::visibility("default")]]
