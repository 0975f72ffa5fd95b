// SPDX-License-Identifier: Apache-2.0
#include "engine/evaluate/precision_recall_plot.h"

#include <array>
#include <iomanip>
#include <locale>
#include <sstream>

namespace overfeat::evaluate {
namespace {

constexpr double kLeft = 60;
constexpr double kTop = 20;
constexpr double kWidth = 480;
constexpr double kHeight = 360;
// Told apart by people who do not see all colours (Okabe and Ito 2008).
constexpr std::array<const char*, 4> kColours{"#0072B2", "#D55E00", "#009E73", "#CC79A7"};

std::string escaped(const std::string& text) {
    std::string safe;
    for (const char c : text) {
        if (c == '<') {
            safe += "&lt;";
        } else if (c == '&') {
            safe += "&amp;";
        } else {
            safe += c;
        }
    }
    return safe;
}

double xAt(double recall) {
    return kLeft + recall * kWidth;
}

double yAt(double precision) {
    return kTop + (1 - precision) * kHeight;
}

void axes(std::ostream& out) {
    for (int i = 0; i <= 5; ++i) {
        const double value = i / 5.0;
        out << "<path d=\"M" << xAt(value) << ' ' << yAt(0) << 'V' << yAt(1) << 'M' << xAt(0) << ' '
            << yAt(value) << 'H' << xAt(1) << "\" stroke=\"#ddd\"/>\n<text x=\"" << xAt(value)
            << "\" y=\"" << yAt(0) + 18 << "\" text-anchor=\"middle\">" << value
            << "</text>\n<text x=\"" << kLeft - 8 << "\" y=\"" << yAt(value) + 4
            << "\" text-anchor=\"end\">" << value << "</text>\n";
    }
    out << "<text x=\"" << xAt(0.5) << "\" y=\"" << yAt(0) + 40
        << "\" text-anchor=\"middle\">recall</text>\n<text transform=\"translate(18 " << yAt(0.5)
        << ") rotate(-90)\" text-anchor=\"middle\">precision</text>\n";
}

}  // namespace

std::string precisionRecallPlot(std::span<const MergeReport> merges) {
    std::ostringstream out;
    out.imbue(std::locale::classic());
    out << std::fixed << std::setprecision(1)
        << "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"580\" height=\"430\" "
           "font-family=\"sans-serif\" font-size=\"13\">\n"
           "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n";
    axes(out);
    for (std::size_t m = 0; m < merges.size(); ++m) {
        const char* colour = kColours[m % kColours.size()];
        const auto& precision = merges[m].scores.precision_at_recall;
        out << "<polyline fill=\"none\" stroke-width=\"2\" stroke=\"" << colour << "\" points=\"";
        for (std::size_t i = 0; i < precision.size(); ++i) {
            out << xAt(static_cast<double>(i) / 100) << ',' << yAt(precision[i]) << ' ';
        }
        const double y = yAt(1) + 20 + 20 * static_cast<double>(m);
        out << "\"/>\n<path d=\"M" << xAt(1) - 190 << ' ' << y - 4
            << "h24\" stroke-width=\"2\" stroke=\"" << colour << "\"/>\n<text x=\"" << xAt(1) - 160
            << "\" y=\"" << y << "\">" << escaped(merges[m].name) << ", AP50 "
            << merges[m].scores.ap50 * 100 << " %</text>\n";
    }
    out << "</svg>\n";
    return out.str();
}

}  // namespace overfeat::evaluate
