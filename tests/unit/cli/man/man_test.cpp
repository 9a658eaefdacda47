#include "man/man.hpp"

#include <doctest/doctest.h>

#include "common/options.hpp"

using namespace ece465::cli;

namespace {

struct PaintProgram {
  Command program{"tool", "Paint things"};
  Command& paint{program.add_command("paint", "Paint it\n\nWith a brush, as `tool` does; see --brush-size.", {})};
  int size = 3;
  std::string input;

  PaintProgram() {
    program.add_command("secret", "Not listed", {}).hidden = true;
    paint.footer =
        "A note.\n"
        "\n"
        "JSON:\n"
        "  {a: '.'}\n"
        "\n"
        "Examples:\n"
        "  tool paint a-b.png   write it\n";
    add_text(paint, "IN", input, "FILE", "An image");
    paint.current_group = "Work";
    add_number(paint, "-s,--brush-size", size, 1, 9, "Size of the brush").with_variable("BRUSH");
  }
};

}  // namespace

TEST_SUITE("manual pages") {
  TEST_CASE("a command's page has its sections in order, with special characters escaped") {
    const PaintProgram program;
    const std::string page = man_page(program.paint);
    std::size_t at = 0;
    for (const std::string part :
         {".TH TOOL\\-PAINT 1 ", ".SH \"NAME\"\ntool\\-paint \\- Paint it\n",
          ".SH \"SYNOPSIS\"\n\\fBtool paint\\fR \\fIIN\\fR [\\fIoptions\\fR]\n",
          ".SH \"DESCRIPTION\"\n.PP\nWith a brush, as \\fBtool\\fR does; see \\fB\\-\\-brush\\-size\\fR\\&.\n.PP\nA "
          "note.\n",
          ".SH \"OPTIONS\"\n.TP\n\\fIIN\\fR\nAn image\n.SS \"Work\"\n.TP\n"
          "\\fB\\-s\\fR, \\fB\\-\\-brush\\-size\\fR \\fIN\\fR\nSize of the brush (default: 3; environment: BRUSH)\n",
          ".SH \"ENVIRONMENT\"\n", ".TP\n\\fBBRUSH\\fR\nSets \\fB\\-\\-brush\\-size\\fR\\&.\n",
          ".SH \"JSON\"\n.PP\n.EX\n{a: \\(aq.\\(aq}\n.EE\n",
          ".SH \"EXAMPLES\"\n.TP\n\\fBtool paint a\\-b.png\\fR\nwrite it\n", ".SH \"SEE ALSO\"\n\\fBtool\\fR(1)\n"}) {
      CAPTURE(part);
      const auto found = page.find(part, at);
      CHECK(found != std::string::npos);
      if (found != std::string::npos) at = found;
    }
  }

  TEST_CASE("the program's page lists the commands that are not hidden") {
    const PaintProgram program;
    const std::string page = man_page(program.program);
    CHECK(page.find(".SH \"COMMANDS\"\n.TP\n\\fBtool\\-paint\\fR(1)\nPaint it\n") != std::string::npos);
    CHECK(page.find("secret") == std::string::npos);
  }
}
