// SPDX-License-Identifier: Apache-2.0
//
// Looking into a layer in the real window: from a click to the channels of the frame on the screen.
#include <gtest/gtest.h>

#include <QTest>
#include <QToolButton>

#include "tests/app/live/application_fixture.h"
#include "ui/layer_inspector.h"
#include "ui/layer_mosaic.h"
#include "ui/layer_table.h"
#include "ui/live_view.h"
#include "ui/network_page.h"
#include "ui/side_panel.h"

namespace overfeat::app {
namespace {

class LayersTest : public ApplicationTest {
protected:
    ui::LayerInspector& inspector() { return application_->window().networkPage().inspector(); }
    ui::LayerMosaic& mosaic() { return inspector().mosaic(); }
    // As a person does: the page, then a row of the list.
    void lookIntoFirstLayer() {
        application_->window().findChild<ui::SidePanel*>()->setCurrentPage(ui::kNetworkPage);
        auto* table = application_->window().findChild<ui::LayerTable*>();
        ASSERT_TRUE(test::waitFor([&] { return table->model()->rowCount() > 0; }));
        table->setCurrentIndex(table->model()->index(0, 0));
    }
    bool shows(std::size_t first_channel) {
        return test::waitFor(
            [&] { return mosaic().maps() && mosaic().maps()->first_channel == first_channel; });
    }
};

TEST_F(LayersTest, ChannelsComeWithEveryFrameOfAVideo) {
    startWith("good.mp4");
    ASSERT_TRUE(seesResults());
    ASSERT_NO_FATAL_FAILURE(lookIntoFirstLayer());
    ASSERT_TRUE(shows(0));
    const auto first = mosaic().maps();
    EXPECT_TRUE(test::waitFor([&] { return mosaic().maps() != first; })) << "they go on";
}

TEST_F(LayersTest, ChannelsOfAStillPictureAndTheirNextPage) {
    startWith("picture.png");
    ASSERT_TRUE(seesResults());
    ASSERT_NO_FATAL_FAILURE(lookIntoFirstLayer());
    ASSERT_TRUE(shows(0)) << "no other frame comes: the one shown is looked at once more";
    QTest::keyClick(&mosaic(), Qt::Key_Return);
    EXPECT_TRUE(test::waitFor([&] { return application_->window().liveView().showsChannel(); }));
    for (auto* each : inspector().findChildren<QToolButton*>()) {
        if (each->accessibleName() == "Channels after these") each->click();
    }
    EXPECT_TRUE(shows(64));
}

TEST_F(LayersTest, NothingIsComputedForNobody) {
    startWith("good.mp4");
    ASSERT_TRUE(seesResults());
    EXPECT_EQ(world_->layers_asked, 0);
    ASSERT_NO_FATAL_FAILURE(lookIntoFirstLayer());
    ASSERT_TRUE(shows(0));
    application_->window().findChild<ui::SidePanel*>()->setCurrentPage(ui::kSeePage);
    ASSERT_TRUE(seesResults(2)) << "the one that was under way";
    const int before = world_->layers_asked;
    ASSERT_TRUE(seesResults(5));
    EXPECT_EQ(world_->layers_asked, before);
}

}  // namespace
}  // namespace overfeat::app
