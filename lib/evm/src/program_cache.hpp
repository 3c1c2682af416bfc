#pragma once

namespace ol::evm {

class ProgramCache {};

}  // namespace ol::evm
