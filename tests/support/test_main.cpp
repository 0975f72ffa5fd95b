// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#if defined(__SANITIZE_THREAD__)
// Debian's decoders are not built with the sanitizer, so it does not see how their own threads wait
// for each other. Only reports with one of these libraries in the stack are left out.
extern "C" const char* __tsan_default_suppressions() {  // NOLINT(bugprone-reserved-identifier)
    return "race:libavcodec.so\n"
           "race:libavformat.so\n"
           "race:libavutil.so\n"
           "race:libswscale.so\n"
           "deadlock:libgdal.so\n";
}
#endif

int main(int argc, char** argv) {
    ::testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
}
