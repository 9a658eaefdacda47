#pragma once

#include <stop_token>

#include "ece465/text/tally.hpp"
#include "common/master_client.hpp"

namespace ece465::cli {

/// Counts a text on a master's workers. Fails as MasterClient, naming the text where it is about that; with `cancelled`
/// once `stop` asks for it: the master notices, and gives the text up.
[[nodiscard]] Result<text::Tally> count_on_master(const http::Url& url, net::Duration patience, text::Kind kind,
                                                  const ByteSource& text, const TransferProgress& progress,
                                                  const std::stop_token& stop);

}  // namespace ece465::cli
