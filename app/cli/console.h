// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <ostream>
#include <stop_token>
#include <string>
#include <string_view>

#include "app/report/numbers.h"

namespace overfeat::cli {

using report::hundredths, report::shortest, report::tenThousandths, report::thousandths;

// Where a command reads its orders to stop and writes to. Results go to `out` and nothing else
// does, so that scripts can read it; remarks for people go to `err`.
struct Console {
    std::ostream& out;
    std::ostream& err;
    std::stop_token stop;
};

// Thrown when nobody reads the results any more (`overfeat ... | head -1`): the end, not an error.
struct OutputClosed {};

// One line "overfeat: SENTENCE" for people.
void note(Console& console, std::string_view sentence);

// Throws Error(kCancelled) once somebody asked to stop.
void checkStop(const Console& console);

// Text from files or arguments made fit for a terminal: invalid UTF-8 becomes '?', control and
// direction characters are dropped.
std::string printable(std::string_view text);

// `value` with `decimals` digits after a point, whatever the locale.
std::string fixed(double value, int decimals);
// At least `width` columns wide, counting UTF-8 characters and not bytes.
std::string padLeft(const std::string& text, std::size_t width);
std::string padRight(const std::string& text, std::size_t width);

// Writes results: JSON objects (one per line, keys in the order given, always valid UTF-8) or text.
// Every call flushes, so that what has been answered is out when the program is interrupted.
// Throws OutputClosed or Error(kRuntime) if `out` takes no more.
class Results {
public:
    Results(Console& console, bool json) : console_(console), json_(json) {}

    bool json() const noexcept { return json_; }
    void object(const nlohmann::ordered_json& value);
    void line(std::string_view text);

private:
    void write(std::string_view text);

    Console& console_;
    bool json_;
};

}  // namespace overfeat::cli
